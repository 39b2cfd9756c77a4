import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild, TalkingChild } from "../testing/live-run.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";
import type { HostAddress } from "./host-address.ts";
import type { HostAddressChange } from "./watch.ts";

const obstacle = liveObstacle();
const BACKENDS = ["native", "portable"] as const;

function watchIn(namespace: string, child: LiveChild, backend: (typeof BACKENDS)[number]): TalkingChild {
	return new TalkingChild({ namespace, child, args: ["addresses"] }, backend);
}

/** Changes until one that fits; there may be more than one, as links come up in steps. */
async function until(watching: TalkingChild, fits: (change: HostAddressChange) => boolean): Promise<HostAddressChange> {
	for (;;) {
		const change = await watching.next<HostAddressChange>();
		if (fits(change)) return change;
	}
}

describe.skipIf(obstacle !== null)(skippable("the addresses of a machine", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	const ip = (...words: string[]) => execFileSync("ip", ["-n", chain.client, ...words], { stdio: "pipe" });
	beforeAll(async () => {
		chain = buildChain("watch", 0);
		child = await bundleChild();
	});
	afterAll(() => {
		chain.destroy();
		child.remove();
	});

	it.each(BACKENDS)("are told as they are, as they come and as they go, by the %s backend", async (backend) => {
		const watching = watchIn(chain.client, child, backend);
		const all = await watching.next<readonly HostAddress[]>();
		const named = (address: string) => all.find((one) => one.address === address);
		expect(named("127.0.0.1")).toMatchObject({ kind: "loopback", interface: "lo" });
		for (const family of [4, 6] as const)
			expect(named(chain.source[family])).toMatchObject({ family, interface: "v0", up: true, preferred: true });
		expect(named(chain.source[4])?.kind).toBe(backend === "native" ? "wired" : "other");
		const link = all.find(({ address }) => address.startsWith("fe80:"));
		expect(link).toMatchObject({ zone: "v0", prefixLength: 64 });
		const more = [["10.99.0.7", 24] as const, ["fd99::7", 64] as const];
		// The portable one looks every two seconds.
		for (const [address, bits] of backend === "native" ? more : more.slice(1)) {
			ip("addr", "add", `${address}/${bits}`, "dev", "v0", ...(address.includes(":") ? ["nodad"] : []));
			const { added } = await until(watching, (change) => change.added.length > 0);
			expect(added).toMatchObject([{ address, interface: "v0", prefixLength: bits }]);
			ip("addr", "del", `${address}/${bits}`, "dev", "v0");
			const { removed } = await until(watching, (change) => change.removed.length > 0);
			expect(removed).toMatchObject([{ address }]);
		}
		expect(await watching.end()).toBe(0);
	});

	it("are gone while their interface is down", async () => {
		const watching = watchIn(chain.client, child, "native");
		await watching.next();
		ip("link", "set", "v0", "down");
		const isOurs = ({ address }: HostAddress) => address === chain.source[4];
		await until(watching, ({ removed }) => removed.some(isOurs));
		ip("link", "set", "v0", "up");
		await until(watching, ({ added }) => added.some(isOurs));
		expect(await watching.end()).toBe(0);
	});

	it("that are deprecated are there still, and no longer preferred", async () => {
		ip("addr", "add", "fd99::9/64", "dev", "v0", "nodad");
		const watching = watchIn(chain.client, child, "native");
		await watching.next();
		ip("addr", "change", "fd99::9/64", "dev", "v0", "preferred_lft", "0", "valid_lft", "100");
		const { all, removed } = await until(watching, ({ all }) => all.some(({ deprecated }) => deprecated));
		expect(removed).toEqual([]);
		expect(all.find(({ address }) => address === "fd99::9")).toMatchObject({ deprecated: true, preferred: false });
		expect(await watching.end()).toBe(0);
	});
});

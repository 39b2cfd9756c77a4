import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild } from "../testing/live-run.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";
import type { HostAddress } from "./host-address.ts";
import type { HostAddressChange } from "./watch.ts";

const obstacle = liveObstacle();
const BACKENDS = ["native", "portable"] as const;

/** The child that watches, and the lines that it prints. */
class WatchingChild {
	readonly #process: ChildProcess;
	readonly #lines: AsyncIterator<string>;

	constructor(namespace: string, { file }: LiveChild, backend: string) {
		const command = ["netns", "exec", namespace, process.execPath, file, "addresses"];
		const env = { ...process.env, WHITHER_BACKEND: backend };
		this.#process = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"], env });
		this.#lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
	}

	async next<Value>(): Promise<Value> {
		const { value, done } = await this.#lines.next();
		if (done === true) throw new Error("the child has ended");
		return JSON.parse(value);
	}

	/** Changes until one that fits; there may be more than one, as links come up in steps. */
	async until(fits: (change: HostAddressChange) => boolean): Promise<HostAddressChange> {
		for (;;) {
			const change = await this.next<HostAddressChange>();
			if (fits(change)) return change;
		}
	}

	async end(): Promise<number | null> {
		const exited = once(this.#process, "exit");
		this.#process.stdin?.end();
		return (await exited)[0];
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
		const watching = new WatchingChild(chain.client, child, backend);
		const all = await watching.next<readonly HostAddress[]>();
		const named = (address: string) => all.find((one) => one.address === address);
		expect(named("127.0.0.1")).toMatchObject({ kind: "loopback", interface: "lo" });
		for (const family of [4, 6] as const)
			expect(named(chain.source[family])).toMatchObject({ family, interface: "v0", up: true, preferred: true });
		expect(named(chain.source[4])?.kind).toBe(backend === "native" ? "wired" : "other");
		const link = all.find(({ address }) => address.startsWith("fe80:"));
		expect(link).toMatchObject({ zone: "v0", prefixLength: 64 });
		for (const [address, bits] of [
			["10.99.0.7", 24],
			["fd99::7", 64],
		] as const) {
			ip("addr", "add", `${address}/${bits}`, "dev", "v0", ...(address.includes(":") ? ["nodad"] : []));
			const { added } = await watching.until((change) => change.added.length > 0);
			expect(added).toMatchObject([{ address, interface: "v0", prefixLength: bits }]);
			ip("addr", "del", `${address}/${bits}`, "dev", "v0");
			const { removed } = await watching.until((change) => change.removed.length > 0);
			expect(removed).toMatchObject([{ address }]);
		}
		expect(await watching.end()).toBe(0);
	});

	it("are gone while their interface is down", async () => {
		const watching = new WatchingChild(chain.client, child, "native");
		await watching.next();
		ip("link", "set", "v0", "down");
		const isOurs = ({ address }: HostAddress) => address === chain.source[4];
		await watching.until(({ removed }) => removed.some(isOurs));
		ip("link", "set", "v0", "up");
		await watching.until(({ added }) => added.some(isOurs));
		expect(await watching.end()).toBe(0);
	});

	it("that are deprecated are there still, and no longer preferred", async () => {
		ip("addr", "add", "fd99::9/64", "dev", "v0", "nodad");
		const watching = new WatchingChild(chain.client, child, "native");
		await watching.next();
		ip("addr", "change", "fd99::9/64", "dev", "v0", "preferred_lft", "0", "valid_lft", "100");
		const { all, removed } = await watching.until(({ all }) => all.some(({ deprecated }) => deprecated));
		expect(removed).toEqual([]);
		expect(all.find(({ address }) => address === "fd99::9")).toMatchObject({ deprecated: true, preferred: false });
		expect(await watching.end()).toBe(0);
	});
});

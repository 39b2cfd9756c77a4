import { execFileSync } from "node:child_process";
import type { Family } from "@whither/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild, TalkingChild } from "../testing/live-run.ts";
import type { MdnsChildOrder } from "../testing/mdns-child.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";
import type { MdnsLink } from "./mdns-links.ts";

const obstacle = liveObstacle();
const FAMILIES = [4, 6] as const;
const BACKENDS = ["native", "portable"] as const;
/** Who asks, and who is asked. */
const PAIRS = BACKENDS.flatMap((asker) =>
	BACKENDS.flatMap((owner) => FAMILIES.map((family) => [asker, owner, family] as const)),
);

describe.skipIf(obstacle !== null)(skippable("multicast DNS", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	const open: TalkingChild[] = [];
	beforeAll(async () => {
		chain = buildChain("mdns", 0);
		child = await bundleChild();
	});
	afterEach(async () => {
		for (const one of open.splice(0)) expect(await one.end()).toBe(0);
	});
	afterAll(() => {
		chain.destroy();
		child.remove();
	});

	async function speaker(
		namespace: string,
		backend: (typeof BACKENDS)[number],
		order: MdnsChildOrder,
	): Promise<{ readonly talk: TalkingChild; readonly links: readonly MdnsLink[] }> {
		const talk = new TalkingChild({ namespace, child, args: ["mdns", JSON.stringify(order)] }, backend);
		open.push(talk);
		return { talk, links: await talk.next<readonly MdnsLink[]>() };
	}

	const full = (family: Family, name: string) => ({ interface: name, family, use: "full" });
	const UUID_NAME = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.local$/;

	it.each(PAIRS)("tells a name's address: %s asks %s over IPv%i", async (asker, owner, family) => {
		const [here, there] = [
			await speaker(chain.client, asker, { families: [family] }),
			await speaker(chain.target, owner, { families: [family] }),
		];
		// The kernel takes up to a second to say that a link has a carrier.
		await expect.poll(() => here.talk.ask("links"), { timeout: 5_000 }).toEqual([full(family, "v0")]);
		await expect.poll(() => there.talk.ask("links"), { timeout: 5_000 }).toEqual([full(family, "w0")]);
		// What a name stands for has nothing to do with how it is asked for.
		for (const address of ["10.99.0.2", "fd99::2"]) {
			const name = await there.talk.ask<string>(`publish ${address}`);
			expect(name).toMatch(UUID_NAME);
			expect(await here.talk.ask(`resolve ${name.toUpperCase()}`)).toBe(address);
		}
	});

	it("tells nobody a name that was withdrawn", async () => {
		const order = { families: FAMILIES };
		const [here, there] = [await speaker(chain.client, "native", order), await speaker(chain.target, "native", order)];
		const name = await there.talk.ask<string>("publish 10.99.0.2");
		expect(await here.talk.ask(`resolve ${name}`)).toBe("10.99.0.2");
		await there.talk.ask(`withdraw ${name}`);
		// What has come in by then is heard before the next question.
		await here.talk.ask("links");
		expect(await here.talk.ask(`resolve ${name}`)).toBeNull();
	});

	it("is spoken by several programs of one machine, with each other too", async () => {
		const order = { families: FAMILIES };
		const talks = await Promise.all(
			[chain.client, chain.client, chain.target].map((namespace) => speaker(namespace, "native", order)),
		);
		for (const { talk } of talks) {
			const name = await talk.ask<string>("publish 192.0.2.1");
			for (const other of talks) expect(await other.talk.ask(`resolve ${name}`)).toBe("192.0.2.1");
		}
	});

	it.each(BACKENDS)("asks as a plain resolver where the port is another's, by the %s backend", async (backend) => {
		const here = await speaker(chain.client, backend, { families: FAMILIES, occupied: true });
		expect(here.links.map(({ use }) => use)).toEqual(["oneShot", "oneShot"]);
		expect(await here.talk.ask("publish 10.99.0.1")).toBeNull();
		const { talk } = await speaker(chain.target, "native", { families: FAMILIES });
		const name = await talk.ask<string>("publish 10.99.0.2");
		expect(await here.talk.ask(`resolve ${name}`)).toBe("10.99.0.2");
	});

	it("is spoken on links that come up while it runs, and on the loopback where there are no others", async () => {
		const ip = (...words: string[]) =>
			execFileSync("ip", ["-n", chain.client, "link", "set", ...words], { stdio: "pipe" });
		ip("v0", "down");
		const here = await speaker(chain.client, "native", { families: [4] });
		expect(here.links).toEqual([full(4, "lo")]);
		ip("v0", "up");
		let links: readonly MdnsLink[] = [];
		while (links[0]?.interface !== "v0") links = await here.talk.ask<readonly MdnsLink[]>("links");
		const { talk } = await speaker(chain.target, "native", { families: [4] });
		const name = await here.talk.ask<string>("publish 10.99.0.1");
		expect(await talk.ask(`resolve ${name}`)).toBe("10.99.0.1");
	});
});

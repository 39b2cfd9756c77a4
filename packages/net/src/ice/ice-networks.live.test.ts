import { execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { distantTalk } from "../testing/ice-distant.ts";
import type { IceTalk, TalkingEnd } from "../testing/ice-talk.ts";
import { bundleChild, type LiveChild } from "../testing/live-run.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";
import type { IceOrder } from "./ice-io.ts";

const obstacle = liveObstacle();
const FAMILIES = [4, 6] as const;
const ORDER = { pacingMs: 5 } satisfies Omit<IceOrder, "role">;

function interfaceOfBase({ events }: TalkingEnd, base: number | undefined): string | null {
	for (const event of events) if (event.kind === "base" && event.base === base) return event.at.interface ?? null;
	return null;
}

/** The interface of the pair that was selected last. */
function interfaceOf(end: TalkingEnd): string | null {
	return interfaceOfBase(end, end.selected?.base);
}

describe.skipIf(obstacle !== null)(skippable("connections between namespaces", obstacle), () => {
	let child: LiveChild;
	let far: Chain;
	let near: Chain;
	let two: IceTalk | null = null;
	const ip = (namespace: string, ...words: string[]) =>
		execFileSync("ip", ["-n", namespace, ...words], { stdio: "pipe" });

	function addressesOf(namespace: string, device: string): readonly string[] {
		const [found] = JSON.parse(String(ip(namespace, "-j", "addr", "show", "dev", device))) as readonly {
			readonly addr_info: readonly { readonly local: string }[];
		}[];
		return (found?.addr_info ?? []).map(({ local }) => local);
	}

	/** What is sent to these goes to a station that is not there. */
	function misleadNeighbours(namespace: string, device: string, addresses: readonly string[]): void {
		for (const address of addresses)
			ip(namespace, "neigh", "replace", address, "lladdr", "02:00:00:00:00:99", "dev", device, "nud", "permanent");
	}

	async function talk({ client, target }: Chain, order: Omit<IceOrder, "role"> = ORDER): Promise<IceTalk> {
		two = await distantTalk([client, target], child, order);
		await two.until("completed");
		return two;
	}

	beforeAll(async () => {
		child = await bundleChild();
		far = buildChain("ice", 1);
		near = buildChain("icelan", 0);
		// A second link between the two.
		ip(near.client, "link", "add", "x0", "type", "veth", "peer", "name", "y0", "netns", near.target);
		for (const [namespace, device, host] of [
			[near.client, "x0", 1],
			[near.target, "y0", 2],
		] as const) {
			ip(namespace, "addr", "add", `10.98.0.${host}/24`, "dev", device);
			ip(namespace, "addr", "add", `fd98::${host}/64`, "dev", device, "nodad");
			ip(namespace, "link", "set", device, "up");
		}
	});
	afterEach(async () => {
		await two?.close();
		two = null;
	});
	afterAll(() => {
		for (const chain of [far, near]) chain?.destroy();
		child?.remove();
	});

	it.each(FAMILIES)("go through a router over IPv%i, and the loopback is told to nobody", async (family) => {
		const { a, b } = await talk(far, { ...ORDER, families: [family] });
		expect(a.selected?.local.address).toBe(far.source[family]);
		expect(b.selected?.remote.address).toBe(far.source[family]);
		const addresses = a.events.flatMap((event) => (event.kind === "candidate" ? [event.line.address] : []));
		expect(addresses).not.toContain(family === 4 ? "127.0.0.1" : "::1");
		await two?.talk();
	});

	it("take IPv6 and IPv4 addresses, those of the link alone too", async () => {
		const { a } = await talk(near);
		const addresses = a.events.flatMap((event) => (event.kind === "candidate" ? [event.line.address] : []));
		expect(addresses).toContain("10.98.0.1");
		expect(addresses).toContain("fd98::1");
		expect(addresses.some((address) => address.startsWith("fe80:"))).toBe(true);
		await two?.talk();
	});

	it("can be of link-local addresses alone, whose interfaces candidates do not name", async () => {
		two = await distantTalk([near.client, near.target], child, { ...ORDER, families: [6] });
		const local = ({ line }: { readonly line: { readonly address: string } }) => line.address.startsWith("fe80:");
		await two.until("completed");
		const heard = await two.a.told("pair", ({ pair }) => local({ line: pair.local }) && pair.state === "succeeded");
		expect(local({ line: heard.pair.remote })).toBe(true);
	});

	it("tell names of the link instead of addresses where that is ordered", async () => {
		const { a, b } = await talk(near, { ...ORDER, families: [4], mdns: "publish" });
		const told = [a, b].flatMap(({ events }) =>
			events.flatMap((event) => (event.kind === "candidate" ? [event.line.address] : [])),
		);
		expect(told.filter((address) => !address.endsWith(".local"))).toEqual([]);
		expect(told.length).toBeGreaterThan(1);
		await a.told("remoteCandidate", ({ line }) => line.address === "10.98.0.2" || line.address === "10.99.0.2");
		await two?.talk();
	});

	it("go on by another interface when one is lost", async () => {
		const { a, b } = await talk(near, { ...ORDER, families: [4] });
		const lost = interfaceOf(a);
		if (lost === null) throw new Error("no interface");
		ip(near.client, "link", "set", lost, "down");
		await a.told("network", ({ removed }) => removed.some((one) => one.interface === lost));
		await a.told("baseGone", ({ why }) => why.code === "addressGone");
		await a.told("selected", ({ pair }) => {
			const base = a.events.find((event) => event.kind === "base" && event.base === pair.base);
			return base?.kind === "base" && base.at.interface !== lost;
		});
		await b.told("selected", ({ pair }) => pair.remote.address === a.selected?.local.address);
		await two?.talk("after");
		ip(near.client, "link", "set", lost, "up");
		await a.told("network", ({ added }) => added.some((one) => one.interface === lost));
	});

	it("go on by another interface when one loses all that is sent, in whatever family and without a word", async () => {
		const { a, b } = await talk(near, { ...ORDER });
		await a.told("pair", ({ pair }) => pair.backup && interfaceOfBase(a, pair.base) !== interfaceOf(a));
		const lost = interfaceOf(a);
		if (lost === null) throw new Error("no interface");
		const far = lost.startsWith("v") ? lost.replace("v", "w") : lost.replace("x", "y");
		misleadNeighbours(near.client, lost, addressesOf(near.target, far));
		misleadNeighbours(near.target, far, addressesOf(near.client, lost));
		await a.told("selected", ({ pair, why }) => why === "failover" && interfaceOfBase(a, pair.base) !== lost);
		await b.told("selected", ({ pair }) => pair.remote.address === a.selected?.local.address);
		await two?.talk("after");
		for (const [namespace, device] of [
			[near.client, lost],
			[near.target, far],
		] as const)
			ip(namespace, "neigh", "flush", "dev", device, "nud", "permanent");
	});

	it("end when the last interface is lost, and a restart brings them back with it", async () => {
		const { a, b } = await talk(near, { ...ORDER, families: [4] });
		const links = ["v0", "x0"];
		for (const link of links) ip(near.client, "link", "set", link, "down");
		expect(await a.told("state", ({ state }) => state === "failed")).toMatchObject({ failure: "noBase" });
		for (const link of links) ip(near.client, "link", "set", link, "up");
		await a.told("network", ({ added }) => added.length > 0);
		const before = b.selected?.id ?? 0;
		a.connection.restart();
		await b.told("selected", ({ pair }) => pair.id > before);
		await two?.until("completed");
		await two?.talk("again");
	});
});

/** What tests of homes behind NATs share: the place itself, how it must be seen, and others' clients in it. */
import type { Family } from "@whither/core";
import { type NatKind, natAddress, natWorld, nodeAddress, publicAddresses } from "@whither/sim";
import { expect } from "vitest";
import { CLASSIC_WORDS, classicStun, natDiscovery, stunClient } from "./peers/stun-clients.ts";
import { describeOutcome } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

/** Every test runs over both. */
export const FAMILIES = [4, 6] as const;

/** Something that runs beside a test. */
interface Running {
	close(): Promise<void>;
}

/** Where a server of RFC 5780 is to listen. */
export interface ServerPlace {
	readonly namespace: string;
	/** Two of each family. */
	readonly addresses: readonly string[];
}

/** Builds a home behind a router of this kind with servers beside it; whatever comes of it, nothing is left. */
export async function withHome(
	kind: NatKind,
	open: readonly ((place: ServerPlace) => Promise<Running>)[],
	use: (lab: Lab) => Promise<void>,
): Promise<void> {
	const scenario = natWorld({ a: kind });
	const lab = await openLab(scenario);
	const addresses = FAMILIES.flatMap((family) => publicAddresses(scenario, "srv", family));
	const place = { namespace: lab.namespaceOf("srv"), addresses };
	const servers = await Promise.allSettled(open.map((start) => start(place)));
	try {
		for (const server of servers) if (server.status === "rejected") throw server.reason;
		await use(lab);
	} finally {
		for (const server of servers) if (server.status === "fulfilled") await server.value.close();
		await lab.close();
	}
}

/** The first public address of the server. */
export function serverOf(lab: Lab, family: Family): string {
	return publicAddresses(lab.scenario, "srv", family)[0] ?? "";
}

/** The address that a host behind the NAT must be seen by. */
export function seenAddress({ scenario }: Lab, family: Family): string {
	const { natA } = scenario.nodes;
	const nat = natA?.kind === "router" ? natA.nat : undefined;
	return nat === undefined ? nodeAddress(scenario, "lanA", family) : natAddress(scenario, "natA", nat, family);
}

/** Where programs of the host behind the NAT run, and as whom. */
export function insideOf(lab: Lab) {
	return { namespace: lab.namespaceOf("lanA"), user: "nobody" } as const;
}

/** `turnutils_natdiscovery` must name this kind, and see the host by its address outside. */
export async function checkDiscovery({ seen }: NatKind, lab: Lab, family: Family, port: number): Promise<void> {
	const local = nodeAddress(lab.scenario, "lanA", family);
	const { outcome, ...found } = await natDiscovery(serverOf(lab, family), { ...insideOf(lab), local, port });
	const isReached = seen.mapping !== "unknown";
	expect(found, describeOutcome(outcome)).toEqual({
		mapping: isReached ? seen.mapping : null,
		filtering: isReached ? seen.filtering : null,
		mappedAddress: isReached ? seenAddress(lab, family) : null,
	});
}

/** Debian's `stun` must name this kind in the words of RFC 3489; it knows IPv4 alone. */
export async function checkClassic({ seen }: NatKind, lab: Lab, port: number): Promise<void> {
	const { outcome, ...found } = await classicStun(`${serverOf(lab, 4)}:${port}`, insideOf(lab));
	const kind = CLASSIC_WORDS[seen.classic ?? "UDP blocked"];
	expect(found, describeOutcome(outcome)).toMatchObject({ kind, hairpin: seen.hairpin });
}

/** `turnutils_stunclient` must get all three answers of RFC 5780 from ports 3478 and 3479, where there is no NAT. */
export async function checkAnswers(lab: Lab, family: Family): Promise<void> {
	const [server = "", other = ""] = publicAddresses(lab.scenario, "srv", family);
	const { outcome, mappedAddresses, ...heard } = await stunClient(server, { ...insideOf(lab), timeoutMs: 10_000 });
	const words = describeOutcome(outcome);
	const otherEnd = `${other}:3479`;
	expect(heard.isRfc5780, words).toBe(true);
	expect(heard.origins, words).toEqual([`${server}:3478`, otherEnd, otherEnd]);
	expect(heard.otherAddresses[0], words).toBe(otherEnd);
	const local = nodeAddress(lab.scenario, "lanA", family);
	const hosts = mappedAddresses.map((place) => place.slice(0, place.lastIndexOf(":")));
	expect(hosts, words).toEqual([local, local, local]);
}

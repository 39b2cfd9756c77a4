/** Packets for tests of a path node, and what it knows of itself there. */
import {
	encodeIpv4,
	encodeIpv6,
	encodeStun,
	encodeUdp,
	IP_PROTOCOL,
	NO_NETWORK_STATUS,
	type StunItem,
	shortTermKey,
} from "@whither/wire";
import { AnswerCap } from "../answer-cap.ts";
import { type JudgeFacts, judgePassage } from "./judge.ts";
import { type PassingPacket, readPassage } from "./passage.ts";

export const FAMILIES = [4, 6] as const;
export const CLIENT = { 4: "192.0.2.1", 6: "2001:db8::1" } as const;
export const SERVER = { 4: "198.51.100.7", 6: "2001:db8:7::7" } as const;
export const NODE = { 4: "192.0.2.254", 6: "2001:db8::fe" } as const;
export const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
export const KEY = shortTermKey("password of the call");
export const PORT = 40_000;

/** As an ICE check that asks routers for feedback. */
export const OFFERING: readonly StunItem[] = [
	{ name: "username", value: "them:us" },
	{ name: "messageIntegrity", key: KEY },
	{ name: "networkStatus", value: NO_NETWORK_STATUS },
	{ name: "fingerprint" },
];

/** What differs from a plain Binding request with a TTL of 1. */
export interface ProbeFields {
	readonly family: 4 | 6;
	readonly ttl?: number;
	readonly class?: "request" | "success" | "indication" | "error";
	readonly method?: "binding" | "allocate";
	readonly attributes?: readonly StunItem[];
	readonly source?: string;
	/** Instead of a STUN message. */
	readonly payload?: Uint8Array;
}

/** A whole IP packet from the client to the server. */
export function probeBytes(fields: ProbeFields): Uint8Array {
	const { family, ttl = 1, attributes = [], source = CLIENT[family] } = fields;
	const destination = SERVER[family];
	const stun = { class: fields.class ?? "request", method: fields.method ?? "binding", transactionId: ID } as const;
	const payload = fields.payload ?? encodeStun({ ...stun, attributes });
	const udp = encodeUdp({ family, source, destination, sourcePort: PORT, destinationPort: 3478 }, payload);
	return family === 4
		? encodeIpv4({ source, destination, ttl, protocol: IP_PROTOCOL.udp }, udp)
		: encodeIpv6({ source, destination, hopLimit: ttl, protocol: IP_PROTOCOL.udp }, udp);
}

/** The same as it is handed to a node in PREROUTING. */
export function probe(fields: ProbeFields): PassingPacket {
	return passing(fields.family, probeBytes(fields));
}

export function passing(family: 4 | 6, bytes: Uint8Array): PassingPacket {
	return { family, bytes, isWhole: true, checksumReady: true, isUnrouted: true };
}

/** A node with two interfaces that forwards, and has something to say. */
export function nodeFacts(family: 4 | 6): JudgeFacts {
	return {
		isForwarded: true,
		input: { index: 2, name: "lan0", address: NODE[family], mtu: 1500 },
		output: { index: 3, name: "wan0", address: null, mtu: 1492 },
		status: { congested: true, upKbps: 5_000, downKbps: 20_000 },
	};
}

/** Something that answers for any bytes at all and never throws, with inputs that reach its depths. */
export interface PathNodeFuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
}

/** Whole packets as they are, and STUN messages inside of packets that are right. */
export const PATH_NODE_FUZZ_TARGETS: readonly PathNodeFuzzTarget[] = FAMILIES.flatMap((family) => {
	const judged = (bytes: Uint8Array) => {
		const passage = readPassage(passing(family, bytes));
		return passage === null ? null : judgePassage(passage, nodeFacts(family), new AnswerCap(), 0);
	};
	const offers = [1, 64].map((ttl) => probeBytes({ family, ttl, attributes: OFFERING }));
	const message = encodeStun({ class: "request", method: "binding", transactionId: ID, attributes: OFFERING });
	return [
		{ name: `path node packet ${family}`, decode: judged, seeds: offers },
		...[1, 64].map((ttl) => ({
			name: `path node message ${family} ttl ${ttl}`,
			decode: (payload: Uint8Array) => judged(probeBytes({ family, ttl, payload })),
			seeds: [message],
		})),
	];
});

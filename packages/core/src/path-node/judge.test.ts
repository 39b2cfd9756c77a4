import {
	attributeOf,
	decodeIcmp,
	decodeIpv4,
	decodeIpv6,
	decodeStun,
	decodeUdp,
	isDecodeError,
	type StunItem,
	trailingAttributeOf,
	transportChecksum,
	verifyFingerprint,
	verifyIntegrity,
} from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerCap } from "../answer-cap.ts";
import { type JudgeFacts, judgePassage, type NodeVerdict } from "./judge.ts";
import { type PassingPacket, readPassage } from "./passage.ts";
import {
	CLIENT,
	FAMILIES,
	ID,
	KEY,
	NODE,
	nodeFacts,
	OFFERING,
	PATH_NODE_FUZZ_TARGETS,
	PORT,
	passing,
	probe,
	probeBytes,
	SERVER,
} from "./path-node.fixture.ts";

function judge(packet: PassingPacket, facts: Partial<JudgeFacts> = {}, cap = new AnswerCap()): NodeVerdict {
	const passage = readPassage(packet);
	if (passage === null) throw new Error("the packet is no business of the node");
	return judgePassage(passage, { ...nodeFacts(packet.family), ...facts }, cap, 0);
}

/** Source, destination and payload of an IP packet that must be well-formed. */
function opened(family: 4 | 6, bytes: Uint8Array) {
	const packet = family === 4 ? decodeIpv4(bytes) : decodeIpv6(bytes);
	if (isDecodeError(packet)) throw new Error(packet.error);
	return packet;
}

function stunOf(bytes: Uint8Array) {
	const message = decodeStun(bytes);
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}

function answerOf(verdict: NodeVerdict): Uint8Array {
	if (verdict.type !== "answer") throw new Error(`${verdict.type}`);
	return verdict.answer;
}

describe.each(FAMILIES)("the answer to an expired probe over IPv%i", (family) => {
	function icmpOf(packet: PassingPacket, facts?: Partial<JudgeFacts>) {
		const { header, payload } = opened(family, answerOf(judge(packet, facts)));
		const icmp = decodeIcmp(family, payload, header);
		if (isDecodeError(icmp) || icmp.body.kind !== "error") throw new Error("no ICMP error");
		return { header, icmp, body: icmp.body };
	}

	it("is Time Exceeded from the incoming interface's address, with right checksums", () => {
		const { header, icmp } = icmpOf(probe({ family }));
		expect(header).toMatchObject({ source: NODE[family], destination: CLIENT[family] });
		expect(icmp).toMatchObject({ type: family === 4 ? 11 : 3, code: 0, checksumValid: true });
	});

	it("quotes the probe, padded to 128 bytes", () => {
		const bytes = probeBytes({ family });
		const { quoted } = icmpOf(passing(family, bytes)).body;
		expect(quoted.length).toBe(128);
		expect(quoted.subarray(0, bytes.length)).toEqual(bytes);
	});

	it("holds a STUN response with the probe's id, who it came from, and the node's state", () => {
		const attributes: readonly StunItem[] = [{ name: "pathNodeProbe", value: { hop: 3 } }];
		const [stun] = icmpOf(probe({ family, attributes })).body.extensions;
		if (stun?.kind !== "stun") throw new Error("no STUN object");
		expect(stun).toMatchObject({ class: 0xf7, type: 1 });
		expect(stun.message).toMatchObject({ class: "success", method: "binding" });
		expect(stun.message.transactionId).toEqual(ID);
		expect(attributeOf(stun.message, "xorMappedAddress")).toEqual({ address: CLIENT[family], port: PORT });
		expect(attributeOf(stun.message, "pathNodeProbe")).toEqual({ hop: 3 });
		const status = { congested: true, nodeCount: 1, upKbps: 5_000, downKbps: 20_000 };
		expect(attributeOf(stun.message, "networkStatus")).toEqual(status);
		expect(verifyFingerprint(stun.message)).toBe(true);
	});

	it("adds its word to what nodes before it wrote", () => {
		const before = { congested: false, nodeCount: 4, upKbps: 3_000, downKbps: 30_000 };
		const attributes: readonly StunItem[] = [
			{ name: "messageIntegrity", key: KEY },
			{ name: "networkStatus", value: before },
		];
		const [stun] = icmpOf(probe({ family, attributes })).body.extensions;
		if (stun?.kind !== "stun") throw new Error("no STUN object");
		const after = { congested: true, nodeCount: 5, upKbps: 3_000, downKbps: 20_000 };
		expect(attributeOf(stun.message, "networkStatus")).toEqual(after);
	});

	it("tells the interface that the probe came in by, and where known the one it would have left by", () => {
		const objects = icmpOf(probe({ family })).body.extensions.slice(1);
		expect(objects).toMatchObject([
			{ kind: "interface", role: "incoming", index: 2, name: "lan0", address: NODE[family], mtu: 1500 },
			{ kind: "interface", role: "outgoing", index: 3, name: "wan0", address: null, mtu: 1492 },
		]);
		expect(icmpOf(probe({ family }), { output: null }).body.extensions).toHaveLength(2);
	});

	it("fits the least packet that every host takes, however long the probe and the names", () => {
		const input = { index: 0xffffffff, name: "fifteen-letters", address: NODE[family], mtu: 9000 };
		const attributes: readonly StunItem[] = [{ name: "padding", value: new Uint8Array(1100) }];
		const bytes = probeBytes({ family, attributes });
		const facts = { ...nodeFacts(family), input, output: input };
		const answer = answerOf(judge(passing(family, bytes), facts));
		expect(answer.length).toBeLessThanOrEqual(family === 4 ? 576 : 1280);
		expect(answer.length).toBeGreaterThan((family === 4 ? 576 : 1280) - 8);
		const { quoted, extensions, extensionsInvalid } = icmpOf(passing(family, bytes), facts).body;
		expect([extensions.length, extensionsInvalid, quoted.length % 4]).toEqual([3, false, 0]);
		expect(bytes.subarray(0, quoted.length)).toEqual(quoted);
	});

	it("is not given for what the kernel would not forward, nor without an address, nor too often", () => {
		const packet = probe({ family });
		const input = { ...nodeFacts(family).input, address: null };
		expect(judge(packet, { isForwarded: false })).toEqual({ type: "pass", why: "notForwarded" });
		expect(judge(packet, { input })).toEqual({ type: "pass", why: "noAddress" });
		const rate = { perSecond: 1, burst: 1 };
		const cap = new AnswerCap({ all: rate, perSource: rate, sources: 8 });
		expect([judge(packet, {}, cap).type, judge(packet, {}, cap)]).toEqual(["answer", { type: "pass", why: "capped" }]);
	});
});

it.each([
	[4, "0.0.0.0"],
	[4, "127.0.0.1"],
	[4, "169.254.1.1"],
	[4, "224.0.0.1"],
	[4, "255.255.255.255"],
	[6, "::"],
	[6, "::1"],
	[6, "fe80::1"],
	[6, "ff02::1"],
] as const)("no answer over IPv%i goes to %s", (family, source) => {
	expect(judge(probe({ family, source }))).toEqual({ type: "pass", why: "unanswerable" });
});

describe.each(FAMILIES)("a passing message over IPv%i that offers a NETWORK-STATUS", (family) => {
	const offer = { family, ttl: 9, attributes: OFFERING } as const;

	function rewritten(packet: PassingPacket, facts?: Partial<JudgeFacts>) {
		const verdict = judge(packet, facts);
		if (verdict.type !== "rewrite") throw new Error(JSON.stringify(verdict));
		const { payload } = opened(family, verdict.packet);
		const udp = decodeUdp(payload);
		if (isDecodeError(udp)) throw new Error(udp.error);
		const sum = transportChecksum(family, CLIENT[family], SERVER[family], 17, payload);
		return { packet: verdict.packet, udp, sum, message: stunOf(udp.payload) };
	}

	it("goes on with the node's word in it; integrity, fingerprint and checksum hold", () => {
		const { message, sum } = rewritten(probe(offer));
		const status = { congested: true, nodeCount: 1, upKbps: 5_000, downKbps: 20_000 };
		expect(trailingAttributeOf(message, "networkStatus")).toEqual(status);
		expect([verifyIntegrity(message, KEY), verifyFingerprint(message), sum]).toEqual([true, true, 0]);
	});

	it("keeps everything else as it was, the packet it was read from too", () => {
		const before = probe(offer);
		const untouched = before.bytes.slice();
		const { packet } = rewritten(before);
		expect(before.bytes).toEqual(untouched);
		const differing = [...packet.keys()].filter((offset) => packet[offset] !== untouched[offset]);
		const udp = family === 4 ? 20 : 40;
		const statusAt = packet.length - 8 - 8;
		const isExpected = (at: number) => at === udp + 6 || at === udp + 7 || at >= statusAt;
		expect(differing.filter((offset) => !isExpected(offset))).toEqual([]);
	});

	it("passes node after node: the count goes up, bandwidths only fall, congestion stays", () => {
		const first = rewritten(probe(offer)).packet;
		const calm = { congested: false, upKbps: 60_000, downKbps: 1_000 };
		const { message } = rewritten(passing(family, first), { status: calm });
		const status = { congested: true, nodeCount: 2, upKbps: 5_000, downKbps: 1_000 };
		expect(trailingAttributeOf(message, "networkStatus")).toEqual(status);
	});

	it("stays as it is where it was damaged before, so that the damage still shows", () => {
		const udp = family === 4 ? 20 : 40;
		const { bytes } = probe(offer);
		for (const offset of [udp + 1, bytes.length - 1]) {
			const damaged = bytes.slice();
			damaged[offset] = (damaged[offset] ?? 0) ^ 0x10;
			expect(judge(passing(family, damaged))).toEqual({ type: "pass", why: "damaged" });
		}
	});

	it("gets a whole checksum where hardware was to fill it in", () => {
		const packet = probe(offer);
		packet.bytes.set([0x12, 0x34], (family === 4 ? 20 : 40) + 6);
		expect(rewritten({ ...packet, checksumReady: false }).sum).toBe(0);
	});

	it("stays as it is where it is for this machine", () => {
		expect(judge(probe(offer), { isForwarded: false })).toEqual({ type: "pass", why: "notForwarded" });
	});
});

it("a datagram that came without a checksum goes on without one", () => {
	const packet = probe({ family: 4, ttl: 9, attributes: OFFERING });
	packet.bytes.set([0, 0], 26);
	const verdict = judge(packet);
	if (verdict.type !== "rewrite") throw new Error(verdict.type);
	expect([...verdict.packet.subarray(26, 28)]).toEqual([0, 0]);
});

it("a path node never throws, whatever the bytes", () => {
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 120 }), changes, (anything, changed) => {
			for (const { decode, seeds } of PATH_NODE_FUZZ_TARGETS) {
				decode(anything);
				for (const seed of seeds) {
					const bytes = seed.slice();
					for (const [at, value] of changed) bytes[at % bytes.length] = value;
					decode(bytes);
				}
			}
		}),
	);
});

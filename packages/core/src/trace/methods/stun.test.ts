import {
	decodeStun,
	encodeStun,
	IP_PROTOCOL,
	isDecodeError,
	type StunItem,
	type StunMessage,
	shortTermKey,
	UDP_HEADER_LENGTH,
	verifyFingerprint,
	verifyIntegrity,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { Family, PacketReply, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest } from "../method.ts";
import {
	contextOf,
	errorAbout,
	errorReply,
	FAMILIES,
	HEADER,
	KEY,
	ROUTER,
	SOURCE_PORT,
	TARGET,
} from "./method.fixture.ts";
import { stun } from "./stun.ts";

const CREDENTIALS = { username: "remote:local", password: "VOkJxbRl1RmTxUk/WvJxBt" } as const;
const ORDINARY = { channel: "errorQueue", transport: "udp" } as const;

function messageOf(context: ProbeContext, request: Partial<ProbeRequest> = {}): StunMessage {
	const { bytes } = stun.probe(context, { ttl: 1, sequence: 0, flow: 0, ...request });
	const message = decodeStun(context.transport === "ip" ? bytes.subarray(UDP_HEADER_LENGTH) : bytes);
	if (isDecodeError(message)) throw new Error("no STUN");
	return message;
}

function names(message: StunMessage): readonly string[] {
	return message.attributes.map(({ name }) => name);
}

interface Response {
	readonly class?: "success" | "error";
	readonly attributes?: readonly StunItem[];
	readonly from?: string;
}

/** What the target answers to a request. */
function response(context: ProbeContext, request: StunMessage, how: Response = {}): Match {
	const { class: stunClass = "success", attributes = [], from = context.target } = how;
	const { transactionId } = request;
	return stun.match(
		context,
		datagram(context, encodeStun({ class: stunClass, method: "binding", transactionId, attributes }), from),
	);
}

function datagram({ port }: ProbeContext, payload: Uint8Array, from: string): PacketReply {
	const arrival = { at: 1, stamp: "kernel", ttl: null, tos: null, socket: null } as const;
	const ports = { sourcePort: port, destinationPort: SOURCE_PORT };
	return { type: "packet", ...arrival, from, protocol: IP_PROTOCOL.udp, ...ports, segment: null, payload };
}

/** A Time Exceeded as an error queue tells it: so many bytes of the message, nothing of its headers. */
function queued(context: ProbeContext, bytes: Uint8Array): Reply {
	const { family } = context;
	const icmp = { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } }[family];
	const quoted = {
		protocol: IP_PROTOCOL.udp,
		...{ source: null, sourcePort: null, segment: null, bytes: null, ip: null },
		destination: context.target,
		destinationPort: context.port,
		payload: bytes,
	};
	const arrival = { at: 1, stamp: "kernel", ttl: null, tos: null, socket: null } as const;
	return { type: "icmpError", ...arrival, from: ROUTER[family], icmp, mtu: null, quoted, extensions: [] };
}

describe.each(FAMILIES)("the request, IPv%i", (family) => {
	const context = contextOf(stun, family);

	it("is four bytes longer a hop, the first as long as asked for", () => {
		for (const ttl of [1, 2, 30, 255]) {
			const { bytes } = stun.probe(context, { ttl, sequence: ttl, flow: 0 });
			expect(HEADER[family] + bytes.length).toBe(context.length + 4 * (ttl - 1));
		}
		const long = contextOf(stun, family, { length: 1000 });
		expect(stun.probe(long, { ttl: 2, sequence: 0, flow: 0 }).bytes.length + HEADER[family]).toBe(1004);
	});

	it("is no longer than a request wants it, in steps of four", () => {
		for (const length of [1400, 1401, 1402, 1403]) {
			const { bytes } = stun.probe(context, { ttl: 9, sequence: 0, flow: 0, length });
			expect(bytes.length + HEADER[family]).toBe(1400);
		}
		const { bytes } = stun.probe(context, { ttl: 9, sequence: 0, flow: 0, length: 20 });
		expect(bytes.length + HEADER[family]).toBe(stun.minimumLength[family] - 4);
	});

	it("asks nothing that a server must know", () => {
		expect(names(messageOf(context))).toEqual(["transactionTransmitCounter", "probePadding"]);
		expect(messageOf(context).attributes.every(({ type }) => type >= 0x8000)).toBe(true);
	});

	it("has a transaction id of its own, which nobody can guess from another's", () => {
		const ids = Array.from({ length: 90 }, (_, sequence) => messageOf(context, { sequence }).transactionId.join());
		expect(new Set(ids).size).toBe(90);
		const other = contextOf(stun, family, { key: 1, secret: new Uint8Array(32).fill(9) });
		expect(messageOf(other).transactionId.join()).not.toBe(ids[0]);
	});
});

describe("the options", () => {
	const context = (options: ProbeContext["options"]) => contextOf(stun, 4, { options });

	it("sign it as an ICE check is signed, and what routers are to write stands behind the digest", () => {
		const message = messageOf(context({ ...CREDENTIALS, fingerprint: true, software: "w", "network-status": true }));
		expect(names(message)).toEqual([
			...["transactionTransmitCounter", "software", "username", "probePadding"],
			...["messageIntegrity", "networkStatus", "fingerprint"],
		]);
		expect(verifyIntegrity(message, shortTermKey(CREDENTIALS.password))).toBe(true);
		expect(verifyFingerprint(message)).toBe(true);
		const status = message.attributes.find(({ name }) => name === "networkStatus");
		expect(status?.value).toEqual({ congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 });
	});

	it("make it as the draft says: the hop's number, and the padding of RFC 5780", () => {
		const message = messageOf(context({ draft: true }), { ttl: 7 });
		expect(message.attributes).toMatchObject([
			{ name: "pathNodeProbe", value: { hop: 7 } },
			{ name: "padding", type: 0x0026, value: { length: 28 } },
		]);
	});

	it.each([
		["retransmit", "8", false],
		["retransmit", "7", true],
		["retransmit", "0", true],
		["username", "", false],
		["username", "ü".repeat(254), true],
		["username", "ü".repeat(255), false],
		["username", "\u{1f600}".repeat(127), true],
		["username", "\u{1f600}".repeat(128), false],
		["password", "", false],
		["software", "x".repeat(127), true],
		["software", "x".repeat(128), false],
	])("%s=%s is taken: %s", (name, value, isTaken) => {
		const problem = stun.options?.find((option) => option.name === name)?.check?.(value) ?? null;
		expect(problem === null).toBe(isTaken);
		if (isTaken) messageOf(context({ [name]: value }));
	});

	it("say how often a request is sent again", () => {
		expect(stun.retransmissions?.({})).toBe(1);
		expect(stun.retransmissions?.({ retransmit: "0" })).toBe(0);
	});
});

describe("a request that is sent again", () => {
	it("is the same transaction, with a higher count", () => {
		const context = contextOf(stun, 4);
		const first = messageOf(context, { ttl: 3, sequence: 5 });
		const second = messageOf(context, { ttl: 3, sequence: 40, retransmission: { first: 5, count: 2 } });
		expect(second.transactionId).toEqual(first.transactionId);
		expect(second.attributes[0]?.value).toEqual({ request: 2, response: 0 });
		expect(second.bytes.length).toBe(first.bytes.length);
	});

	it.each([
		["a whole quote", 200, 5, 40],
		["one of the transaction id, whose checksum tells", 28, 5, 40],
		["one of the UDP header, whose checksum tells", 8, 5, 40],
	])("is told from the first by %s", (_, quoteBytes, first, again) => {
		const context = contextOf(stun, 4);
		const asked = [
			stun.probe(context, { ttl: 3, sequence: first, flow: 0 }),
			stun.probe(context, { ttl: 3, sequence: again, flow: 0, retransmission: { first, count: 2 } }),
		];
		const matches = asked.map((packet) => stun.match(context, errorAbout(context, packet, { quoteBytes })));
		expect(matches).toMatchObject([{ sequence: first }, { sequence: again }]);
	});

	it("is told by the count that a server sends back, and taken for the last where it sends none", () => {
		const context = contextOf(stun, 4, ORDINARY);
		const request = messageOf(context, { sequence: 5 });
		messageOf(context, { sequence: 40, retransmission: { first: 5, count: 2 } });
		const counter = (asked: number) =>
			({ name: "transactionTransmitCounter", value: { request: asked, response: 0 } }) as const;
		expect(response(context, request, { attributes: [counter(1)] })).toMatchObject({ sequence: 5 });
		expect(response(context, request, { attributes: [counter(2)] })).toMatchObject({ sequence: 40 });
		expect(response(context, request, { attributes: [counter(9)] })).toMatchObject({ sequence: 40 });
		expect(response(context, request)).toMatchObject({ sequence: 40 });
	});
});

describe("what was lost", () => {
	const counter = (request: number, answer: number) =>
		({ name: "transactionTransmitCounter", value: { request, response: answer } }) as const;
	/** The findings of the last of these answers. */
	function lossAfter(...counters: readonly (readonly [request: number, response: number])[]): unknown {
		const context = contextOf(stun, 4, ORDINARY);
		const request = messageOf(context);
		const matches = counters.map(([asked, answer]) =>
			response(context, request, { attributes: [counter(asked, answer)] }),
		);
		const last = matches.at(-1);
		return last?.type === "probe" ? last.meaning.detail.lost : null;
	}

	it("is told as RFC 7982 section 3.2 has it", () => {
		expect(lossAfter([1, 1])).toEqual({ upstream: 0, downstream: 0 });
		expect(lossAfter([2, 1])).toEqual({ upstream: 1, downstream: 0 });
		expect(lossAfter([3, 3])).toEqual({ upstream: 0, downstream: 2 });
		expect(lossAfter([3, 2])).toEqual({ upstream: 1, downstream: 1 });
		expect(lossAfter([1, 1], [2, 2])).toEqual({ upstream: 0, downstream: 0 });
	});

	it("is not known where the server keeps no books", () => {
		expect(lossAfter([2, 0])).toBeUndefined();
	});
});

describe.each(FAMILIES)("quotes, IPv%i", (family: Family) => {
	it("of the UDP header tell the TTL where a NAT has left another checksum, and with one probe to it the probe", () => {
		const context = contextOf(stun, family);
		const packets = [7, 37].map((sequence) => stun.probe(context, { ttl: 9, sequence, flow: 0 }));
		const [first] = packets;
		if (first === undefined) throw new Error("no packet");
		const bytes = first.bytes.slice();
		bytes[6] = (bytes[6] ?? 0) ^ 0x5a;
		const about = errorAbout(context, { ...first, bytes }, { quoteBytes: 8 });
		expect(stun.match(context, about)).toMatchObject({ type: "flow", ttl: 9, meaning: { kind: "timeExceeded" } });
		const lonely = contextOf(stun, family);
		stun.probe(lonely, { ttl: 9, sequence: 7, flow: 0 });
		expect(stun.match(lonely, about)).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("without a checksum tell no more than one without any", () => {
		const context = contextOf(stun, family);
		const [first] = [7, 37].map((sequence) => stun.probe(context, { ttl: 9, sequence, flow: 0 }));
		if (first === undefined) throw new Error("no packet");
		const bytes = first.bytes.slice().fill(0, 6, 8);
		const about = errorAbout(context, { ...first, bytes }, { quoteBytes: 8 });
		expect(stun.match(context, about)).toMatchObject({ type: "flow", ttl: 9 });
	});

	it("to an ordinary socket tell nothing, then the TTL, then the probe", () => {
		const context = contextOf(stun, family, ORDINARY);
		const [bytes] = [7, 37].map((sequence) => messageOf(context, { ttl: 9, sequence }).bytes);
		if (bytes === undefined) throw new Error("no message");
		const matched = (length: number) => stun.match(context, queued(context, bytes.subarray(0, length)));
		for (const length of [0, 1, 3]) expect(matched(length)).toEqual({ type: "flow", meaning: expect.anything() });
		for (const length of [4, 8, 12, 13]) expect(matched(length)).toMatchObject({ type: "flow", ttl: 9 });
		for (const length of [14, 20, 27, bytes.length])
			expect(matched(length)).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("of a length that none of ours has, and of others' transactions, are not ours", () => {
		const context = contextOf(stun, family, ORDINARY);
		const message = messageOf(context, { ttl: 9, sequence: 7 }).bytes;
		const elsewhere = messageOf(contextOf(stun, family, { ...ORDINARY, key: KEY ^ 1 }), { ttl: 9, sequence: 7 }).bytes;
		const otherLength = message.slice(0, 8).fill(1, 2, 3);
		const media = Uint8Array.of(0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
		for (const bytes of [otherLength, elsewhere.subarray(0, 12), elsewhere, media]) {
			expect(stun.match(context, queued(context, bytes))).toEqual({ type: "foreign", reason: "otherKey" });
		}
	});

	it("of probes that all had one length tell nothing by it", () => {
		const context = contextOf(stun, family, ORDINARY);
		const [bytes] = [3, 4].map((ttl) => messageOf(context, { ttl, sequence: ttl, length: 1400 }).bytes);
		const match = stun.match(context, queued(context, bytes?.subarray(0, 8) ?? new Uint8Array(0)));
		expect(match).toEqual({ type: "flow", meaning: expect.anything() });
	});
});

describe("answers of the target", () => {
	const context = contextOf(stun, 4, { ...ORDINARY, options: CREDENTIALS });
	const request = messageOf(context, { sequence: 7 });
	const mapped = { name: "xorMappedAddress", value: { address: "198.51.100.9", port: 40_000 } } as const;
	const key = shortTermKey(CREDENTIALS.password);

	it("tell our address, and whether they know the password", () => {
		const signed = response(context, request, { attributes: [mapped, { name: "messageIntegrity", key }] });
		expect(signed).toMatchObject({
			type: "probe",
			sequence: 7,
			meaning: {
				kind: "stun",
				place: "target",
				mappedAddress: "198.51.100.9",
				detail: { response: "success", mapped: mapped.value, integrity: "right" },
			},
		});
		expect(response(context, request, { attributes: [mapped] })).toMatchObject({
			meaning: { detail: { integrity: "none" } },
		});
	});

	it("that are signed by somebody else reach the target, but are not believed", () => {
		const forged = { name: "messageIntegrity", key: shortTermKey("another") } as const;
		const match = response(context, request, { attributes: [mapped, forged] });
		expect(match).toMatchObject({ meaning: { place: "target", detail: { integrity: "wrong" } } });
		expect(match.type === "probe" && match.meaning.mappedAddress).toBeUndefined();
	});

	it.each([300, 400, 401, 420, 438, 487, 500])("reach it by error %i as well", (code) => {
		const error = { name: "errorCode", value: { code, reason: "because" } } as const;
		const attributes = [error, { name: "unknownAttributes", value: [0x0026, 0x7ffe] }] as const;
		expect(response(context, request, { class: "error", attributes })).toMatchObject({
			meaning: {
				kind: "stun",
				place: "target",
				detail: { response: "error", code, reason: "because", unknownAttributes: ["PADDING", "0x7ffe"] },
			},
		});
	});

	it("count from another address as well, for nobody else knows the transaction", () => {
		expect(response(context, request, { from: ROUTER[4] })).toMatchObject({ type: "probe", sequence: 7 });
	});

	it("are told from what is none: others' transactions, requests, media, and what is broken", () => {
		const foreign = (bytes: Uint8Array) => stun.match(context, datagram(context, bytes, TARGET[4]));
		const other = { class: "success", method: "binding", transactionId: new Uint8Array(12), attributes: [] } as const;
		expect(foreign(encodeStun(other))).toEqual({ type: "foreign", reason: "otherKey" });
		expect(foreign(encodeStun({ ...other, transactionId: new Uint8Array(16) }))).toEqual({
			type: "foreign",
			reason: "otherKey",
		});
		expect(foreign(request.bytes)).toEqual({ type: "foreign", reason: "otherKey" });
		const { transactionId } = request;
		const allocated = encodeStun({ ...other, method: "allocate", transactionId });
		expect(foreign(allocated)).toEqual({ type: "foreign", reason: "otherKey" });
		expect(foreign(Uint8Array.of(0x80, 0x60, 1, 2))).toEqual({ type: "foreign", reason: "malformed" });
		const printed = encodeStun({ ...other, transactionId, attributes: [mapped, { name: "fingerprint" }] });
		expect(foreign(printed)).toMatchObject({ type: "probe" });
		printed[printed.length - 1] = (printed.at(-1) ?? 0) ^ 1;
		expect(foreign(printed)).toEqual({ type: "foreign", reason: "malformed" });
	});

	it("of a server of RFC 3489 tell our address without the XOR", () => {
		const plain = { name: "mappedAddress", value: mapped.value } as const;
		expect(response(context, request, { attributes: [plain] })).toMatchObject({
			meaning: { mappedAddress: "198.51.100.9", detail: { mapped: mapped.value } },
		});
	});

	it("bring home what routers wrote, there and back", () => {
		const status = (upKbps: number, nodeCount: number) =>
			({ name: "networkStatus", value: { congested: false, nodeCount, upKbps, downKbps: 0 } }) as const;
		const attributes = [status(2000, 3), { name: "messageIntegrity", key }, status(9000, 2)] as const;
		expect(response(context, request, { attributes })).toMatchObject({
			meaning: { detail: { networkStatus: { upstream: { upKbps: 2000 }, downstream: { upKbps: 9000 } } } },
		});
		const empty = response(context, request, { attributes: [status(0, 0), { name: "messageIntegrity", key }] });
		expect(empty.type === "probe" && empty.meaning.detail).not.toHaveProperty("networkStatus");
	});
});

it("an error that quotes a datagram to another port is not about us", () => {
	const context = contextOf(stun, 4);
	const elsewhere = errorReply(stun, { ...context, port: context.port + 1 }, { quoteBytes: 200 });
	expect(stun.match(context, elsewhere)).toEqual({ type: "foreign", reason: "otherPort" });
});

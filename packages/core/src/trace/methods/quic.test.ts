import {
	decodeClientHello,
	decodeQuicDatagram,
	decodeQuicPayload,
	decodeUdp,
	deriveInitialKeys,
	encodeQuicPacket,
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	encodeServerHello,
	encodeServerInitial,
	encodeStatelessReset,
	isDecodeError,
	joinQuicCrypto,
	QUIC_V1,
	QUIC_V2,
	type QuicFrame,
	type QuicInitialPacket,
	quicFrame,
} from "@whither/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PacketReply, QuotedProbe, Reply } from "../channel.ts";
import type { Match, ProbeContext } from "../method.ts";
import { checkMethodOptions, parseMethodOptions } from "../method-options.ts";
import { quic } from "./quic.ts";
import { testCrypto } from "./quic-crypto.fixture.ts";

const TARGET = "203.0.113.7";
const SERVER_ID = Uint8Array.of(9, 8, 7, 6, 5);

function contextOf(changes: Partial<ProbeContext> = {}): ProbeContext {
	return {
		family: 4,
		channel: "errorQueue",
		transport: "udp",
		source: "192.0.2.1",
		target: TARGET,
		sourcePorts: [50_000],
		port: 443,
		key: 0xdecafbad,
		length: quic.defaultLength[changes.family ?? 4],
		targetName: "www.example.net",
		secret: Uint8Array.from({ length: 32 }, (_, index) => index * 7),
		crypto: testCrypto,
		options: {},
		sessions: [],
		tos: 0,
		looseMatch: false,
		queries: 3,
		...changes,
	};
}

function payloadOf(context: ProbeContext, sequence: number, state?: unknown): Uint8Array {
	return quic.probe(context, { ttl: 5, sequence, flow: 0, ...(state === undefined ? {} : { state }) }).bytes;
}

function initialOf(datagram: Uint8Array): QuicInitialPacket {
	const [packet] = decodeQuicDatagram(datagram).packets;
	if (packet?.kind !== "initial") throw new Error("no Initial");
	return packet;
}

const HEAD = { at: 1, stamp: "kernel", ttl: null, tos: null, socket: null } as const;

function datagram(payload: Uint8Array, changes: Partial<PacketReply> = {}): Reply {
	const ports = { sourcePort: 443, destinationPort: null };
	return { ...HEAD, type: "packet", from: TARGET, protocol: 17, ...ports, segment: null, payload, ...changes };
}

function timeExceeded(payload: Uint8Array, changes: Partial<QuotedProbe> = {}): Reply {
	const quoted: QuotedProbe = {
		protocol: 17,
		source: null,
		destination: TARGET,
		sourcePort: null,
		destinationPort: 443,
		segment: null,
		payload,
		bytes: null,
		ip: null,
		...changes,
	};
	const icmp = { type: 11, code: 0 };
	return { ...HEAD, type: "icmpError", from: "198.51.100.9", icmp, mtu: null, quoted, extensions: [] };
}

const HELLO = encodeServerHello({
	legacyVersion: 0x0303,
	random: new Uint8Array(32).fill(5),
	legacySessionIdEcho: new Uint8Array(0),
	cipherSuite: 0x1301,
	legacyCompressionMethod: 0,
	extensions: [],
});

const ACK = { delay: 3, ranges: [{ smallest: 0, largest: 0 }] };

/** What a server says to this Initial; `keyDcid` as for `encodeServerInitial`, by default the Initial's own DCID. */
function serverInitial(
	probe: Uint8Array,
	frames: readonly QuicFrame[],
	keyDcid?: Uint8Array,
	packetNumber = 0,
): Uint8Array {
	const { version, dcid, scid } = initialOf(probe);
	const ids = { version, dcid: scid, scid: SERVER_ID, keyDcid: keyDcid ?? dcid };
	return encodeServerInitial({ ...ids, packetNumber, frames }, testCrypto);
}

/** A datagram of Handshake packets alone, which follows this Initial of the server's. */
function handshakeOf(initial: Uint8Array, packetNumber: number): Uint8Array {
	const { version, dcid, scid } = initialOf(initial);
	const keys = deriveInitialKeys(version, scid, testCrypto).server;
	const fields = { version, dcid, scid, packetNumber, frames: [quicFrame("ping", null)] };
	return encodeQuicPacket({ kind: "handshake", ...fields }, keys, testCrypto);
}

function retryTo(probe: Uint8Array, originalDcid = initialOf(probe).dcid): Uint8Array {
	const { version, scid } = initialOf(probe);
	const token = Uint8Array.of(1, 2, 3, 4);
	return encodeQuicRetry({ version, dcid: scid, scid: SERVER_ID, token, originalDcid }, testCrypto);
}

function negotiationTo(probe: Uint8Array, versions: readonly number[]): Uint8Array {
	const [packet] = decodeQuicDatagram(probe).packets;
	if (packet === undefined || !("scid" in packet)) throw new Error("no long header");
	return encodeQuicVersionNegotiation({ dcid: packet.scid, scid: packet.dcid, versions });
}

function expectProbe(match: Match): Extract<Match, { type: "probe" }> {
	if (match.type !== "probe") throw new Error(`${match.type}: no answer`);
	return match;
}

function expectAgain(match: Match): unknown {
	if (match.type !== "again") throw new Error(`${match.type}: nothing to follow`);
	return match.state;
}

describe("a QUIC probe", () => {
	it.each([
		[4, "errorQueue", "udp", 1200],
		[6, "errorQueue", "udp", 1200],
		[4, "raw", "ip", 1208],
		[6, "raw", "ip", 1208],
	] as const)("IPv%i over %s is a datagram of 1200 bytes", (family, channel, transport, length) => {
		const addresses = family === 4 ? {} : { source: "2001:db8::1", target: "2001:db8:7::7" };
		const bytes = payloadOf(contextOf({ family, channel, transport, ...addresses }), 3);
		expect(bytes).toHaveLength(length);
		if (transport === "udp") return;
		const udp = decodeUdp(bytes);
		expect(isDecodeError(udp) ? udp : udp.header).toMatchObject({ sourcePort: 50_000, destinationPort: 443 });
	});

	it.each([2000, 30_000])("is as long as asked for: %i bytes", (length) => {
		expect(payloadOf(contextOf({ length }), 0)).toHaveLength(length - 28);
		expect(quic.probe(contextOf(), { ttl: 1, sequence: 0, flow: 0, length }).bytes).toHaveLength(length - 28);
	});

	it("is never shorter than a first Initial may be", () => {
		expect(quic.probe(contextOf(), { ttl: 1, sequence: 0, flow: 0, length: 600 }).bytes).toHaveLength(1200);
	});

	it.each([
		[{}, QUIC_V1],
		[{ v2: true }, QUIC_V2],
	] as const)("holds a ClientHello that a server can read: %o", (options, version) => {
		const packet = initialOf(payloadOf(contextOf({ options: { ...options, alpn: "h3+hq-interop" } }), 3));
		const keys = deriveInitialKeys(version, packet.dcid, testCrypto);
		const opened = decodeQuicPayload(packet, keys.client, testCrypto);
		if (isDecodeError(opened)) throw new Error(opened.error);
		const hello = decodeClientHello(joinQuicCrypto(opened.frames));
		if (isDecodeError(hello)) throw new Error(hello.error);
		const values = Object.fromEntries(hello.extensions.map(({ name, value }) => [name, value]));
		expect(packet.version).toBe(version);
		expect(values).toMatchObject({ serverName: "www.example.net", alpn: ["h3", "hq-interop"] });
		expect(values.quicTransportParameters).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ name: "initialSourceConnectionId", value: packet.scid }),
				expect.objectContaining({ name: "initialMaxStreamsUni", value: 3 }),
			]),
		);
	});

	it("has IDs, random and key share of its own, and the same when it is built again", () => {
		const context = contextOf();
		const [a, b] = [payloadOf(context, 0), payloadOf(context, 1)];
		expect(initialOf(a).dcid).not.toEqual(initialOf(b).dcid);
		expect(initialOf(a).scid).not.toEqual(initialOf(a).dcid);
		expect(payloadOf(context, 0)).toEqual(a);
		for (let sequence = 2; sequence < 300; sequence++) payloadOf(context, sequence);
		expect(payloadOf(context, 0)).toEqual(a);
		expect(payloadOf(contextOf(), 1)).toEqual(b);
	});

	it("takes a version of any number, and a server name", () => {
		const probe = payloadOf(contextOf({ options: { version: "1a2a3a4a" } }), 0);
		expect(decodeQuicDatagram(probe).packets[0]).toMatchObject({ kind: "unknownVersion", version: 0x1a2a3a4a });
		expect(checkMethodOptions(quic, parseMethodOptions("version=0x1a2a3a4a,sni=a.example,alpn=h3+hq"))).toBeNull();
		for (const wrong of ["version=0", "version=xyz", "version=123456789", "alpn=h3++x", "sni=a b"]) {
			expect(checkMethodOptions(quic, parseMethodOptions(wrong)), wrong).toMatchObject({ code: "badValue" });
		}
	});
});

describe("a router's quote of it", () => {
	const context = contextOf();
	const probe = payloadOf(context, 77);

	it("names the probe down to six bytes of the connection ID, and the flow below", () => {
		for (let length = 0; length <= probe.length; length++) {
			const match = quic.match(context, timeExceeded(probe.subarray(0, length)));
			if (length < 12) expect(match.type, `${length}`).toBe("flow");
			else expect(match, `${length}`).toMatchObject({ type: "probe", sequence: 77, meaning: { place: "hop" } });
		}
	});

	it("is foreign where secret, key, port or target are not ours", () => {
		for (const changes of [{ secret: new Uint8Array(32) }, { key: 1 }]) {
			const other = payloadOf(contextOf(changes), 77);
			for (const length of [12, 20, 100]) {
				const match = quic.match(context, timeExceeded(other.subarray(0, length)));
				expect(match).toEqual({ type: "foreign", reason: "otherKey" });
			}
		}
		expect(quic.match(context, timeExceeded(probe, { destinationPort: 444 }))).toMatchObject({ reason: "otherPort" });
		expect(quic.match(context, timeExceeded(probe, { sourcePort: 1 }))).toMatchObject({ reason: "otherPort" });
		expect(quic.match(context, timeExceeded(probe, { destination: "203.0.113.8" }))).toMatchObject({
			reason: "otherTarget",
		});
	});

	it("with addresses and ports rewritten is ours where that is to be believed", () => {
		const rewritten = timeExceeded(probe, { destination: "10.0.0.7", destinationPort: 8443, sourcePort: 1 });
		expect(quic.match(context, rewritten)).toMatchObject({ reason: "otherTarget" });
		expect(quic.match(contextOf({ looseMatch: true }), rewritten)).toMatchObject({ type: "probe", sequence: 77 });
	});
});

describe("an Initial of the target", () => {
	it.each([{}, { v2: true }] as const)("is decrypted, and says what it holds: %o", (options) => {
		const context = contextOf({ options });
		const ecn = { ect0: 1, ect1: 0, ce: 2 };
		const frames = [quicFrame("ackEcn", { ...ACK, ecn }), quicFrame("crypto", { offset: 0, data: HELLO })];
		const answer = serverInitial(payloadOf(context, 12), frames);
		const handshake = handshakeOf(answer, 0);
		const { farewell, ...match } = expectProbe(quic.match(context, datagram(Uint8Array.of(...answer, ...handshake))));
		expect(farewell).toBeDefined();
		expect(match).toEqual({
			type: "probe",
			sequence: 12,
			meaning: {
				kind: "quic",
				place: "target",
				detail: {
					packet: "initial",
					version: options.v2 === true ? "v2" : "v1",
					serverHello: true,
					ecn,
					handshake: true,
				},
			},
		});
		expect(quic.match(context, datagram(handshake))).toMatchObject({
			sequence: 12,
			meaning: { detail: { packet: "handshake" } },
		});
	});

	it("shows why the connection was refused", () => {
		const context = contextOf();
		const close = quicFrame("connectionClose", { errorCode: 0x178, frameType: 6, reason: "no ALPN" });
		const match = quic.match(context, datagram(serverInitial(payloadOf(context, 4), [close])));
		expect(match).toMatchObject({
			sequence: 4,
			meaning: {
				detail: { close: { error: "CRYPTO_ERROR (no_application_protocol)", code: 0x178, reason: "no ALPN" } },
			},
		});
	});

	it("is foreign with other keys, another ID, from another address or port", () => {
		const context = contextOf();
		const probe = payloadOf(context, 4);
		const frames = [quicFrame("ping", null)];
		const answer = serverInitial(probe, frames);
		const reason = (reply: Reply) => {
			const match = quic.match(context, reply);
			return match.type === "foreign" ? match.reason : match.type;
		};
		expect(reason(datagram(answer))).toBe("probe");
		expect(reason(datagram(serverInitial(probe, frames, SERVER_ID)))).toBe("otherKey");
		expect(reason(datagram(serverInitial(payloadOf(contextOf({ key: 9 }), 4), frames)))).toBe("otherKey");
		expect(reason(datagram(answer, { from: "203.0.113.8" }))).toBe("otherTarget");
		expect(reason(datagram(answer, { sourcePort: 444 }))).toBe("otherPort");
		expect(reason(datagram(answer, { destinationPort: 4 }))).toBe("otherPort");
	});
});

describe("a connection that the target opened", () => {
	const frames = [quicFrame("crypto", { offset: 0, data: HELLO })];

	/** The frames of a datagram of ours on the connection with this original ID, with what its header says. */
	function openedClose(match: Match, keyDcid: Uint8Array, version: number) {
		const { farewell } = expectProbe(match);
		if (farewell === undefined) throw new Error("no farewell");
		const packet = initialOf(farewell.transport === "ip" ? farewell.bytes.subarray(8) : farewell.bytes);
		const plain = decodeQuicPayload(packet, deriveInitialKeys(version, keyDcid, testCrypto).client, testCrypto);
		if (isDecodeError(plain)) throw new Error(plain.error);
		return { farewell, packet, ...plain };
	}

	it.each([
		["errorQueue", "udp", {}, QUIC_V1, 1200],
		["raw", "ip", {}, QUIC_V1, 1208],
		["raw", "ip", { v2: true }, QUIC_V2, 1208],
	] as const)("over %s as %s is closed in a padded Initial, acknowledging the server's", (...row) => {
		const [channel, transport, options, version, length] = row;
		const context = contextOf({ channel, transport, options });
		const sent = payloadOf(context, 7);
		const probe = transport === "ip" ? sent.subarray(8) : sent;
		const { dcid, scid } = initialOf(probe);
		const match = quic.match(context, datagram(serverInitial(probe, frames, undefined, 3)));
		const { farewell, packet, packetNumber, frames: said } = openedClose(match, dcid, version);
		expect(farewell).toMatchObject({ transport, protocol: 17, sourcePort: 50_000, destinationPort: 443 });
		expect(farewell.bytes).toHaveLength(length);
		expect(packet).toMatchObject({ version, dcid: SERVER_ID, scid, token: new Uint8Array(0) });
		expect(packetNumber).toBe(1);
		expect(said).toMatchObject([
			{ name: "ack", value: { ranges: [{ smallest: 3, largest: 3 }] } },
			{ name: "connectionClose", value: { errorCode: 0, frameType: 0, reason: "" } },
			{ name: "padding" },
		]);
	});

	it("behind a Retry is closed with the Retry's keys, its token and the number after the second Initial's", () => {
		const context = contextOf();
		const second = payloadOf(context, 31, expectAgain(quic.match(context, datagram(retryTo(payloadOf(context, 4))))));
		const match = quic.match(context, datagram(serverInitial(second, frames)));
		const { packet, packetNumber } = openedClose(match, initialOf(second).dcid, QUIC_V1);
		expect(packet.token).toEqual(initialOf(second).token);
		expect(packetNumber).toBe(2);
	});

	it("is closed once, and not where the target closed it itself", () => {
		const context = contextOf();
		const first = payloadOf(context, 1);
		expect(expectProbe(quic.match(context, datagram(serverInitial(first, frames)))).farewell).toBeDefined();
		const again = expectProbe(quic.match(context, datagram(serverInitial(first, frames, undefined, 1))));
		expect(again.farewell).toBeUndefined();
		const second = payloadOf(context, 2);
		expect(expectProbe(quic.match(context, datagram(serverInitial(second, frames)))).farewell).toBeDefined();
		const close = quicFrame("connectionClose", { errorCode: 0x178, frameType: 6, reason: "" });
		const refused = quic.match(context, datagram(serverInitial(payloadOf(context, 3), [close])));
		expect(expectProbe(refused).farewell).toBeUndefined();
	});

	it("may answer in several datagrams, of which only a copy of one is a duplicate", () => {
		const context = contextOf();
		const probe = payloadOf(context, 5);
		const answer = serverInitial(probe, frames);
		const retransmitted = serverInitial(probe, frames, undefined, 1);
		const handshake = handshakeOf(answer, 0);
		const further = [answer, handshake, retransmitted, handshake, answer, handshakeOf(answer, 1)];
		const parts = further.map((bytes) => expectProbe(quic.match(context, datagram(bytes))).part);
		expect(parts).toEqual([undefined, true, true, undefined, undefined, true]);
		expect(
			expectProbe(quic.match(context, datagram(serverInitial(payloadOf(context, 6), frames)))).part,
		).toBeUndefined();
	});

	it("is closed too where its Initial was overtaken", () => {
		const context = contextOf();
		const answer = serverInitial(payloadOf(context, 5), frames);
		expect(quic.match(context, datagram(handshakeOf(answer, 0)))).not.toHaveProperty("farewell");
		const match = expectProbe(quic.match(context, datagram(answer)));
		expect(match).toMatchObject({ part: true, farewell: { protocol: 17 } });
	});
});

describe("a Retry", () => {
	it("is followed with its token and ID, and the answer is read with the keys of that ID", () => {
		const context = contextOf();
		const probe = payloadOf(context, 4);
		const match = quic.match(context, datagram(retryTo(probe)));
		expect(match).toMatchObject({ type: "again", sequence: 4, detail: { packet: "retry", version: "v1" } });
		const second = payloadOf(context, 31, expectAgain(match));
		const packet = initialOf(second);
		expect(second).toHaveLength(1200);
		expect(packet.token).toEqual(Uint8Array.of(1, 2, 3, 4));
		expect(packet.dcid).toEqual(SERVER_ID);
		expect(packet.scid).toEqual(initialOf(probe).scid);
		const opened = (bytes: Uint8Array) => {
			const { client } = deriveInitialKeys(QUIC_V1, initialOf(bytes).dcid, testCrypto);
			const plain = decodeQuicPayload(initialOf(bytes), client, testCrypto);
			if (isDecodeError(plain)) throw new Error(plain.error);
			return plain;
		};
		expect(opened(second).packetNumber).toBe(1);
		expect(joinQuicCrypto(opened(second).frames)).toEqual(joinQuicCrypto(opened(probe).frames));
		const answer = serverInitial(second, [quicFrame("crypto", { offset: 0, data: HELLO })]);
		expect(quic.match(context, datagram(answer))).toMatchObject({
			type: "probe",
			sequence: 31,
			meaning: { detail: { packet: "initial", serverHello: true } },
		});
		expect(quic.match(context, timeExceeded(second.subarray(0, 100)))).toMatchObject({ sequence: 31 });
		expect(payloadOf(context, 31)).toEqual(second);
		expect(quic.match(context, datagram(retryTo(probe)))).toEqual({ type: "foreign", reason: "malformed" });
	});

	it("is refused with a wrong tag, as somebody makes it who did not see our Initial", () => {
		const context = contextOf();
		const probe = payloadOf(context, 4);
		const forged = retryTo(probe, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
		expect(quic.match(context, datagram(forged))).toEqual({ type: "foreign", reason: "otherKey" });
		const right = retryTo(probe);
		for (const at of right.keys()) {
			const changed = right.slice();
			changed[at] = (changed[at] ?? 0) ^ 1;
			expect(quic.match(context, datagram(changed)).type, `byte ${at}`).toBe("foreign");
		}
	});

	it("is refused without a token or with the ID that we had", () => {
		const context = contextOf();
		const { version, dcid, scid } = initialOf(payloadOf(context, 4));
		const token = Uint8Array.of(1);
		for (const wrong of [
			{ scid: SERVER_ID, token: new Uint8Array(0) },
			{ scid: dcid, token },
		]) {
			const retry = encodeQuicRetry({ version, dcid: scid, originalDcid: dcid, ...wrong }, testCrypto);
			expect(quic.match(context, datagram(retry))).toEqual({ type: "foreign", reason: "malformed" });
		}
	});
});

describe("a Version Negotiation", () => {
	it("is followed once, with a version that we speak, by a connection of its own", () => {
		const context = contextOf({ options: { version: "1a2a3a4a" } });
		const match = quic.match(context, datagram(negotiationTo(payloadOf(context, 2), [0xff00001d, QUIC_V2])));
		expect(match).toMatchObject({ type: "again", sequence: 2, detail: { versions: ["0xff00001d", "v2"] } });
		const second = payloadOf(context, 9, expectAgain(match));
		expect(initialOf(second)).toMatchObject({ version: QUIC_V2, token: new Uint8Array(0) });
		const answer = serverInitial(second, [quicFrame("ack", ACK)]);
		expect(quic.match(context, datagram(answer))).toMatchObject({ type: "probe", sequence: 9 });
		expect(quic.match(context, datagram(negotiationTo(second, [QUIC_V1])))).toMatchObject({
			type: "probe",
			sequence: 9,
			meaning: { place: "target", detail: { packet: "versionNegotiation", version: "v2", versions: ["v1"] } },
		});
		const retried = quic.match(context, datagram(retryTo(second)));
		const third = payloadOf(context, 10, expectAgain(retried));
		expect(quic.match(context, datagram(serverInitial(third, [quicFrame("ack", ACK)])))).toMatchObject({
			type: "probe",
			sequence: 10,
			meaning: { detail: { version: "v2" } },
		});
	});

	it("without a version of ours is the target's answer", () => {
		const context = contextOf();
		const match = quic.match(context, datagram(negotiationTo(payloadOf(context, 2), [0xff00001d])));
		expect(match).toMatchObject({ type: "probe", sequence: 2, meaning: { detail: { packet: "versionNegotiation" } } });
	});

	it("is foreign where it lists the version that we sent, or does not echo both IDs", () => {
		const context = contextOf();
		const probe = payloadOf(context, 2);
		expect(quic.match(context, datagram(negotiationTo(probe, [QUIC_V1])))).toMatchObject({ type: "foreign" });
		const half = { dcid: initialOf(probe).scid, scid: SERVER_ID, versions: [QUIC_V2] };
		expect(quic.match(context, datagram(encodeQuicVersionNegotiation(half)))).toMatchObject({ type: "foreign" });
	});
});

describe("other datagrams", () => {
	const context = contextOf();
	const probe = payloadOf(context, 6);

	it("calls a short header a reset of the flow, and one with our ID the probe's own", () => {
		const reset = encodeStatelessReset(new Uint8Array(20).fill(3), new Uint8Array(16));
		expect(quic.match(context, datagram(reset))).toMatchObject({
			type: "flow",
			meaning: { detail: { packet: "reset" } },
		});
		const oneRtt = Uint8Array.of(0x40, ...initialOf(probe).scid, 1, 2, 3);
		expect(quic.match(context, datagram(oneRtt))).toMatchObject({
			type: "probe",
			sequence: 6,
			meaning: { detail: { packet: "oneRtt" } },
		});
	});

	it("gives a verdict on every answer cut short, and never believes half an Initial or a Retry", () => {
		const answer = serverInitial(probe, [quicFrame("ack", ACK), quicFrame("crypto", { offset: 0, data: HELLO })]);
		for (const whole of [answer, retryTo(probe), negotiationTo(probe, [QUIC_V2, 5])]) {
			for (let length = 0; length < whole.length; length++) {
				const match = quic.match(context, datagram(whole.subarray(0, length)));
				if ((whole[0] ?? 0) === 0xc0 && match.type !== "foreign") expect(match.type).toBe("again");
				else expect(match.type).toBe("foreign");
			}
		}
	});

	it("gives a verdict on any bytes at all", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
				expect(["flow", "foreign"]).toContain(quic.match(context, datagram(bytes)).type);
				expect(["flow", "foreign"]).toContain(quic.match(context, timeExceeded(bytes)).type);
			}),
		);
	});
});

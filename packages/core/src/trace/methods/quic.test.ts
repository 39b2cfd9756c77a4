import {
	decodeClientHello,
	decodeQuicDatagram,
	decodeQuicPayload,
	decodeUdp,
	deriveInitialKeys,
	isDecodeError,
	joinQuicCrypto,
	QUIC_V1,
	QUIC_V2,
} from "@whither/wire";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../../../wire/src/crypto.fixture.ts";
import { checkMethodOptions, parseMethodOptions } from "../method-options.ts";
import { SOURCE_PORT } from "./method.fixture.ts";
import { initialOf, payloadOf, quicContext, timeExceeded } from "./quic.fixture.ts";
import { quic } from "./quic.ts";

describe("a QUIC probe", () => {
	it.each([
		[4, "errorQueue", "udp", 1200],
		[6, "errorQueue", "udp", 1200],
		[4, "raw", "ip", 1208],
		[6, "raw", "ip", 1208],
	] as const)("IPv%i over %s is a datagram of 1200 bytes", (family, channel, transport, length) => {
		const addresses = family === 4 ? {} : { source: "2001:db8::1", target: "2001:db8:7::7" };
		const bytes = payloadOf(quicContext({ family, channel, transport, ...addresses }), 3);
		expect(bytes).toHaveLength(length);
		if (transport === "udp") return;
		const udp = decodeUdp(bytes);
		expect(isDecodeError(udp) ? udp : udp.header).toMatchObject({ sourcePort: SOURCE_PORT, destinationPort: 443 });
	});

	it.each([2000, 30_000])("is as long as asked for: %i bytes", (length) => {
		expect(payloadOf(quicContext({ length }), 0)).toHaveLength(length - 28);
		expect(quic.probe(quicContext(), { ttl: 1, sequence: 0, flow: 0, length }).bytes).toHaveLength(length - 28);
	});

	it("is never shorter than a first Initial may be", () => {
		expect(quic.probe(quicContext(), { ttl: 1, sequence: 0, flow: 0, length: 600 }).bytes).toHaveLength(1200);
	});

	it.each([
		[{}, QUIC_V1],
		[{ v2: true }, QUIC_V2],
	] as const)("holds a ClientHello that a server can read: %o", (options, version) => {
		const packet = initialOf(payloadOf(quicContext({ options: { ...options, alpn: "h3+hq-interop" } }), 3));
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
		const context = quicContext();
		const [a, b] = [payloadOf(context, 0), payloadOf(context, 1)];
		expect(initialOf(a).dcid).not.toEqual(initialOf(b).dcid);
		expect(initialOf(a).scid).not.toEqual(initialOf(a).dcid);
		expect(payloadOf(context, 0)).toEqual(a);
		for (let sequence = 2; sequence < 300; sequence++) payloadOf(context, sequence);
		expect(payloadOf(context, 0)).toEqual(a);
		expect(payloadOf(quicContext(), 1)).toEqual(b);
	});

	it("takes a version of any number, and a server name", () => {
		const probe = payloadOf(quicContext({ options: { version: "1a2a3a4a" } }), 0);
		expect(decodeQuicDatagram(probe).packets[0]).toMatchObject({ kind: "unknownVersion", version: 0x1a2a3a4a });
		expect(checkMethodOptions(quic, parseMethodOptions("version=0x1a2a3a4a,sni=a.example,alpn=h3+hq"))).toBeNull();
		for (const wrong of ["version=0", "version=xyz", "version=123456789", "alpn=h3++x", "sni=a b"]) {
			expect(checkMethodOptions(quic, parseMethodOptions(wrong)), wrong).toMatchObject({ code: "badValue" });
		}
	});
});

describe("a router's quote of it", () => {
	const context = quicContext();
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
			const other = payloadOf(quicContext(changes), 77);
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
		expect(quic.match(quicContext({ looseMatch: true }), rewritten)).toMatchObject({ type: "probe", sequence: 77 });
	});
});

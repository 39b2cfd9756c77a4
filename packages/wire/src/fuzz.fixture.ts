/** Every decoder of this package as a function of bytes, for whoever throws inputs at them. */
import { testCrypto } from "./crypto.fixture.ts";
import * as wire from "./index.ts";
import { decodeUdpPrefix } from "./udp.ts";

/** A decoder: it answers a value or an error for any bytes at all, and never throws. */
export interface FuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
}

const DCID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const KEYS = wire.deriveInitialKeys(wire.QUIC_V1, DCID, testCrypto);

const SYN = {
	sequence: 1,
	flags: wire.TCP_FLAGS.syn,
	options: [wire.tcpOption("maximumSegmentSize", 1460), wire.tcpOption("sackPermitted", true)],
};

/** One target for each way into an exported decoder, by the decoder's name, with what it is told behind a space. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
	{ name: "decodeIpv4", decode: wire.decodeIpv4 },
	{ name: "decodeIpv4Header", decode: wire.decodeIpv4Header },
	{ name: "decodeIpv4Options", decode: wire.decodeIpv4Options },
	{ name: "decodeIpv6", decode: wire.decodeIpv6 },
	{ name: "decodeIpv6Header", decode: wire.decodeIpv6Header },
	{ name: "decodeUdp", decode: wire.decodeUdp },
	{ name: "decodeUdpPrefix", decode: decodeUdpPrefix },
	{ name: "decodeUdpLite", decode: wire.decodeUdpLite },
	{ name: "decodeTcp", decode: wire.decodeTcp },
	{ name: "decodeTcpPrefix", decode: wire.decodeTcpPrefix },
	{ name: "decodeTcpOptions", decode: wire.decodeTcpOptions },
	{ name: "decodeRtp", decode: wire.decodeRtp },
	{ name: "decodeSctp", decode: wire.decodeSctp },
	{ name: "decodeSctpPrefix", decode: wire.decodeSctpPrefix },
	{ name: "decodeDccp", decode: wire.decodeDccp },
	{ name: "decodeIcmp 4", decode: (bytes) => wire.decodeIcmp(4, bytes) },
	{ name: "decodeIcmp 6", decode: (bytes) => wire.decodeIcmp(6, bytes) },
	{ name: "decodeExtensions", decode: wire.decodeExtensions },
	{ name: "decodeQuoted 4", decode: (bytes) => wire.decodeQuoted(4, bytes) },
	{ name: "decodeQuoted 6", decode: (bytes) => wire.decodeQuoted(6, bytes) },
	{ name: "decodeVarint", decode: (bytes) => wire.decodeVarint(bytes) },
	{ name: "decodeQuicInvariant", decode: (bytes) => wire.decodeQuicInvariant(bytes, { connectionIdLength: 8 }) },
	{ name: "decodeQuicPacket", decode: (bytes) => wire.decodeQuicPacket(bytes) },
	{ name: "decodeQuicDatagram", decode: (bytes) => wire.decodeQuicDatagram(bytes, { connectionIdLength: 4 }) },
	{ name: "decodeQuicPayload", decode: openEverything },
	{ name: "decodeQuicFrames", decode: (bytes) => wire.joinQuicCrypto(wire.decodeQuicFrames(bytes)) },
	{ name: "decodeQuicTransportParameters", decode: wire.decodeQuicTransportParameters },
	{ name: "isStatelessReset", decode: (bytes) => wire.isStatelessReset(bytes, new Uint8Array(16)) },
	{ name: "decodeTlsHandshake", decode: wire.decodeTlsHandshake },
	{ name: "decodeClientHello", decode: wire.decodeClientHello },
	{ name: "decodeServerHello", decode: wire.decodeServerHello },
	{ name: "decodeDns", decode: decodeDnsAsText },
	{ name: "decodeMdns", decode: wire.decodeMdns },
	{ name: "decodePcapng", decode: wire.decodePcapng },
	{ name: "decodeUtf8", decode: wire.decodeUtf8 },
	{ name: "decodeStun", decode: readStunWhole },
	{ name: "decodeStun rewritten", decode: (bytes) => readStunWhole(rewritten(bytes)) },
	{ name: "decodeStunFrame", decode: (bytes) => wire.decodeStunFrame(bytes) },
	{ name: "decodeChannelData", decode: (bytes) => wire.decodeChannelData(bytes) },
	{ name: "decodeFramedPacket", decode: wire.decodeFramedPacket },
	{ name: "parseSdp", decode: readSdpWhole },
	...packetChangeTargets(),
];

function openEverything(bytes: Uint8Array): unknown {
	return wire.decodeQuicDatagram(bytes).packets.map((packet) => {
		if (packet.kind === "retry") return wire.verifyQuicRetry(packet, DCID, testCrypto);
		if (packet.kind !== "initial" && packet.kind !== "handshake" && packet.kind !== "zeroRtt") return packet;
		return wire.decodeQuicPayload(packet, KEYS.server, testCrypto);
	});
}

function decodeDnsAsText(bytes: Uint8Array): unknown {
	const message = wire.decodeDns(bytes);
	if (wire.isDecodeError(message)) return message;
	return [...message.answers, ...message.authorities, ...message.additionals].map(wire.formatDnsRecord);
}

/** Bytes as text, one character each: what is not ASCII is not SDP's. */
function readSdpWhole(bytes: Uint8Array): unknown {
	const description = wire.parseSdp(String.fromCharCode(...bytes.subarray(0, 4096)));
	return wire.isDecodeError(description)
		? description
		: [wire.iceDescriptions(description), wire.formatSdp(description)];
}

const STUN_KEY = wire.shortTermKey("password");

function readStunWhole(bytes: Uint8Array): unknown {
	const message = wire.decodeStun(bytes);
	if (wire.isDecodeError(message)) return message;
	return [
		message.attributes.length,
		wire.classifyPacket(bytes),
		wire.verifyIntegrity(message, STUN_KEY),
		wire.verifyIntegritySha256(message, STUN_KEY),
		wire.verifyFingerprint(message),
		wire.networkStatusOf(message),
		wire.attributeOf(message, "errorCode"),
	];
}

function rewritten(bytes: Uint8Array): Uint8Array {
	const copy = bytes.slice();
	wire.rewriteNetworkStatus(copy, { congested: true, upKbps: 1000, downKbps: 0 });
	return copy;
}

function packetChangeTargets(): readonly FuzzTarget[] {
	const addresses = {
		4: { source: "192.0.2.1", destination: "198.51.100.2" },
		6: { source: "2001:db8::1", destination: "2001:db8::2" },
	} as const;
	const targets: FuzzTarget[] = [];
	for (const family of [4, 6] as const) {
		const ends = addresses[family];
		const fields = { family, ...ends, sourcePort: 40_000, destinationPort: 443 };
		const payload = new Uint8Array(12).fill(0x40);
		const segments: readonly (readonly [protocol: number, segment: Uint8Array])[] = [
			[wire.IP_PROTOCOL.udp, wire.encodeUdp(fields, payload)],
			[wire.IP_PROTOCOL.udpLite, wire.encodeUdpLite({ ...fields, coverage: 8 }, payload)],
			[wire.IP_PROTOCOL.tcp, wire.encodeTcp({ ...fields, ...SYN }, payload)],
			[wire.IP_PROTOCOL.dccp, wire.encodeDccp({ ...fields, type: 0, sequence: 1 }, payload)],
			[wire.IP_PROTOCOL.sctp, wire.encodeSctp({ ...fields, verificationTag: 0 }, [])],
		];
		for (const [protocol, segment] of segments) {
			const sent =
				family === 4
					? wire.encodeIpv4({ ttl: 9, protocol, ...ends }, segment)
					: wire.encodeIpv6({ hopLimit: 9, protocol, ...ends }, segment);
			const name = `packetChanges ${family} ${protocol}`;
			targets.push({ name, decode: (bytes) => wire.packetChanges(sent, bytes, family) });
		}
	}
	return targets;
}

/** The seeds that a target answers with a value: changes of these reach its depths. */
export function seedsFor(target: FuzzTarget): readonly Uint8Array[] {
	return fuzzSeeds().filter((seed) => !wire.isDecodeError(target.decode(seed)));
}

/** Well-formed inputs to change at random, one or more a decoder: most random bytes do not get far. */
export function fuzzSeeds(): readonly Uint8Array[] {
	const hello = wire.encodeClientHello(
		wire.quicClientHello({
			random: new Uint8Array(32),
			serverName: "example.com",
			keyShare: new Uint8Array(32),
			transportParameters: [wire.quicTransportParameter("initialMaxData", 1)],
		}),
	);
	const frames = [wire.quicFrame("crypto", { offset: 0, data: hello }), wire.quicFrame("ping", null)];
	const initial = { version: wire.QUIC_V1, dcid: DCID, scid: DCID, packetNumber: 0, frames };
	const ack = wire.quicFrame("ackEcn", {
		delay: 1,
		ranges: [
			{ smallest: 8, largest: 9 },
			{ smallest: 1, largest: 3 },
		],
		ecn: { ect0: 1, ect1: 2, ce: 3 },
	});
	const init = wire.sctpChunk("init", {
		initiateTag: 1,
		receiverWindow: 2,
		outboundStreams: 3,
		inboundStreams: 4,
		initialTsn: 5,
		parameters: [{ name: "ipv4Address", type: 5, value: "192.0.2.1" }],
	});
	const udp = { family: 4, source: "192.0.2.1", destination: "192.0.2.2", sourcePort: 1, destinationPort: 2 } as const;
	const packet = wire.encodeIpv4({ ttl: 1, protocol: 6, ...udp }, wire.encodeTcp({ ...udp, ...SYN }, DCID));
	const at6 = { source: "2001:db8::1", destination: "2001:db8::2" };
	const hopByHop = { type: 0, bytes: Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0) };
	const udp6 = wire.encodeUdp({ ...udp, family: 6, ...at6 }, DCID);
	const packet6 = wire.encodeIpv6({ hopLimit: 1, protocol: 17, ...at6, extensionHeaders: [hopByHop] }, udp6);
	const extensions = [
		wire.icmpExtension({ kind: "mpls", labels: [{ label: 16, trafficClass: 0, bottom: true, ttl: 1 }] }),
		wire.icmpExtension({
			kind: "interface",
			role: "incoming",
			index: 1,
			address: "192.0.2.1",
			name: "eth0",
			mtu: 1500,
		}),
	];
	const retry = { version: wire.QUIC_V1, dcid: DCID, scid: DCID, token: DCID, originalDcid: DCID };
	return [
		hello,
		wire.encodeRtp({ payloadType: 0, sequence: 1, timestamp: 2, ssrc: 3, csrcs: [4], padding: 4, payload: DCID }),
		wire.encodeServerHello(SERVER_HELLO),
		wire.encodeExtensions(extensions),
		packet6,
		wire.encodeIcmpError(6, { type: 3, code: 0, quoted: packet6, extensions, ...at6 }),
		wire.encodeIpv4({ ttl: 1, protocol: 17, ...udp, options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) }, udp6),
		Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0),
		wire.encodeQuicRetry(retry, testCrypto),
		wire.encodeQuicVersionNegotiation({ dcid: DCID, scid: DCID, versions: [wire.QUIC_V2] }),
		wire.encodeQuicTransportParameters([wire.quicTransportParameter("initialMaxData", 2n ** 60n)]),
		wire.encodeTcpOptions(SYN.options),
		wire.encodeServerInitial(initial, testCrypto),
		wire.encodeQuicFrames([ack, ...frames]),
		wire.encodeSctp({ ...udp, verificationTag: 0 }, [init]),
		wire.encodeDccp({ ...udp, type: wire.DCCP_TYPES.response, sequence: 1 }, DCID),
		packet,
		packet.subarray(20),
		wire.encodeUdpLite(udp, DCID),
		wire.encodeIcmpError(4, { type: 11, code: 0, quoted: packet }),
		wire.encodeDns(DNS_ANSWER),
		wire.encodeStun(STUN_REQUEST),
		wire.encodeStun({ ...STUN_REQUEST, transactionId: new Uint8Array(16), attributes: [] }),
		wire.encodeChannelData({ channel: 0x4001, data: DCID }, "stream"),
		wire.encodeUtf8(SDP_OFFER),
		Uint8Array.from([...wire.encodePcapngSection(), ...wire.encodePcapngPacket({ timestampNs: 1n, packet })]),
	];
}

const SERVER_HELLO: wire.ServerHello = {
	legacyVersion: wire.TLS_VERSION.tls12,
	random: new Uint8Array(32),
	legacySessionIdEcho: DCID,
	cipherSuite: wire.TLS_CIPHER_SUITES.TLS_AES_128_GCM_SHA256,
	legacyCompressionMethod: 0,
	extensions: [
		{ name: "supportedVersions", type: 43, value: wire.TLS_VERSION.tls13 },
		{ name: "keyShare", type: 51, value: { group: wire.TLS_GROUPS.x25519, key: new Uint8Array(32) } },
	],
};

const STUN_REQUEST: wire.StunFields = {
	class: "request",
	method: "binding",
	transactionId: new Uint8Array(12),
	attributes: [
		{ name: "username", value: "a:b" },
		{ name: "xorMappedAddress", value: { address: "192.0.2.1", port: 1 } },
		{ name: "errorCode", value: { code: 420, reason: "" } },
		{ name: "passwordAlgorithms", value: [{ algorithm: "sha256", parameters: new Uint8Array(0) }] },
		{ name: "messageIntegrity", key: STUN_KEY },
		{ name: "messageIntegritySha256", key: STUN_KEY },
		{ name: "networkStatus", value: { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 } },
		{ name: "fingerprint" },
	],
};

const SDP_OFFER = `a=ice-pacing:5\r\na=ice-options:ice2 trickle\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r
a=mid:0\r\na=fingerprint:sha-256 AB:CD\r\na=remote-candidates:1 192.0.2.1 9\r
a=candidate:1 1 UDP 100 198.51.100.7 50000 typ srflx raddr 0.0.0.0 rport 0 ufrag abcd\r\na=end-of-candidates\r
a=alt:1 0.8 : user pass 10.0.1.1 1010 10.0.1.1 1012\r\na=alt:2 0.45 3 u p 2001:db8::1 9\r
a=curr:conn e2e send\r\na=des:conn mandatory e2e sendrecv\r\na=conf:conn e2e recv\r\n`;

const DNS_ANSWER: wire.DnsFields = {
	id: 1,
	questions: [{ name: "example.com.", type: 1, class: 1 }],
	answers: [
		wire.dnsData("A", { address: "192.0.2.1" }),
		wire.dnsData("NSEC", { next: "a.example.com.", types: [1, 2, 46, 257] }),
		wire.dnsData("HTTPS", {
			priority: 1,
			target: ".",
			parameters: [{ name: "alpn", type: 1, value: ["h3"] }],
		}),
		wire.dnsData("TXT", { strings: [DCID] }),
	].map((data) => ({ name: "example.com.", class: 1, ttl: 60, data })),
	edns: { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [] },
};

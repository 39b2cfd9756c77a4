/** Contexts and answers for tests of methods: whole packets through the same decoding as real ones. */
import { encodeIcmpError, encodeIpv4, encodeIpv6, IP_PROTOCOL } from "@whither/wire";
import { testCrypto } from "../../../../wire/src/crypto.fixture.ts";
import { ipPacket, replyFromPacket } from "../capture/packets.ts";
import type { Family, ProbePacket, Reply } from "../channel.ts";
import type { ProbeContext, ProbeRequest, TraceMethod } from "../method.ts";

export const SOURCE = { 4: "192.0.2.1", 6: "2001:db8::1" } as const;
export const TARGET = { 4: "203.0.113.7", 6: "2001:db8:7::7" } as const;
export const ROUTER = { 4: "198.51.100.9", 6: "2001:db8:9::9" } as const;
export const FAMILIES = [4, 6] as const;
export const SOURCE_PORT = 50_000;
export const KEY = 0xdecafbad;
export const ICMP = { 4: IP_PROTOCOL.icmp, 6: IP_PROTOCOL.icmpv6 } as const;
/** IP header. */
export const HEADER = { 4: 20, 6: 40 } as const;
/** Time Exceeded; the target does not know the protocol; nobody listens on the port. */
export const TIME_EXCEEDED = { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } } as const;
export const UNKNOWN_PROTOCOL = { 4: { type: 3, code: 2 }, 6: { type: 4, code: 1 } } as const;
export const PORT_UNREACHABLE = { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } } as const;

/** On raw sockets unless told, with the method's own length and port. */
export function contextOf(method: TraceMethod, family: Family, changes: Partial<ProbeContext> = {}): ProbeContext {
	const context: ProbeContext = {
		family,
		channel: "raw",
		transport: "ip",
		source: SOURCE[family],
		target: TARGET[family],
		sourcePorts: method.defaultPort === null ? [] : [SOURCE_PORT],
		port: method.defaultPort ?? 0,
		key: KEY,
		length: method.defaultLength[family],
		targetName: TARGET[family],
		secret: new Uint8Array(32),
		crypto: testCrypto,
		options: {},
		sessions: [],
		tos: 0,
		looseMatch: false,
		queries: 3,
		...changes,
	};
	const least = changes.length === undefined ? (method.leastLength?.(context) ?? 0) : 0;
	return { ...context, length: Math.max(context.length, least) };
}

export function bytesOf(method: TraceMethod, context: ProbeContext, request: Partial<ProbeRequest> = {}): Uint8Array {
	return method.probe(context, { ttl: 1, sequence: 0, flow: 0, ...request }).bytes;
}

/** What a router or the target says about a probe; `quoteBytes` are counted behind the quoted IP header. */
export interface ErrorAbout {
	readonly request?: Partial<ProbeRequest>;
	readonly icmp?: Readonly<Record<Family, { readonly type: number; readonly code: number }>>;
	readonly from?: string;
	readonly quoteBytes?: number;
}

export function errorReply(method: TraceMethod, context: ProbeContext, about: ErrorAbout = {}): Reply {
	return errorAbout(context, method.probe(context, { ttl: 5, sequence: 0, flow: 0, ...about.request }), about);
}

/** The same about a packet that may have been changed on the way. */
export function errorAbout(context: ProbeContext, packet: ProbePacket, about: Omit<ErrorAbout, "request"> = {}): Reply {
	const { family, source, target } = context;
	const { icmp = TIME_EXCEEDED, from = ROUTER[family], quoteBytes = 1200 } = about;
	const frame = { family, source, target, tos: 0, flowLabel: 0, dontFragment: false };
	const quoted = ipPacket(frame, { sequence: 0, ttl: 1, packet }).subarray(0, HEADER[family] + quoteBytes);
	const error = encodeIcmpError(family, { ...icmp[family], quoted, source: from, destination: source });
	return arrived(context, ICMP[family], error, from);
}

/** A packet of any protocol that came back to us. */
export function arrived(context: ProbeContext, protocol: number, payload: Uint8Array, from = context.target): Reply {
	const { family, source: destination } = context;
	const bytes =
		family === 4
			? encodeIpv4({ ttl: 60, protocol, source: from, destination }, payload)
			: encodeIpv6({ hopLimit: 60, protocol, source: from, destination }, payload);
	const reply = replyFromPacket(bytes, { at: 1, stamp: "kernel" });
	if (reply === null) throw new Error("no reply");
	return reply;
}

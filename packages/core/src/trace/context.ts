/** The constant part of a trace's probes, made from its orders and the channel that was opened for it. */
import type { CryptoPort } from "@whither/wire";
import type { ChannelKind, ChannelNeed } from "./channel.ts";
import { channelFacts } from "./channel-order.ts";
import type { ProbeContext, TraceMethod } from "./method.ts";
import type { TraceOptions } from "./options.ts";

/** What a context is made of beside the orders. */
export interface ContextParts {
	readonly method: TraceMethod;
	readonly need: ChannelNeed;
	readonly channel: {
		readonly kind: ChannelKind;
		readonly source: string;
		readonly sourcePorts: readonly number[];
		/** Bytes that the link towards the target takes; null or absent: unknown. */
		readonly mtu?: number | null;
	};
	/** 32 bits that nobody can guess. */
	readonly key: number;
	/** 32 bytes that nobody can guess. */
	readonly secret: Uint8Array;
	readonly crypto: CryptoPort;
}

/** What every probe of a trace is built from. */
export function probeContext(
	options: TraceOptions,
	{ method, need, channel, key, secret, crypto }: ContextParts,
): ProbeContext {
	const { family, target } = options;
	const context = {
		family,
		channel: channel.kind,
		transport: need.transport,
		source: channel.source,
		target,
		sourcePorts: channel.sourcePorts,
		port: channelFacts(method, options).port,
		key: channel.kind === "borrowed" ? mediaKey(key) : key,
		length: packetLength(options, method),
		targetName: options.targetName,
		secret,
		crypto,
		options: options.methodOptions,
		sessions: [],
		tos: options.tos,
		looseMatch: options.looseMatch,
		queries: options.queries,
		...(options.interface === null && options.fwmark === null ? {} : { kernelStrays: true as const }),
		...(typeof channel.mtu === "number" ? { linkMtu: channel.mtu } : {}),
	};
	const least = method.leastLength?.(context) ?? 0;
	return least <= context.length ? context : { ...context, length: least };
}

/** First bytes that begin nothing which travels beside media, so that its receiver drops them: from, and how many. */
const UNUSED_FIRST_BYTES = { first: 4, count: 12 } as const;

/** A key whose first byte, where a probe begins with it, is none of STUN's, DTLS's or RTP's (RFC 7983 section 7). */
function mediaKey(key: number): number {
	const { first, count } = UNUSED_FIRST_BYTES;
	return (((first + ((key >>> 24) % count)) << 24) | (key & 0x00_ff_ff_ff)) >>> 0;
}

function packetLength({ family, length }: TraceOptions, method: TraceMethod): number {
	const asked = method.fixedLength === true ? null : length;
	return Math.max(asked ?? method.defaultLength[family], method.minimumLength[family]);
}

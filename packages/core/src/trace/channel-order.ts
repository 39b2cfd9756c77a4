/** What a trace orders of its channel: which kind, best first, and the facts that it is opened with. */
import type { ChannelNeed, Family } from "./channel.ts";
import type { TraceMethod } from "./method.ts";
import type { TraceOptions } from "./options.ts";

/** Source ports that a channel holds for probes with a port each; beyond so many, ports are used again. */
export const PORTS_MOST = 512;

/** What a channel is opened with, whatever its kind. */
export interface ChannelFacts {
	readonly family: Family;
	/** Numeric address. */
	readonly target: string;
	/** Destination port, for probes, the kernel's route look-up and filters; 0 where the protocol has none. */
	readonly port: number;
	/** Null: the kernel's choice, as for the next two. */
	readonly source: string | null;
	readonly interface: string | null;
	readonly sourcePort: number | null;
	/** The whole TOS or traffic-class byte. */
	readonly tos: number;
	/** IPv6 flow label, 20 bits; 0: the kernel's own. */
	readonly flowLabel: number;
	readonly dontFragment: boolean;
	readonly bypassRouting: boolean;
	/** Numeric addresses that packets are to pass, in order. */
	readonly gateways: readonly string[];
	/** Errors about packets to whatever address are heard: a NAT may have changed it. */
	readonly looseMatch: boolean;
	/** Replies are to carry the whole packet they came in. */
	readonly capture: boolean;
	readonly fwmark: number | null;
	/** How many source ports to hold where every probe has its own. */
	readonly portCount: number;
	/** How many connections a `session` channel opens. */
	readonly connections: number;
}

/** What a method asks of a channel under these orders, best first. */
export function channelNeeds(method: TraceMethod, { methodOptions }: TraceOptions): readonly ChannelNeed[] {
	return method.needs?.(methodOptions) ?? method.channels;
}

/**
 * The channels to try, in order. A loose match wants captured ICMP: the kernel hands an error queue only what it finds
 * to be the socket's own. `borrowed` is tried only where the orders name it, for somebody must have lent the socket.
 */
export function channelOrder(method: TraceMethod, options: TraceOptions): readonly ChannelNeed[] {
	const { channels, looseMatch } = options;
	const all = channelNeeds(method, options);
	const needs = looseMatch ? all.filter(({ kind }) => kind !== "errorQueue" && kind !== "borrowed") : all;
	if (channels === null) return needs.filter(({ kind }) => kind !== "borrowed");
	return channels.flatMap((kind) => needs.filter((need) => need.kind === kind));
}

/** Where the path MTU is asked for, a packet that is cut up on the way tells nothing. */
export function forbidsFragmenting({ dontFragment, pathMtu }: TraceOptions): boolean {
	return dontFragment || pathMtu;
}

/** What a channel of whichever kind is opened with under these orders. */
export function channelFacts(method: TraceMethod, options: TraceOptions): ChannelFacts {
	const { family, target, source, sourcePort, tos, flowLabel, bypassRouting, fwmark } = options;
	const { gateways, looseMatch, capture } = options;
	return {
		family,
		target,
		port: options.port ?? method.defaultPort ?? 0,
		source,
		interface: options.interface,
		sourcePort,
		tos,
		flowLabel,
		dontFragment: forbidsFragmenting(options),
		bypassRouting,
		gateways,
		looseMatch,
		capture,
		fwmark,
		portCount: Math.min(PORTS_MOST, (options.maxTtl - options.firstTtl + 1) * options.queries),
		connections: method.connections?.(options.methodOptions) ?? 1,
	};
}

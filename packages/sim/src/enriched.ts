/**
 * A router with enriched ICMP: it answers STUN requests that end at it by Time Exceeded with a STUN response in it, and
 * writes into the NETWORK-STATUS of those that it forwards.
 */
import {
	AnswerCap,
	type Instant,
	judgePassage,
	type NodeInterface,
	type NodeVerdict,
	readPassage,
} from "@whither/core";
import type { ForwardVerdict } from "./forwarding.ts";
import type { SimNode } from "./node.ts";
import { type IpPacket, readPacket } from "./packet.ts";
import type { EnrichedSpec } from "./stun-spec.ts";
import { interfaceName, type Routes } from "./topology.ts";

/** Whether a packet goes on, as which, or what is sent to its source instead. */
export type Enrichment =
	| { readonly type: "pass"; readonly packet: IpPacket }
	| { readonly type: "answer"; readonly answer: Uint8Array };

/** The enriched routers of one internet; each remembers whom it has answered how often. */
export class EnrichedNodes {
	readonly #from: string;
	readonly #routes: Routes;
	readonly #caps = new Map<SimNode, AnswerCap>();

	/** `from`: the tracing host; packets that come from its side are on their way up. */
	constructor(from: string, routes: Routes) {
		this.#from = from;
		this.#routes = routes;
	}

	/** What a router does with a packet that it would forward, or whose TTL ran out. */
	enrich(node: SimNode, packet: IpPacket, forwarding: ForwardVerdict, place: Place): Enrichment {
		const verdict = this.#judge(node, packet, forwarding, place);
		if (verdict?.type === "answer") return verdict;
		const written = verdict?.type === "rewrite" ? readPacket(verdict.packet) : null;
		return { type: "pass", packet: written ?? packet };
	}

	/** Null: the router is a plain one, or the packet is none of its business. */
	#judge(node: SimNode, packet: IpPacket, forwarding: ForwardVerdict, { inLink, at }: Place): NodeVerdict | null {
		const spec = node.router?.enriched;
		if (spec === undefined) return null;
		const input = interfaceOf(node, inLink);
		if (input === null) return null;
		const { family, bytes } = packet;
		const isWhole = packet.fragmentOffset === 0;
		const passage = readPassage({ family, bytes, isWhole, checksumReady: true, isUnrouted: true });
		if (passage === null) return null;
		const isExpired = forwarding.type === "error" && forwarding.cause.what === "timeExceeded";
		const output = forwarding.type === "forward" ? interfaceOf(node, forwarding.link) : null;
		const isForwarded = forwarding.type === "forward" || isExpired;
		const status = this.#status(node, spec, inLink);
		return judgePassage(passage, { isForwarded, input, output, status }, this.#capOf(node), at);
	}

	/** "Up" is the way that the packet travels. */
	#status({ name }: SimNode, { upKbps, downKbps, congested }: EnrichedSpec, inLink: number) {
		const isUp = this.#routes.get(name)?.get(this.#from)?.includes(inLink) === true;
		const rates = isUp ? { upKbps, downKbps } : { upKbps: downKbps, downKbps: upKbps };
		return { congested: congested === true, ...rates };
	}

	#capOf(node: SimNode): AnswerCap {
		const cap = this.#caps.get(node) ?? new AnswerCap();
		this.#caps.set(node, cap);
		return cap;
	}
}

/** Where a packet came in, and when. */
interface Place {
	readonly inLink: number;
	readonly at: Instant;
}

/** As in RFC 5837 objects, indexes start at 1. */
function interfaceOf(node: SimNode, link: number): NodeInterface | null {
	const place = node.interfaces.get(link);
	if (place === undefined) return null;
	return { index: link + 1, name: interfaceName(link), address: place.address, mtu: place.mtu };
}

/**
 * A call of the first draft of ICE (draft-rosenberg-sipping-ice-01) as data: what stands between two people, which servers
 * they know, and what has to come of it. The simulated internet plays it, and the lab builds the same one of real kernels.
 */
import type { FirstDraftQvalues } from "@whither/core";
import type { LinkSpec, NodeSpec, Scenario } from "../scenario.ts";

/** One of the two: the caller (`a`) makes the first offer. */
export type CallSide = "a" | "b";

/** Who is at the other end. */
export function otherSide(side: CallSide): CallSide {
	return side === "a" ? "b" : "a";
}

/**
 * What a transport address is in a call, whatever its port. `local`: a socket. `stun`: that as a STUN server sees it. `relay`: a
 * relay's public address. `insideRelay`: the same relay at its address inside. `peer`: that socket as the other end sees it, and
 * no server does. `relayServer`: where a client sends its data to the server for its relay to send on. `gateway`: of one
 * without ICE.
 */
export type CallPlace =
	| `${CallSide}.${"local" | "stun" | "relay" | "insideRelay" | "peer"}`
	| "relayServer"
	| "b.gateway";

/** Somebody with an agent, on a node of the scenario. */
export interface CallEndSpec {
	readonly node: string;
	/** Of his socket for RTP; that for RTCP, if there is one, has the next. */
	readonly port: number;
	/** Where they are not those of the draft's examples. */
	readonly qvalues?: Partial<FirstDraftQvalues>;
}

/** Somebody who has never heard of ICE: one address, to which media goes and from which it comes. */
export interface CallGatewaySpec {
	readonly node: string;
	readonly port: number;
}

/** The server that both know: STUN of RFC 3489, and an early relay. */
export interface CallServerSpec {
	readonly node: string;
	readonly stunPort: number;
	readonly relayPort: number;
	/** Where relays are reached, as Allocate's answer tells it: the public address first. */
	readonly relayedAt: readonly [string, ...string[]];
	/** First and last port of relays. */
	readonly relayPorts: readonly [number, number];
}

/** An alternative that an end tells, over all cycles. */
export interface ExpectedAlternative {
	readonly at: CallPlace;
	readonly q: number;
	/** The alternative of the other end that it was learned from. */
	readonly from?: CallPlace;
	/** The offer or answer that it is told in first: 1, or of a further cycle. */
	readonly cycle?: number;
}

/** What an end's check of one alternative of the other's comes to. */
export type ExpectedCheck = {
	readonly of: CallPlace;
} & (
	| { readonly succeeds: false }
	/** As whom the other end saw it; `learns`: which is an address of ours that nobody knew, with this q. */
	| { readonly succeeds: true; readonly mapped: CallPlace; readonly learns?: number }
);

/** What has to come of it at one end. */
export interface ExpectedEnd {
	readonly tells: readonly ExpectedAlternative[];
	readonly checks: readonly ExpectedCheck[];
	/** Where media goes in the end. */
	readonly sendsTo: CallPlace;
	/** Whether its relay must stay, for it carries the call; else it is given back. */
	readonly keepsRelay: boolean;
}

/** A use case of the draft. */
export interface CallScenario extends Pick<Scenario, "name" | "about" | "nodes" | "links" | "lab"> {
	/** Section of the draft, such as "9.1.1". */
	readonly section: string;
	/** Its figures there, where their numbers are known. */
	readonly figures?: string;
	readonly server: CallServerSpec;
	readonly a: CallEndSpec;
	readonly b: CallEndSpec | (CallGatewaySpec & { readonly ice: false });
	/** Nodes that a ladder shows, from left to right; the others only pass packets on. */
	readonly ladder: readonly (readonly [node: string, title: string])[];
	readonly expect: {
		/** Exchanges of offer and answer; 0: the answer said nothing of ICE. */
		readonly cycles: number;
		readonly a: ExpectedEnd;
		/** Absent: there is no agent. */
		readonly b?: ExpectedEnd;
	};
}

/** How a call is played. */
export interface CallConditions {
	readonly seed: number;
	/** Share of the packets that each end's own link loses, either way. Default 0. */
	readonly loss?: number;
	/** Of each link, one way. Default 0. */
	readonly delayMs?: number;
}

/** The world of a call, for whatever builds scenarios. */
export function callWorld(call: CallScenario, { seed, loss = 0, delayMs = 0 }: CallConditions): Scenario {
	const { name, about, nodes, lab } = call;
	const ends = [call.a.node, call.b.node];
	const links = call.links.map((link): LinkSpec => {
		const isLossy = loss > 0 && link.between.some((node) => ends.includes(node));
		return { ...link, ...(delayMs > 0 && { delayMs }), ...(isLossy && { loss }) };
	});
	const expect = { reached: true, stopReason: "reached", hops: [] } as const;
	return { name, about, seed, nodes, links, trace: { from: call.a.node, to: call.b.node }, lab, expect };
}

/** A host that is known by an address of the draft's figures. */
export function host(address: string): NodeSpec {
	return { kind: "host", addresses: [address] };
}

/** The best way between two, worked out from the kinds of their boxes alone. */

import type { Family } from "@whither/core";
import { isSameEndpoint } from "@whither/wire";
import type { Endpoint } from "../program.ts";
import { Region } from "./regions.ts";
import type { SessionSpec, Side } from "./session-spec.ts";

/** Without a relay, by one, or not at all. */
export type Way = "direct" | "relay" | "none";

const ORDER: readonly Way[] = ["none", "relay", "direct"];

/** The best of all families. */
export function bestWay(spec: SessionSpec): Way {
	const ways = spec.families.map((family) => bestWayIn(spec, family));
	return ways.reduce((best, way) => (ORDER.indexOf(way) > ORDER.indexOf(best) ? way : best), "none");
}

const SERVER: Endpoint = { address: "srv", port: 3478 };
const PORT = 40_000;
/** Each round may teach addresses that the next one tries; nothing is learned after this many. */
const ROUNDS = 8;

/** The same in one family: each end tries every address that it knows or learns, again and again, as ICE would with unlimited time. */
export function bestWayIn(spec: SessionSpec, family: Family): Way {
	const world = new Region("world", null);
	const isServed = spec.server !== "dead";
	const [a, b] = ends(spec, family, world);
	const reached = new Set<End>();
	world.host(SERVER.address, ({ from }) => {
		for (const end of [a, b]) if (end.asksNow) end.mapped = from;
	});
	if (isServed) for (const end of [a, b]) end.askServer();
	for (const [end, other] of [
		[a, b],
		[b, a],
	] as const) {
		end.known.push(other.at, ...(other.mapped === null ? [] : [other.mapped]));
	}
	for (let round = 0; round < ROUNDS; round++) for (const end of [a, b]) if (end.tryAll()) reached.add(end);
	if (reached.size === 2) return "direct";
	return spec.relay && isServed && a.mapped !== null && b.mapped !== null ? "relay" : "none";
}

function ends(spec: SessionSpec, family: Family, world: Region): readonly [End, End] {
	const { place, a, b } = spec;
	const carrierA = a.carrier === null ? world : new Region("carrierA", world, a.carrier[family], { family });
	const isIsolated = place === "oneHomeIsolated";
	const homeA = new Region("homeA", carrierA, a.home[family], { family, isIsolated });
	if (place === "oneHome" || isIsolated) return pairOf(homeA, homeA);
	const own = b.carrier === null ? world : new Region("carrierB", world, b.carrier[family], { family });
	const outsideB = place === "oneCarrier" ? carrierA : own;
	return pairOf(homeA, new Region("homeB", outsideB, b.home[family], { family }));
}

function pairOf(regionA: Region, regionB: Region): readonly [End, End] {
	return [new End("a", regionA), new End("b", regionB)];
}

/** One of the two: what it knows of the other, and what comes of a question. */
class End {
	readonly at: Endpoint;
	/** Where the other may be. */
	readonly known: Endpoint[] = [];
	mapped: Endpoint | null = null;
	asksNow = false;
	readonly #region: Region;
	/** Whom it is asking now, and whether an answer has come from there. */
	#asks: Endpoint | null = null;
	#isAnswered = false;

	constructor(name: Side, region: Region) {
		this.at = { address: `host ${name}`, port: PORT };
		this.#region = region;
		region.host(this.at.address, ({ from }) => this.#hear(from));
	}

	askServer(): void {
		this.asksNow = true;
		this.#region.send({ from: this.at, to: SERVER });
		this.asksNow = false;
	}

	/** Asks everywhere; whether anything that was asked has answered. */
	tryAll(): boolean {
		let isReached = false;
		for (const to of [...this.known]) {
			this.#asks = to;
			this.#isAnswered = false;
			this.#region.send({ from: this.at, to });
			isReached ||= this.#isAnswered;
		}
		this.#asks = null;
		return isReached;
	}

	/** A question, which is answered to where it came from and remembered; or the answer to one of its own (RFC 8445 §7.2.5.2.1). */
	#hear(from: Endpoint): void {
		if (this.#asks !== null) {
			this.#isAnswered ||= isSameEndpoint(from, this.#asks);
			return;
		}
		if (!this.known.some((known) => isSameEndpoint(known, from))) this.known.push(from);
		this.#region.send({ from: this.at, to: from });
	}
}

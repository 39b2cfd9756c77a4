/** An ICE session as plain data: who meets, through what, and what happens to them. */
import type { Family } from "@whither/core";
import { Random } from "../random.ts";
import { type Box, drawBox, drawNat, formatBox, OPEN } from "./box.ts";

/** A router in each family. */
export type Boxes = Readonly<Record<Family, Box>>;

/** Where one of the two is. */
export interface Site {
	readonly home: Boxes;
	/** A carrier's NAT beyond that of the home; null: there is none. */
	readonly carrier: Boxes | null;
	/** The network that he moves to, with a router of its own. */
	readonly elsewhere: Boxes;
}

/** All that a simulated session is made from. */
export interface SessionSpec {
	/** Seed of everything that is drawn in it. */
	readonly seed: number;
	readonly families: readonly Family[];
	/**
	 * `apart`: nothing in common. `oneCarrier`: two homes behind the carrier of `a`. `oneHome`: both in the home of `a`;
	 * `oneHomeIsolated`: likewise, and the network lets nobody reach his neighbour.
	 */
	readonly place: "apart" | "oneCarrier" | "oneHome" | "oneHomeIsolated";
	readonly a: Site;
	readonly b: Site;
	/** Of each link, one way. */
	readonly delayMs: number;
	/** Of each link, one way; 0 to 1. */
	readonly loss: number;
	/** Packets that others overtake, and those that come twice, likewise. */
	readonly reorder: number;
	readonly duplicate: number;
	/** Ta of each, in milliseconds. */
	readonly pacingMs: readonly [number, number];
	/** How long signalling takes. */
	readonly signallingMs: number;
	/** Whether both have a relay. */
	readonly relay: boolean;
	/** `dead`: it answers nothing from the start. `lost`: it is gone once both are connected. */
	readonly server: "alive" | "dead" | "lost";
	/** Whether both believe to have the same role at first. */
	readonly roles: "right" | "bothControlling" | "bothControlled";
	/** Who has another address, in another network, once both are connected; several times, in this order. */
	readonly moves: readonly ("a" | "b" | "both")[];
	/** How it ends: one is gone without a word, or both close. */
	readonly end: "vanishes" | "closes";
}

/** The two participants. */
export type Side = "a" | "b";

function drawBoxes(random: Random, draw: (random: Random) => Box): Boxes {
	return { 4: draw(random), 6: draw(random) };
}

function drawSite(random: Random): Site {
	const home = drawBoxes(random, drawBox);
	const carrier = random.chance(0.2) ? drawBoxes(random, (own) => (own.chance(0.75) ? drawNat(own) : OPEN)) : null;
	return { home, carrier, elsewhere: drawBoxes(random, drawBox) };
}

function choice<Item>(random: Random, items: readonly (readonly [number, Item])[]): Item {
	let rest = random.fraction();
	for (const [share, item] of items) {
		rest -= share;
		if (rest < 0) return item;
	}
	const last = items.at(-1);
	if (last === undefined) throw new RangeError("nothing to choose from");
	return last[1];
}

/** Links that a packet passes one way, more or less; the loss of a round trip is up to a fifth. */
const LINKS_THERE_AND_BACK = 8;

/** The session with this number. */
export function drawSession(number: number): SessionSpec {
	const random = new Random(number);
	const [a, b] = [drawSite(random), drawSite(random)];
	const place = choice(random, [
		[0.6, "apart" as const],
		[0.16, "oneCarrier" as const],
		[0.08, "oneHome" as const],
		[0.16, "oneHomeIsolated" as const],
	]);
	const pacing = () => [5, 20, 50][random.below(3)] ?? 50;
	return {
		seed: number,
		families: choice<readonly Family[]>(random, [
			[0.35, [4]],
			[0.35, [6]],
			[0.3, [4, 6]],
		]),
		place,
		a: place === "oneCarrier" && a.carrier === null ? { ...a, carrier: drawBoxes(random, drawNat) } : a,
		b,
		delayMs: [0, 1, 5, 20, 50][random.below(5)] ?? 0,
		loss: random.chance(0.4) ? 0 : 1 - (1 - 0.2 * random.fraction()) ** (1 / LINKS_THERE_AND_BACK),
		reorder: random.chance(0.5) ? 0 : random.fraction() * 0.1,
		duplicate: random.chance(0.6) ? 0 : random.fraction() * 0.05,
		pacingMs: [pacing(), pacing()],
		signallingMs: random.below(200),
		relay: !random.chance(0.2),
		server: choice(random, [
			[0.88, "alive" as const],
			[0.06, "dead" as const],
			[0.06, "lost" as const],
		]),
		roles: choice(random, [
			[0.84, "right" as const],
			[0.08, "bothControlling" as const],
			[0.08, "bothControlled" as const],
		]),
		moves: choice<SessionSpec["moves"]>(random, [
			[0.72, []],
			[0.09, ["a"]],
			[0.09, ["b"]],
			[0.05, ["both"]],
			[0.05, ["a", "b"]],
		]),
		end: choice(random, [
			[0.3, "vanishes" as const],
			[0.7, "closes" as const],
		]),
	};
}

/** The same session once somebody has moved: he has nothing in common with the other any more. */
export function movedSpec(spec: SessionSpec, who: "a" | "b" | "both"): SessionSpec {
	const go = (site: Site, home: Site): Site => ({ home: site.elsewhere, carrier: null, elsewhere: home.home });
	const isOneHome = spec.place === "oneHome" || spec.place === "oneHomeIsolated";
	// Who stays in a home that was not his own goes on behind its routers.
	const b = isOneHome
		? { ...spec.a, elsewhere: spec.b.elsewhere }
		: { ...spec.b, carrier: spec.place === "oneCarrier" ? spec.a.carrier : spec.b.carrier };
	const [movesA, movesB] = [who !== "b", who !== "a"];
	return {
		...spec,
		place: "apart",
		a: movesA ? go(spec.a, spec.a) : spec.a,
		b: movesB ? go(b, b) : b,
		moves: [],
	};
}

/** A session in a few lines. */
export function formatSession(spec: SessionSpec): string {
	const { families, place, delayMs, loss, reorder, duplicate, pacingMs, signallingMs } = spec;
	const share = (value: number) => `${(100 * value).toFixed(1)} %`;
	const boxes = (each: Boxes) => families.map((family) => `IPv${family} ${formatBox(each[family])}`).join("; ");
	const site = ({ home, carrier }: Site) => boxes(home) + (carrier === null ? "" : ` | carrier: ${boxes(carrier)}`);
	const faults = `loss ${share(loss)} a link, reordered ${share(reorder)}, doubled ${share(duplicate)}`;
	const happens = `server ${spec.server}, roles ${spec.roles}, moves ${spec.moves.join(", ") || "none"}, ${spec.end}`;
	return [
		`${families.map((family) => `IPv${family}`).join(" and ")}, ${place}, ${delayMs} ms a link, ${faults}`,
		`Ta ${pacingMs.join(" and ")} ms, signalling ${signallingMs} ms, relay ${spec.relay}, ${happens}`,
		`a: ${site(spec.a)}`,
		`b: ${site(spec.b)}`,
		...(spec.moves.length === 0 ? [] : [`elsewhere: a: ${boxes(spec.a.elsewhere)}, b: ${boxes(spec.b.elsewhere)}`]),
	].join("\n");
}

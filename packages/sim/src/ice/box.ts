/** What stands between people and the rest of the world, as plain data: every kind of RFC 4787, firewalls, and none. */
import type { Dependence } from "@whither/core";
import type { Hairpinning } from "../nat-spec.ts";
import type { Random } from "../random.ts";
import type { RouterSpec } from "../scenario.ts";

/** A router's way with packets of one family. */
export type Box =
	| { readonly kind: "open" }
	| {
			readonly kind: "nat";
			readonly mapping: Dependence;
			readonly filtering: Dependence;
			readonly hairpin: Hairpinning;
			readonly ports: "preserving" | "sequential" | "random";
			readonly preservesParity: boolean;
			readonly lifetimeMs: number;
	  }
	| { readonly kind: "firewall"; readonly filtering: Dependence; readonly lifetimeMs: number }
	/** No UDP at all. */
	| { readonly kind: "blocked" };

export const OPEN: Box = { kind: "open" };
/** What most homes have. */
export const PLAIN_NAT: Box = {
	kind: "nat",
	mapping: "endpointIndependent",
	filtering: "addressAndPortDependent",
	hairpin: "none",
	ports: "preserving",
	preservesParity: false,
	lifetimeMs: 120_000,
};

export const DEPENDENCES = ["endpointIndependent", "addressDependent", "addressAndPortDependent"] as const;
const HAIRPINS = ["none", "externalSource", "internalSource"] as const;
const PORTS = ["preserving", "sequential", "random"] as const;
/** From RFC 4787's minimum (REQ-5) down to just above the 15 s of keepalives (RFC 8445 §11; TURN's are the same). */
const LIFETIMES_MS = [120_000, 30_000, 20_000] as const;

function one<Item>(random: Random, items: readonly Item[]): Item {
	const item = items[random.below(items.length)];
	if (item === undefined) throw new RangeError("nothing to choose from");
	return item;
}

/** A NAT of any kind. */
export function drawNat(random: Random): Box {
	return {
		kind: "nat",
		mapping: one(random, DEPENDENCES),
		filtering: one(random, DEPENDENCES),
		hairpin: one(random, HAIRPINS),
		ports: one(random, PORTS),
		preservesParity: random.chance(0.3),
		lifetimeMs: one(random, LIFETIMES_MS),
	};
}

/** A router of any kind. */
export function drawBox(random: Random): Box {
	if (random.chance(0.72)) return drawNat(random);
	if (random.chance(0.4)) return OPEN;
	if (random.chance(0.25)) return { kind: "blocked" };
	return { kind: "firewall", filtering: one(random, DEPENDENCES), lifetimeMs: one(random, LIFETIMES_MS) };
}

/** The settings of a router that is such a box on its link towards `outside`. */
export function routerOf(box: Box, outside: string): RouterSpec {
	if (box.kind === "open") return { kind: "router" };
	if (box.kind === "blocked") return { kind: "router", firewall: { outside, udp: "blocked" } };
	const { filtering, lifetimeMs } = box;
	if (box.kind === "firewall") return { kind: "router", firewall: { outside, filtering, lifetimeMs } };
	const { mapping, hairpin, ports, preservesParity } = box;
	const parity = preservesParity ? ({ preservesParity } as const) : {};
	return { kind: "router", nat: { kind: "napt", outside, mapping, filtering, hairpin, ports, ...parity, lifetimeMs } };
}

/** In a few words. */
export function formatBox(box: Box): string {
	if (box.kind === "open" || box.kind === "blocked") return box.kind;
	const short = (dependence: Dependence) => ({ e: "EI", a: "AD", d: "APD" })[letterOf(dependence)];
	if (box.kind === "firewall") return `firewall ${short(box.filtering)} ${box.lifetimeMs / 1000} s`;
	const { mapping, filtering, hairpin, ports, preservesParity, lifetimeMs } = box;
	const parity = preservesParity ? ", parity" : "";
	return `NAT ${short(mapping)}/${short(filtering)}, hairpin ${hairpin}, ${ports}${parity}, ${lifetimeMs / 1000} s`;
}

function letterOf(dependence: Dependence): "e" | "a" | "d" {
	if (dependence === "endpointIndependent") return "e";
	return dependence === "addressDependent" ? "a" : "d";
}

/** What two kinds of homes allow at best, found by the simulated internet. */
import type { Family } from "@whither/core";
import { bestWay, concerns, DEFAULT_LIFETIME_MS, type NatKind, type SessionSpec, type Way } from "@whither/sim";

type Site = SessionSpec["a"];
type Box = Site["home"][Family];

const OPEN: Box = { kind: "open" };

/** The best way depends on the two kinds alone, so everything else is plain. */
const MEETING: Omit<SessionSpec, "a" | "b" | "families"> = {
	...{ seed: 1, place: "apart", delayMs: 0, loss: 0, reorder: 0, duplicate: 0, pacingMs: [5, 5], signallingMs: 0 },
	...{ relay: true, server: "alive", roles: "right", moves: [], end: "closes" },
};

function boxOf(kind: NatKind, family: Family): Box {
	const { nat, firewall } = kind.router({ outside: "outside", inside: "inside" });
	if (nat?.kind === "napt" && concerns(nat, family)) {
		const { hairpin = "none", ports = "preserving", preservesParity = false, lifetimeMs = DEFAULT_LIFETIME_MS } = nat;
		// Whatever belongs to nothing goes to the one host that there is.
		const filtering = nat.dmz === undefined ? nat.filtering : "endpointIndependent";
		return { kind: "nat", mapping: nat.mapping, filtering, hairpin, ports, preservesParity, lifetimeMs };
	}
	if (firewall === undefined || !concerns(firewall, family)) return OPEN;
	if (firewall.udp === "blocked") return { kind: "blocked" };
	const { filtering = "addressAndPortDependent", lifetimeMs = DEFAULT_LIFETIME_MS } = firewall;
	return { kind: "firewall", filtering, lifetimeMs };
}

function siteOf(kind: NatKind): Site {
	const open = { 4: OPEN, 6: OPEN };
	return { home: { 4: boxOf(kind, 4), 6: boxOf(kind, 6) }, carrier: null, elsewhere: open };
}

/** The best way of UDP between homes of these kinds, where both have a relay. */
export function bestWayBetween(a: NatKind, b: NatKind, family: Family = 4): Way {
	return bestWay({ ...MEETING, a: siteOf(a), b: siteOf(b), families: [family] });
}

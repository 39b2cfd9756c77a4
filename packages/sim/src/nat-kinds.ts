/** The kinds of address translators and firewalls that people sit behind, and what STUN must say of each. */
import type { NatBehaviour } from "@whither/core";
import type { NaptSpec } from "./nat-spec.ts";
import type { RouterSpec } from "./scenario.ts";

/** Where a home router stands: the node outside of it, and the host inside that matters. */
export interface HomePlace {
	readonly outside: string;
	readonly inside: string;
}

/** What a client behind it finds out by STUN, asking with two sockets of one host. */
export type NatSeen = Pick<NatBehaviour, "mapping" | "filtering" | "hairpin" | "classic">;

/** One kind. */
export interface NatKind {
	/** Plain words, unique in the table. */
	readonly name: string;
	/** The settings of a router of this kind. */
	readonly router: (place: HomePlace) => Pick<RouterSpec, "nat" | "firewall">;
	readonly seen: NatSeen;
}

const [EI, AD, APD] = ["endpointIndependent", "addressDependent", "addressAndPortDependent"] as const;

function napt(spec: Omit<NaptSpec, "kind" | "dmz">): NatKind["router"] {
	return ({ outside }) => ({ nat: { kind: "napt", outside, ...spec } });
}

const FULL_CONE = { mapping: EI, filtering: EI } as const;
const PORT_RESTRICTED = { mapping: EI, filtering: APD } as const;
const PORT_RESTRICTED_SEEN: NatSeen = { ...PORT_RESTRICTED, hairpin: false, classic: "port restricted cone" };
/** Of the kind "short lifetime": whole seconds, since kernels count in them. */
const SHORT_MS = 3000;

/** Every kind, the most open first. A real kernel can be each of them. */
export const NAT_KINDS: readonly NatKind[] = [
	{
		name: "no NAT",
		router: () => ({}),
		seen: { mapping: "none", filtering: EI, hairpin: null, classic: "open internet" },
	},
	{
		name: "full cone",
		router: napt(FULL_CONE),
		seen: { ...FULL_CONE, hairpin: false, classic: "full cone" },
	},
	{
		name: "full cone that hairpins",
		router: napt({ ...FULL_CONE, hairpin: "externalSource" }),
		seen: { ...FULL_CONE, hairpin: true, classic: "full cone" },
	},
	{
		name: "host in the demilitarized zone",
		router: ({ outside, inside }) => ({ nat: { kind: "napt", outside, ...PORT_RESTRICTED, dmz: inside } }),
		seen: { ...FULL_CONE, hairpin: false, classic: "full cone" },
	},
	{
		name: "address-restricted",
		router: napt({ mapping: EI, filtering: AD }),
		seen: { mapping: EI, filtering: AD, hairpin: false, classic: "restricted cone" },
	},
	{
		name: "port-restricted",
		router: napt(PORT_RESTRICTED),
		seen: PORT_RESTRICTED_SEEN,
	},
	{
		name: "port-restricted that hairpins",
		router: napt({ ...PORT_RESTRICTED, hairpin: "externalSource" }),
		seen: { ...PORT_RESTRICTED_SEEN, hairpin: true },
	},
	{
		name: "port-restricted with other ports",
		router: napt({ ...PORT_RESTRICTED, ports: "random" }),
		seen: PORT_RESTRICTED_SEEN,
	},
	{
		name: "port-restricted with a short lifetime",
		router: napt({ ...PORT_RESTRICTED, lifetimeMs: SHORT_MS }),
		seen: PORT_RESTRICTED_SEEN,
	},
	{
		name: "address-dependent mapping",
		router: napt({ mapping: AD, filtering: APD, ports: "random" }),
		seen: { mapping: AD, filtering: APD, hairpin: false, classic: "symmetric" },
	},
	{
		name: "symmetric",
		router: napt({ mapping: APD, filtering: APD, ports: "random" }),
		seen: { mapping: APD, filtering: APD, hairpin: false, classic: "symmetric" },
	},
	{
		name: "stateful firewall",
		router: ({ outside }) => ({ firewall: { outside } }),
		seen: { mapping: "none", filtering: APD, hairpin: null, classic: "symmetric UDP firewall" },
	},
	{
		name: "UDP blocked",
		router: ({ outside }) => ({ firewall: { outside, udp: "blocked", tcpPorts: [443] } }),
		seen: { mapping: "unknown", filtering: "unknown", hairpin: null, classic: "UDP blocked" },
	},
];

/** The kind of that name. Throws RangeError for one that is not in the table. */
export function natKind(name: string): NatKind {
	const found = NAT_KINDS.find((kind) => kind.name === name);
	if (found === undefined) throw new RangeError(`no kind of NAT is called ${name}`);
	return found;
}

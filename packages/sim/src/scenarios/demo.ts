/** The simulated internet of `whither demo`: from a flat in Lisbon to a server in Frankfurt, then a call to a flat in Berlin. */
import type { NodeSpec, Scenario } from "../scenario.ts";

const nodes: Readonly<Record<string, NodeSpec>> = {
	laptop: { kind: "host" },
	"router.home": { kind: "router" },
	"access.lisbon": { kind: "router", icmpJitterMs: 1 },
	"edge.lisbon": { kind: "router", icmpLimit: "linux" },
	"core.madrid": { kind: "router", ecmp: "perPacket" },
	"north.bordeaux": { kind: "router" },
	"south.barcelona": { kind: "router" },
	"core.paris": { kind: "router", mpls: [{ label: 24_015 }] },
	"core.brussels": { kind: "router", mpls: [{ label: 24_102 }, { label: 16_007, ttl: 253 }] },
	"core.amsterdam": { kind: "router", mpls: [{ label: 24_031 }], icmpDelayMs: 25, icmpJitterMs: 10 },
	"exchange.frankfurt": { kind: "router", interfaceInfo: true },
	"firewall.frankfurt": { kind: "router", silent: true },
	"gateway.frankfurt": { kind: "router" },
	"server.frankfurt": { kind: "host", tcpPorts: { open: [80, 443] } },
};

/** A dozen hops: a balancer that splits the path, an MPLS tunnel, a slow router, a silent one and a lossy last mile. */
export const DEMO: Scenario = {
	name: "a dozen hops across Europe",
	about:
		"What a real path looks like: two ways through Spain and France, a label-switched tunnel, a firewall that says nothing, a link that loses a few packets.",
	seed: 8,
	nodes,
	links: [
		{ between: ["laptop", "router.home"], delayMs: 0.6, jitterMs: 0.8 },
		{ between: ["router.home", "access.lisbon"], delayMs: 4, jitterMs: 1.5 },
		{ between: ["access.lisbon", "edge.lisbon"], delayMs: 0.7, jitterMs: 0.2 },
		{ between: ["edge.lisbon", "core.madrid"], delayMs: 4.6, jitterMs: 0.2 },
		{ between: ["core.madrid", "north.bordeaux"], delayMs: 4.1, jitterMs: 0.2 },
		{ between: ["core.madrid", "south.barcelona"], delayMs: 4.9, jitterMs: 0.2 },
		{ between: ["north.bordeaux", "core.paris"], delayMs: 3.8, jitterMs: 0.2 },
		{ between: ["south.barcelona", "core.paris"], delayMs: 6.2, jitterMs: 0.2 },
		{ between: ["core.paris", "core.brussels"], delayMs: 2.1, jitterMs: 0.2 },
		{ between: ["core.brussels", "core.amsterdam"], delayMs: 1.6, jitterMs: 0.2 },
		{ between: ["core.amsterdam", "exchange.frankfurt"], delayMs: 3.3, jitterMs: 0.3 },
		{ between: ["exchange.frankfurt", "firewall.frankfurt"], delayMs: 0.3, jitterMs: 0.1 },
		{ between: ["firewall.frankfurt", "gateway.frankfurt"], delayMs: 0.4, jitterMs: 0.1, loss: 0.08 },
		{ between: ["gateway.frankfurt", "server.frankfurt"], delayMs: 0.5, jitterMs: 0.1 },
	],
	trace: { from: "laptop", to: "server.frankfurt" },
	lab: "a demonstration of everything at once, some of which no kernel router does",
	expect: {
		reached: true,
		stopReason: "reached",
		hops: [
			{ ttl: 1, from: ["router.home"] },
			{ ttl: 2, from: ["access.lisbon"] },
			{ ttl: 3, from: ["edge.lisbon"] },
			{ ttl: 4, from: ["core.madrid"] },
			{ ttl: 5, from: ["north.bordeaux", "south.barcelona"], seen: ["north.bordeaux", "south.barcelona"] },
			{ ttl: 6, from: ["core.paris"], mpls: [24_015] },
			{ ttl: 7, from: ["core.brussels"], mpls: [24_102, 16_007] },
			{ ttl: 8, from: ["core.amsterdam"], mpls: [24_031] },
			{ ttl: 9, from: ["exchange.frankfurt"], interfaceName: "link10" },
			{ ttl: 10, from: [null] },
			{ ttl: 11, from: ["gateway.frankfurt", null], replies: { atLeast: 1 } },
			{ ttl: 12, from: ["server.frankfurt", null], replies: { atLeast: 1 } },
		],
	},
};

/** A home router as most are: one mapping for every destination, and nobody gets in who was not sent to. */
function home(outside: string): NodeSpec {
	const kinds = { mapping: "endpointIndependent", filtering: "addressAndPortDependent" } as const;
	return { kind: "router", nat: { kind: "napt", outside, ...kinds } };
}

/** Two flats in a call, each behind its NAT; one router on the way tells what its link can carry. */
export const DEMO_CALL: Scenario = {
	name: "a call between two flats",
	about:
		"Anna in Lisbon talks to Ben in Berlin, each behind a home router. The same packets that carry their voices show the way that these take.",
	seed: 3,
	nodes: {
		"anna.lisbon": { kind: "host" },
		"router.anna": home("access.lisbon"),
		"access.lisbon": { kind: "router", enriched: { upKbps: 5_000, downKbps: 50_000 } },
		"edge.lisbon": { kind: "router", icmpLimit: "linux" },
		"core.madrid": { kind: "router" },
		"core.paris": { kind: "router" },
		"exchange.frankfurt": { kind: "router", interfaceInfo: true },
		"edge.berlin": { kind: "router", silent: true },
		"access.berlin": { kind: "router" },
		"router.ben": home("access.berlin"),
		"ben.berlin": { kind: "host" },
	},
	links: [
		{ between: ["anna.lisbon", "router.anna"], delayMs: 0.6, jitterMs: 0.8 },
		{ between: ["router.anna", "access.lisbon"], delayMs: 4, jitterMs: 1.5 },
		{ between: ["access.lisbon", "edge.lisbon"], delayMs: 0.7, jitterMs: 0.2 },
		{ between: ["edge.lisbon", "core.madrid"], delayMs: 4.6, jitterMs: 0.2 },
		{ between: ["core.madrid", "core.paris"], delayMs: 8.3, jitterMs: 0.2 },
		{ between: ["core.paris", "exchange.frankfurt"], delayMs: 4.4, jitterMs: 0.3 },
		{ between: ["exchange.frankfurt", "edge.berlin"], delayMs: 3.9, jitterMs: 0.2 },
		{ between: ["edge.berlin", "access.berlin"], delayMs: 0.5, jitterMs: 0.2 },
		{ between: ["access.berlin", "router.ben"], delayMs: 5, jitterMs: 1.5 },
		{ between: ["router.ben", "ben.berlin"], delayMs: 0.9, jitterMs: 0.9 },
	],
	call: { port: 50_000 },
	trace: { from: "anna.lisbon", to: "ben.berlin", options: { method: "stun" }, channels: ["borrowed"] },
	lab: "nobody in the lab makes calls",
	expect: {
		reached: true,
		stopReason: "reached",
		seenAs: "router.anna",
		hops: [
			{ ttl: 1, from: ["router.anna"] },
			{ ttl: 2, from: ["access.lisbon"], networkStatus: { upKbps: 5_000, downKbps: 50_000 } },
			{ ttl: 3, from: ["edge.lisbon"] },
			{ ttl: 4, from: ["core.madrid"] },
			{ ttl: 5, from: ["core.paris"] },
			{ ttl: 6, from: ["exchange.frankfurt"], interfaceName: "link5" },
			{ ttl: 7, from: [null] },
			{ ttl: 8, from: ["access.berlin"] },
			// The NAT before Ben speaks by the address that it gives him.
			{ ttl: 9, from: ["ben.berlin"], kind: "timeExceeded" },
			{ ttl: 10, from: ["ben.berlin"], kind: "stun" },
		],
	},
};

/** The carrier before a telephone: another port for every destination, and nothing in that was not asked for. */
function carrier(outside: string): NodeSpec {
	const kinds = { mapping: "addressAndPortDependent", filtering: "addressAndPortDependent" } as const;
	return { kind: "router", nat: { kind: "napt", outside, ...kinds, ports: "random" } };
}

/** Two who meet: Anna at home in Lisbon, and Ben on a train to Berlin, behind the NAT of his carrier. */
export const DEMO_MEETING: Scenario = {
	name: "Anna meets Ben",
	about:
		"Anna in Lisbon sits behind her home router, Ben on his train behind the NAT of his carrier, which gives him another port for every destination. A server in Amsterdam lets them find each other.",
	seed: 5,
	nodes: {
		"anna.lisbon": { kind: "host" },
		"router.anna": {
			kind: "router",
			nat: {
				...{ kind: "napt", outside: "access.lisbon" },
				...{ mapping: "endpointIndependent", filtering: "addressDependent" },
			},
		},
		"access.lisbon": { kind: "router" },
		"edge.lisbon": { kind: "router" },
		"core.madrid": { kind: "router" },
		"core.paris": { kind: "router", mpls: [{ label: 24_015 }] },
		"core.lyon": { kind: "router" },
		"exchange.frankfurt": { kind: "router", interfaceInfo: true, routes: { "router.anna": ["core.lyon"] } },
		"core.amsterdam": { kind: "router" },
		"meet.amsterdam": { kind: "host", publicAddresses: 1 },
		"edge.berlin": { kind: "router" },
		"carrier.berlin": carrier("edge.berlin"),
		"mast.berlin": { kind: "router", icmpJitterMs: 4 },
		"ben.train": { kind: "host" },
	},
	links: [
		{ between: ["anna.lisbon", "router.anna"], delayMs: 0.6, jitterMs: 0.4 },
		{ between: ["router.anna", "access.lisbon"], delayMs: 3, jitterMs: 0.5 },
		{ between: ["access.lisbon", "edge.lisbon"], delayMs: 0.7, jitterMs: 0.2 },
		{ between: ["edge.lisbon", "core.madrid"], delayMs: 4.6, jitterMs: 0.2 },
		{ between: ["core.madrid", "core.paris"], delayMs: 8.3, jitterMs: 0.2 },
		{ between: ["core.paris", "exchange.frankfurt"], delayMs: 4.4, jitterMs: 0.3 },
		{ between: ["core.madrid", "core.lyon"], delayMs: 6.1, jitterMs: 0.2, cost: 2 },
		{ between: ["core.lyon", "exchange.frankfurt"], delayMs: 5.2, jitterMs: 0.3, cost: 2 },
		{ between: ["exchange.frankfurt", "core.amsterdam"], delayMs: 3.3, jitterMs: 0.3 },
		{ between: ["core.amsterdam", "meet.amsterdam"], delayMs: 0.4, jitterMs: 0.1 },
		{ between: ["exchange.frankfurt", "edge.berlin"], delayMs: 3.9, jitterMs: 0.2 },
		{ between: ["edge.berlin", "carrier.berlin"], delayMs: 0.5, jitterMs: 0.2 },
		{ between: ["carrier.berlin", "mast.berlin"], delayMs: 6, jitterMs: 1 },
		{ between: ["mast.berlin", "ben.train"], delayMs: 9, jitterMs: 2 },
	],
	trace: { from: "anna.lisbon", to: "meet.amsterdam" },
	lab: "a demonstration; the lab's own meetings have kernels for routers",
	expect: { reached: true, stopReason: "reached", hops: [] },
};

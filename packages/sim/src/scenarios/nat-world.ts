/** Two homes behind routers of any kind, and a server with two public addresses between them. */
import type { NatKind } from "../nat-kinds.ts";
import type { ExpectedHop, HostSpec, LinkSpec, NodeSpec, Scenario } from "../scenario.ts";

/** Which routers, and how far everything is apart. */
export interface NatWorldSpec {
	/** In front of `lanA` and `lanA2`. */
	readonly a: NatKind;
	/** In front of `lanB`; default: there is no second home. */
	readonly b?: NatKind;
	/** Another router, `isp`, between natA and the rest, as carriers have it. */
	readonly isp?: NatKind;
	/** Whose homes are behind it; default: natA's alone. */
	readonly ispServes?: "a" | "both";
	/** lanA and lanA2 share a link of their own too, as on one switch. */
	readonly sharedLan?: true;
	/** Of each link, one way. Default none. */
	readonly delayMs?: number;
	readonly server?: Omit<HostSpec, "kind" | "publicAddresses">;
}

const SERVER_ADDRESSES = 2;

/**
 * Hosts `lanA` and `lanA2` behind the router `natA`, `lanB` behind `natB`, and the host `srv`, all joined at the router `wan`.
 * Public addresses (`publicAddresses`) are those of `srv`, which has two, and of the NATs. A trace goes from lanA to srv.
 */
export function natWorld(spec: NatWorldSpec): Scenario {
	const { a, b, isp, ispServes = "a", sharedLan = false, delayMs = 0, server = {} } = spec;
	const outside = isp === undefined ? "wan" : "isp";
	const outsideB = ispServes === "both" ? outside : "wan";
	const nodes: Record<string, NodeSpec> = {
		lanA: { kind: "host" },
		lanA2: { kind: "host" },
		natA: { kind: "router", ...a.router({ outside, inside: "lanA" }) },
		...(isp && { isp: { kind: "router", ...isp.router({ outside: "wan", inside: "natA" }) } }),
		wan: { kind: "router" },
		srv: { kind: "host", publicAddresses: SERVER_ADDRESSES, ...server },
		...(b && { natB: { kind: "router", ...b.router({ outside: outsideB, inside: "lanB" }) }, lanB: { kind: "host" } }),
	};
	const links: readonly (readonly [string, string])[] = [
		["lanA", "natA"],
		["lanA2", "natA"],
		["natA", outside],
		...(isp ? [["isp", "wan"] as const] : []),
		["srv", "wan"],
		...(b ? [["natB", outsideB] as const, ["lanB", "natB"] as const] : []),
		...(sharedLan ? [["lanA", "lanA2"] as const] : []),
	];
	const way = ["natA", ...(isp ? ["isp"] : []), "wan"];
	const routers = way.map((name, index): ExpectedHop => ({ ttl: index + 1, from: [name], kind: "timeExceeded" }));
	return {
		name: `a home behind a router: ${[a, isp, b]
			.map((kind) => kind?.name ?? "")
			.filter(Boolean)
			.join(", ")}`,
		about: "A home, what its router does to it, and a server.",
		nodes,
		links: links.map((between): LinkSpec => ({ between, delayMs })),
		trace: { from: "lanA", to: "srv" },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routers, { ttl: routers.length + 1, from: ["srv"] }],
		},
	};
}

/** What traces by STUN share: a chain of routers before a STUN server, some of it behind a home router. */
import type { NatSpec } from "../nat-spec.ts";
import type { ExpectedHop, HostSpec, RouterSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, targetHop } from "./path.ts";

const NO_SERVER = "no kernel speaks STUN";
/** It knows RFC 8489 and asks for nothing. */
export const SERVER: Omit<HostSpec, "kind"> = { udp: "stun" };
const REACHED = { reached: true, stopReason: "reached" } as const;
/** A hop that answers in STUN. */
export const STUN_HOP = { kind: "stun" } as const;
const METHOD = { method: "stun" } as const;

/** What differs from four plain routers and a server that asks for nothing. */
export interface StunPath {
	readonly name: string;
	readonly about: string;
	readonly path?: Parameters<typeof path>[0];
	readonly options?: Scenario["trace"]["options"];
	readonly channels?: Scenario["trace"]["channels"];
	readonly noise?: Scenario["noise"];
	readonly lab?: string;
	readonly seed?: number;
	/** The target's hop. */
	readonly last?: Partial<ExpectedHop>;
	readonly expect?: Partial<Scenario["expect"]>;
}

/** A trace by STUN that reaches its target unless `expect` says otherwise. */
export function stunPath({
	name,
	about,
	options,
	channels,
	noise,
	seed,
	lab = NO_SERVER,
	last,
	expect,
	...more
}: StunPath): Scenario {
	const spec = { routers: 4, target: SERVER, ...more.path };
	return {
		name,
		about,
		...(seed === undefined ? {} : { seed }),
		...path(spec),
		trace: { ...ENDS, options: { ...METHOD, ...options }, ...(channels === undefined ? {} : { channels }) },
		...(noise === undefined ? {} : { noise }),
		lab,
		expect: {
			...REACHED,
			hops: [...routerHops(1, spec.routers), targetHop(spec.routers + 1, { ...STUN_HOP, ...last })],
			...expect,
		},
	};
}

/** The NAT of a home, towards the second router. */
export const MASQUERADE: NatSpec = { kind: "masquerade", outside: "r2" };

/** The first router is a home's. */
export const HOME: Readonly<Record<string, Omit<RouterSpec, "kind">>> = { r1: { nat: MASQUERADE } };

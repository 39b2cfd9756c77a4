/** Every method against a target that answers, one that refuses, one that says nothing, and behind a silent hop. */
import type { ReplyKind } from "@whither/core";
import type { HostSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

type Target = Omit<HostSpec, "kind">;

/** What can stand at the end of a path, or in the middle of it. */
export type Situation = "reached" | "closed" | "filtered" | "silentHop";

/** How one method meets each situation; null: scenarios of its own have it, by the names in {@link METHOD_SITUATIONS}. */
interface MethodRow {
	readonly method: string;
	/** The target that answers in the method's own protocol, and what it answers. */
	readonly reached: { readonly target: Target; readonly kind: ReplyKind; readonly lab: true | string };
	/** What a target says that has nobody to answer; null: the last router refuses in its place. */
	readonly closed: { readonly target: Target; readonly kind: ReplyKind } | null;
	readonly filtered: Target;
}

const DATAGRAMS = { closed: { target: {}, kind: "portUnreachable" }, filtered: { udp: "silent" } } as const;
const ECHO = { target: { udp: "echo" }, kind: "udp", lab: true } as const;

const ROWS: readonly MethodRow[] = [
	{ method: "udp", reached: ECHO, ...DATAGRAMS },
	{ method: "udp-classic", reached: ECHO, ...DATAGRAMS },
	{ method: "udp-port", reached: ECHO, ...DATAGRAMS },
	{
		method: "icmp",
		reached: { target: {}, kind: "echoReply", lab: true },
		closed: null,
		filtered: { icmpEcho: "silent" },
	},
	{ method: "quic", reached: { target: { udp: "quic" }, kind: "quic", lab: "no kernel speaks QUIC" }, ...DATAGRAMS },
	{ method: "stun", reached: { target: { udp: "stun" }, kind: "stun", lab: "no kernel speaks STUN" }, ...DATAGRAMS },
];

const REACHED = { reached: true, stopReason: "reached" } as const;

function nameOf(method: string, situation: Situation): string {
	const words = { reached: "answered", closed: "refused", filtered: "unanswered", silentHop: "past a silent hop" };
	return `${method}, ${words[situation]}`;
}

function rowScenarios({ method, reached, closed, filtered }: MethodRow): readonly Scenario[] {
	const trace = { ...ENDS, options: { method } };
	const answer = targetHop(5, { kind: reached.kind });
	return [
		{
			name: nameOf(method, "reached"),
			about: "The target answers in the method's own protocol, within one round trip and a little.",
			...path({ routers: 4, target: reached.target }),
			trace,
			lab: reached.lab,
			expect: { ...REACHED, hops: [...routerHops(1, 4), answer], durationMs: { atMost: 20 } },
		},
		closed === null ? refusedOnTheWay(method) : refusedByTarget(method, closed),
		{
			name: nameOf(method, "filtered"),
			about: "The target drops the probes: all routers, then one wait for everything behind them.",
			...path({ routers: 4, target: filtered }),
			trace: { ...ENDS, options: { method, maxTtl: 10 } },
			lab: true,
			expect: {
				reached: false,
				stopReason: "maxHops",
				hops: [...routerHops(1, 4), silentHops(5, 10)],
				durationMs: { atMost: 3200 },
			},
		},
		{
			name: nameOf(method, "silentHop"),
			about: "A hop that says nothing hides neither the next one nor the answer.",
			...path({ routers: 4, router: { r2: { silent: true } }, target: reached.target }),
			trace,
			lab: reached.lab,
			expect: { ...REACHED, hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), answer] },
		},
	];
}

function refusedByTarget(method: string, { target, kind }: NonNullable<MethodRow["closed"]>): Scenario {
	return {
		name: nameOf(method, "closed"),
		about: "Nobody listens, and the target says so, which is an answer as good as any.",
		...path({ routers: 4, target }),
		trace: { ...ENDS, options: { method } },
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 4), targetHop(5, { kind })], durationMs: { atMost: 20 } },
	};
}

function refusedOnTheWay(method: string): Scenario {
	return {
		name: nameOf(method, "closed"),
		about: "The target has nothing that could be closed: the router before it refuses what is for it.",
		...path({ routers: 4, router: { r4: { unreachable: [{ to: "target", code: "adminProhibited" }] } } }),
		trace: { ...ENDS, options: { method } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 4), { ttl: 5, from: ["r4"], kind: "unreachable", note: "!X" }],
		},
	};
}

/** The scenarios of the methods that have none of their own elsewhere. */
export const EVERY_METHOD: readonly Scenario[] = [
	...ROWS.flatMap(rowScenarios),
	...["tcp", "tcpconnect"].map((method): Scenario => {
		return {
			name: nameOf(method, "silentHop"),
			about: "A hop that says nothing hides neither the next one nor the answer.",
			...path({ routers: 4, router: { r2: { silent: true } }, target: { tcpPorts: { open: [443] } } }),
			trace: { ...ENDS, options: { method } },
			lab: true,
			expect: {
				...REACHED,
				hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), targetHop(5, { kind: "synAck" })],
			},
		};
	}),
];

type SituationNames = Readonly<Record<Situation, readonly string[]>>;

function generated(method: string): SituationNames {
	const [reached, closed, filtered, silentHop] = (["reached", "closed", "filtered", "silentHop"] as const).map(
		(situation) => [nameOf(method, situation)],
	);
	return { reached: reached ?? [], closed: closed ?? [], filtered: filtered ?? [], silentHop: silentHop ?? [] };
}

function ofPorts(method: string): SituationNames {
	return {
		reached: [`${method} to an open port`],
		closed: [`${method} to a closed port`],
		filtered: [`${method} to a filtered port`],
		silentHop: [nameOf(method, "silentHop")],
	};
}

function ofProtocol(method: string, reached: string, closed: string): SituationNames {
	return {
		reached: [`${method} ${reached}`],
		closed: [`${method} ${closed}`],
		filtered: [`${method} to a target that drops it`],
		silentHop: [4, 6].map((family) => `${method} behind a silent router, IPv${family}`),
	};
}

/** The scenarios of each method and situation, by name; together they cover both families. */
export const METHOD_SITUATIONS: Readonly<Record<string, SituationNames>> = {
	...Object.fromEntries(ROWS.map(({ method }) => [method, generated(method)])),
	tcp: ofPorts("tcp"),
	tcpconnect: ofPorts("tcpconnect"),
	tcpinsession: { ...ofPorts("tcpinsession"), silentHop: ["tcpinsession behind a silent router"] },
	dns: {
		reached: ["dns to a resolver"],
		closed: ["dns to a closed port"],
		filtered: ["dns to a filtered port"],
		silentHop: ["dns behind a silent router"],
	},
	udplite: {
		...ofProtocol("udplite", "to a port that echoes", "to a closed port"),
		silentHop: ["udplite to a closed port behind a silent router"],
	},
	dccp: ofProtocol("dccp", "to an open port", "to a closed port"),
	sctp: ofProtocol("sctp", "to an open port", "to a closed port"),
	raw: {
		...ofProtocol("raw", "to a target that sends everything back", ""),
		closed: [4, 6].map((family) => `raw to a target that does not speak it, IPv${family}`),
	},
};

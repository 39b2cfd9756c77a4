/** Each method against each kind of target. */
import type { HostSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

const OPEN: Omit<HostSpec, "kind"> = { tcpPorts: { open: [443] } };
const FILTERED: Omit<HostSpec, "kind"> = { tcpPorts: { filtered: [443] } };

function tcpScenarios(method: "tcp" | "tcpconnect", words: string): Scenario[] {
	const trace = { ...ENDS, options: { method } };
	const reached = { reached: true, stopReason: "reached" } as const;
	return [
		{
			name: `${method} to an open port`,
			about: `${words} and the target accepts.`,
			...path({ routers: 4, target: OPEN }),
			trace,
			lab: true,
			expect: { ...reached, hops: [...routerHops(1, 4), targetHop(5, { kind: "synAck" })], durationMs: { atMost: 20 } },
		},
		{
			name: `${method} to a closed port`,
			about: `${words} and the target resets, which is an answer as good as any.`,
			...path({ routers: 4 }),
			trace,
			lab: true,
			expect: { ...reached, hops: [...routerHops(1, 4), targetHop(5, { kind: "rst" })], durationMs: { atMost: 20 } },
		},
		{
			name: `${method} to a filtered port`,
			about: `${words} and the target drops it: all routers, then one wait for everything behind them.`,
			...path({ routers: 4, target: FILTERED }),
			trace: { ...ENDS, options: { method, maxTtl: 10 } },
			lab: true,
			expect: {
				reached: false,
				stopReason: "maxHops",
				hops: [...routerHops(1, 4), silentHops(5, 10)],
				durationMs: { atMost: 3200 },
			},
		},
	];
}

const RESOLVER: Omit<HostSpec, "kind"> = { udp: "dns" };
const NO_RESOLVER = "no kernel answers DNS queries";

function dnsScenarios(): Scenario[] {
	const trace = { ...ENDS, options: { method: "dns" } };
	const reached = { reached: true, stopReason: "reached" } as const;
	return [
		{
			name: "dns to a resolver",
			about: "Every probe is a query, and the target answers it.",
			...path({ routers: 4, target: RESOLVER }),
			trace,
			lab: NO_RESOLVER,
			expect: { ...reached, hops: [...routerHops(1, 4), targetHop(5, { kind: "dns" })], durationMs: { atMost: 20 } },
		},
		{
			name: "dns behind a silent router",
			about: "A hop that says nothing hides neither the next one nor the answer.",
			...path({ routers: 4, router: { r2: { silent: true } }, target: RESOLVER }),
			trace,
			lab: NO_RESOLVER,
			expect: {
				...reached,
				hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), targetHop(5, { kind: "dns" })],
			},
		},
		{
			name: "dns to a closed port",
			about: "Nobody listens on port 53, and the target says so.",
			...path({ routers: 4 }),
			trace,
			lab: true,
			expect: { ...reached, hops: [...routerHops(1, 4), targetHop(5)], durationMs: { atMost: 20 } },
		},
		{
			name: "dns to a filtered port",
			about: "The target drops queries: all routers, then silence.",
			...path({ routers: 4, target: { udp: "silent" } }),
			trace: { ...ENDS, options: { method: "dns", maxTtl: 10 } },
			lab: true,
			expect: {
				reached: false,
				stopReason: "maxHops",
				hops: [...routerHops(1, 4), silentHops(5, 10)],
				durationMs: { atMost: 3200 },
			},
		},
	];
}

/** Each method against open, closed and filtered targets. */
export const METHODS: readonly Scenario[] = [
	...tcpScenarios("tcp", "A raw SYN for each probe,"),
	...tcpScenarios("tcpconnect", "A connect() for each probe,"),
	...dnsScenarios(),
	{
		name: "icmp echo",
		about: "Echo requests by a raw socket and by a ping socket, whose id is the kernel's.",
		...path({ routers: 5 }),
		trace: { ...ENDS, options: { method: "icmp" } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 5), targetHop(6, { kind: "echoReply" })],
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "icmp echo to a target that does not answer pings",
		about: "The routers answer, the target's filter drops echo requests.",
		...path({ routers: 3, target: { icmpEcho: "silent" } }),
		trace: { ...ENDS, options: { method: "icmp", maxTtl: 8 } },
		lab: true,
		expect: { reached: false, stopReason: "maxHops", hops: [...routerHops(1, 3), silentHops(4, 8)] },
	},
	{
		name: "udp to one port",
		about: "-U: every probe to port 53 from a source port of its own.",
		...path({ routers: 5 }),
		trace: { ...ENDS, options: { method: "udp-port" } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 5), targetHop(6)],
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "udp to one port that echoes",
		about: "The answers are datagrams, each to the socket that asked.",
		...path({ routers: 3, target: { udp: "echo" } }),
		trace: { ...ENDS, options: { method: "udp-port", port: 7 } },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 3), targetHop(4, { kind: "udp" })] },
	},
	{
		name: "udp to a new port for each probe",
		about: "The way traceroute has always done it: the destination port counts upwards and names the probe.",
		...path({ routers: 5 }),
		trace: { ...ENDS, options: { method: "udp-classic" } },
		lab: true,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 5), targetHop(6)],
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "long probes",
		about: "1400 bytes are more than an IPv4 router quotes: what is quoted must be enough.",
		...path({ routers: 4 }),
		trace: { ...ENDS, options: { length: 1400 } },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 4), targetHop(5)] },
	},
	{
		name: "the shortest probes",
		about: "Room for the key and the sequence number and nothing else.",
		...path({ routers: 4 }),
		trace: { ...ENDS, options: { length: 28 } },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 4), targetHop(5)] },
	},
];

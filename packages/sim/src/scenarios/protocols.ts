/** UDP-Lite, DCCP, SCTP and other IP protocols: targets that speak them, refuse them or say nothing, and silent hops. */
import type { Family, ReplyKind } from "@whither/core";
import type { HostSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

type Target = Omit<HostSpec, "kind">;

/** One method, and targets that answer it in its own protocol or in ICMP, or that drop its packets. */
interface ProtocolPlan {
	readonly method: string;
	readonly answers: readonly { readonly words: string; readonly target: Target; readonly kind: ReplyKind }[];
	readonly filtered: Target;
	/** Whether the lab's kernels can play the targets that answer; else why not. */
	readonly lab: Scenario["lab"];
}

const NO_APPLICATION = "what answers depends on the kernel and on programs that are not everywhere";
const UDP_LITE_KERNELS = "kernels that speak UDP-Lite say that the port is closed";
const REACHED = { reached: true, stopReason: "reached" } as const;
/** How a kernel without the protocol says so: IPv4 has an unreachable code for it, IPv6 a parameter problem. */
const REFUSALS: readonly { readonly family: Family; readonly kind: ReplyKind }[] = [
	{ family: 4, kind: "unreachable" },
	{ family: 6, kind: "parameterProblem" },
];

const PLANS: readonly ProtocolPlan[] = [
	{
		method: "udplite",
		answers: [
			{ words: "to a port that echoes", target: { udplite: "echo" }, kind: "udpLite" },
			{ words: "to a closed port", target: { udplite: "closed" }, kind: "portUnreachable" },
		],
		filtered: { udplite: "silent" },
		lab: true,
	},
	{
		method: "dccp",
		answers: [
			{ words: "to an open port", target: { dccp: "open" }, kind: "dccp" },
			{ words: "to a closed port", target: { dccp: "reset" }, kind: "dccp" },
		],
		filtered: { dccp: "silent" },
		lab: NO_APPLICATION,
	},
	{
		method: "sctp",
		answers: [
			{ words: "to an open port", target: { sctp: "open" }, kind: "sctp" },
			{ words: "to a closed port", target: { sctp: "closed" }, kind: "sctp" },
		],
		filtered: { sctp: "silent" },
		lab: NO_APPLICATION,
	},
	{
		method: "raw",
		answers: [
			{ words: "to a target that sends everything back", target: { otherProtocols: "echo" }, kind: "protocol" },
		],
		filtered: { otherProtocols: "silent" },
		lab: NO_APPLICATION,
	},
];

function protocolScenarios({ method, answers, filtered, lab }: ProtocolPlan): Scenario[] {
	const trace = { ...ENDS, options: { method } };
	const refusalLab = method === "udplite" ? UDP_LITE_KERNELS : true;
	return [
		...answers.map(({ words, target, kind }): Scenario => {
			return {
				name: `${method} ${words}`,
				about: "The target's answer ends the path.",
				...path({ routers: 4, target }),
				trace,
				lab,
				expect: { ...REACHED, hops: [...routerHops(1, 4), targetHop(5, { kind })], durationMs: { atMost: 20 } },
			};
		}),
		...REFUSALS.flatMap(({ family, kind }): Scenario[] => {
			const hops = [targetHop(5, { kind })];
			return [
				{
					name: `${method} to a target that does not speak it, IPv${family}`,
					about: "The target refuses the whole protocol, which is an answer as good as any.",
					families: [family],
					...path({ routers: 4 }),
					trace,
					lab: refusalLab,
					expect: { ...REACHED, hops: [...routerHops(1, 4), ...hops], durationMs: { atMost: 20 } },
				},
				{
					name: `${method} behind a silent router, IPv${family}`,
					about: "A hop that says nothing hides neither the next one nor the answer.",
					families: [family],
					...path({ routers: 4, router: { r2: { silent: true } } }),
					trace,
					lab: refusalLab,
					expect: { ...REACHED, hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), ...hops] },
				},
			];
		}),
		{
			name: `${method} to a target that drops it`,
			about: "All routers, then one wait for everything behind them.",
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
			name: `${method} past a router that quotes 8 bytes`,
			about: "The least that RFC 792 asks for names the probe, or at least the flow.",
			...path({ routers: 3, router: { r2: { quoteBytes: 8 } }, target: answers[0]?.target ?? {} }),
			trace,
			lab: "a kernel quotes as much as fits",
			expect: { ...REACHED, hops: [...routerHops(1, 3), targetHop(4, { kind: answers[0]?.kind ?? "unreachable" })] },
		},
	];
}

/** Each of the four against each kind of target. */
export const PROTOCOLS: readonly Scenario[] = [
	...PLANS.flatMap(protocolScenarios),
	{
		name: "raw with another protocol number",
		about: "-O protocol=47 sends what looks like GRE, and is matched by it.",
		...path({ routers: 3, target: { otherProtocols: "echo" } }),
		trace: { ...ENDS, options: { method: "raw", methodOptions: { protocol: "47" } } },
		lab: NO_APPLICATION,
		expect: { ...REACHED, hops: [...routerHops(1, 3), targetHop(4, { kind: "protocol" })] },
	},
	{
		name: "udplite with a checksum over everything",
		about: "-O coverage=0: the checksum covers the payload too.",
		...path({ routers: 3, target: { udplite: "echo" } }),
		trace: { ...ENDS, options: { method: "udplite", methodOptions: { coverage: "0" } } },
		lab: true,
		expect: { ...REACHED, hops: [...routerHops(1, 3), targetHop(4, { kind: "udpLite" })] },
	},
	{
		name: "udplite to a closed port behind a silent router",
		about: "A hop that says nothing hides neither the next one nor the target's own refusal.",
		...path({ routers: 4, router: { r2: { silent: true } }, target: { udplite: "closed" } }),
		trace: { ...ENDS, options: { method: "udplite" } },
		lab: true,
		expect: {
			...REACHED,
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), targetHop(5, { kind: "portUnreachable" })],
		},
	},
];

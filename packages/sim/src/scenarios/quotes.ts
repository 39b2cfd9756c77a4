/** What routers quote: label stacks, interfaces, names, and sometimes hardly anything. */
import type { ReplyKind } from "@whither/core";
import type { RouterSpec, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops, silentHops, targetHop } from "./path.ts";

const EIGHT_BYTES: Omit<RouterSpec, "kind"> = { quoteBytes: 8 };
const WHOLE_QUOTES = "Linux routers quote the whole probe";
const NO_EXTENSIONS = "Linux routers add no extensions";

/** What routers quote, from eight bytes to label stacks. */
export const QUOTES: readonly Scenario[] = [
	{
		name: "an MPLS tunnel",
		about: "Three label switches quote the label stack that the packet came in with (RFC 4950).",
		...path({
			routers: 6,
			router: {
				r2: { mpls: [{ label: 24015, ttl: 1 }] },
				r3: { mpls: [{ label: 299_776, trafficClass: 3, ttl: 1 }] },
				r4: { mpls: [{ label: 16_001 }, { label: 24_017, ttl: 254 }] },
			},
		}),
		trace: ENDS,
		lab: NO_EXTENSIONS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				{ ttl: 1, from: ["r1"], mpls: [] },
				{ ttl: 2, from: ["r2"], mpls: [24_015] },
				{ ttl: 3, from: ["r3"], mpls: [299_776] },
				{ ttl: 4, from: ["r4"], mpls: [16_001, 24_017] },
				{ ttl: 5, from: ["r5"], mpls: [] },
				...routerHops(6, 6),
				targetHop(7),
			],
		},
	},
	{
		name: "extensions in the layout from before 2007",
		about: "No length field, the extension after exactly 128 bytes: to be found by its version and checksum alone.",
		...path({ routers: 3, router: { r2: { mpls: [{ label: 100 }], extensionLayout: "old" } } }),
		trace: ENDS,
		lab: NO_EXTENSIONS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: ["r2"], mpls: [100] }, ...routerHops(3, 3), targetHop(4)],
		},
	},
	{
		name: "a long probe and an MPLS label",
		about: "1000 bytes are quoted only in part before the extension, and the label is still found.",
		...path({ routers: 3, router: { r2: { mpls: [{ label: 100 }] } } }),
		trace: { ...ENDS, options: { length: 1000 } },
		lab: NO_EXTENSIONS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: ["r2"], mpls: [100] }, ...routerHops(3, 3), targetHop(4)],
		},
	},
	{
		name: "a router tells by which interface the probe came in",
		about: "RFC 5837: interface index, address, name and MTU beside the quote.",
		...path({ routers: 3, router: { r2: { interfaceInfo: true } } }),
		trace: ENDS,
		lab: NO_EXTENSIONS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: ["r2"], interfaceName: "link1" }, ...routerHops(3, 3), targetHop(4)],
		},
	},
	{
		name: "a router tells its own name",
		about: "Node identification next to a label stack: two objects in one message.",
		...path({ routers: 3, router: { r2: { nodeName: "edge-2", mpls: [{ label: 17 }] } } }),
		trace: ENDS,
		lab: NO_EXTENSIONS,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [
				...routerHops(1, 1),
				{ ttl: 2, from: ["r2"], nodeName: "edge-2", mpls: [17] },
				...routerHops(3, 3),
				targetHop(4),
			],
		},
	},
	{
		name: "old routers quote eight bytes",
		about: "Without privilege nothing of the probe is left in such an answer; every hop must be found all the same.",
		...path({ routers: 4, router: { r1: EIGHT_BYTES, r2: EIGHT_BYTES, r3: EIGHT_BYTES, r4: EIGHT_BYTES } }),
		trace: ENDS,
		lab: WHOLE_QUOTES,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 4), targetHop(5)],
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "one old router among others quotes eight bytes",
		about: "Only one answer in the list names no probe; the others do.",
		...path({ routers: 4, router: { r3: EIGHT_BYTES } }),
		trace: ENDS,
		lab: WHOLE_QUOTES,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 4), targetHop(5)],
			durationMs: { atMost: 1000 },
		},
	},
	{
		name: "old routers and a silent one among them",
		about: "Eight-byte quotes before and behind a hop that never answers: the stars must stay at their own place.",
		...path({ routers: 4, router: { r1: EIGHT_BYTES, r2: { silent: true }, r3: EIGHT_BYTES, r4: EIGHT_BYTES } }),
		trace: ENDS,
		lab: WHOLE_QUOTES,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), silentHops(2, 2), ...routerHops(3, 4), targetHop(5)],
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "old routers before a silent target",
		about: "Nothing but eight-byte quotes comes back and nobody ends the path: the routers must be found all the same.",
		...path({ routers: 3, router: { r1: EIGHT_BYTES, r2: EIGHT_BYTES, r3: EIGHT_BYTES }, target: { udp: "silent" } }),
		trace: { ...ENDS, options: { maxTtl: 6 } },
		lab: WHOLE_QUOTES,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 3), silentHops(4, 6)],
			durationMs: { atMost: 10_000 },
		},
	},
	{
		name: "doubled answers of an old router before a silent one",
		about: "The second copies of answers that name no probe must not fill the silent hop behind their sender.",
		...path({
			routers: 4,
			router: { r2: EIGHT_BYTES, r3: { silent: true } },
			link: { 0: { delayMs: 1, oneWay: { r1: { duplicate: 1 } } } },
		}),
		trace: ENDS,
		lab: WHOLE_QUOTES,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 1), { ttl: 2, from: ["r2"] }, silentHops(3, 3), ...routerHops(4, 4), targetHop(5)],
			durationMs: { atMost: 3200 },
		},
	},
	quotedEight("udp-port", "portUnreachable", "Every probe has a socket of its own, which names it whatever is quoted."),
	quotedEight("udp-classic", "portUnreachable", "The destination port names the probe, and eight bytes hold it."),
	quotedEight("icmp", "echoReply", "Eight bytes of an echo request hold its id and sequence number."),
	quotedEight("tcp", "rst", "Eight bytes of TCP hold both ports and the sequence number."),
	quotedEight("tcpconnect", "rst", "The kernel finds the socket by eight bytes of TCP."),
];

function quotedEight(method: string, kind: ReplyKind, about: string): Scenario {
	return {
		name: `eight bytes quoted of ${method}`,
		about,
		...path({ routers: 3, router: { r1: EIGHT_BYTES, r2: EIGHT_BYTES, r3: EIGHT_BYTES } }),
		trace: { ...ENDS, options: { method } },
		lab: WHOLE_QUOTES,
		expect: {
			reached: true,
			stopReason: "reached",
			hops: [...routerHops(1, 3), targetHop(4, { kind })],
			inferred: { atMost: 0 },
			durationMs: { atMost: 20 },
		},
	};
}

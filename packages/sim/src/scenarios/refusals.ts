/** Routers that refuse to go on, and routes that lead nowhere. */
import type { ExpectedHop, Scenario } from "../scenario.ts";
import { ENDS, path, routerHops } from "./path.ts";

function refusal(ttl: number, from: string, note: string): ExpectedHop {
	return { ttl, from: [from], kind: "unreachable", note };
}

const LOOP: readonly ExpectedHop[] = Array.from({ length: 12 }, (_, index) => {
	const ttl = index + 1;
	return { ttl, from: [ttl === 1 ? "r1" : ttl % 2 === 0 ? "r2" : "r3"], kind: "timeExceeded" };
});

/** Unreachable destinations, filters, black holes and loops. */
export const REFUSALS: readonly Scenario[] = [
	{
		name: "the network cannot be reached",
		about: "!N: the third router has no route; its refusal ends the path.",
		...path({ routers: 5, router: { r3: { unreachable: [{ to: "target", code: "net" }] } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 2), refusal(3, "r3", "!N")],
			durationMs: { atMost: 20 },
		},
	},
	{
		name: "the host cannot be reached",
		about: "!H: the last router gets no answer from the target's link.",
		...path({ routers: 3, router: { r3: { unreachable: [{ to: "target", code: "host" }] } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 2), refusal(3, "r3", "!H")],
		},
	},
	{
		name: "a filter forbids the way",
		about: "!X: the third router answers as a hop, and for everything that would go further it says prohibited.",
		...path({ routers: 5, router: { r3: { unreachable: [{ to: "target", code: "adminProhibited" }] } } }),
		trace: ENDS,
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 3), refusal(4, "r3", "!X")],
		},
	},
	{
		name: "a filter forbids the way for tcp connect",
		about: "The same seen by connect(): the refusal reaches the socket's error queue.",
		...path({ routers: 5, router: { r3: { unreachable: [{ to: "target", code: "adminProhibited" }] } } }),
		trace: { ...ENDS, options: { method: "tcpconnect" } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "unreachable",
			hops: [...routerHops(1, 3), refusal(4, "r3", "!X")],
		},
	},
	{
		name: "a black hole",
		about: "The fourth router drops everything for the target and says nothing: stars to the end.",
		...path({ routers: 6, router: { r4: { blackhole: ["target"] } } }),
		trace: { ...ENDS, options: { maxTtl: 10 } },
		lab: true,
		expect: {
			reached: false,
			stopReason: "maxHops",
			hops: [...routerHops(1, 3), { ttl: 4, through: 10, from: [null] }],
			durationMs: { atMost: 3200 },
		},
	},
	{
		name: "a routing loop",
		about: "The second and third router send the packets to each other until the TTL runs out.",
		...path({
			routers: 4,
			router: { r2: { routes: { target: ["r3"] } }, r3: { routes: { target: ["r2"] } } },
		}),
		trace: { ...ENDS, options: { maxTtl: 12 } },
		lab: true,
		expect: { reached: false, stopReason: "maxHops", hops: LOOP },
	},
];

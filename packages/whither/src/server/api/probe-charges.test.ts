import { expect, it } from "vitest";
import { memoryStore } from "../../store/memory-store.ts";
import { iceRoutes } from "../browser-ice/ice-routes.ts";
import { ProbeBudget } from "../budget/probe-budget.ts";
import type { Run } from "../sessions/course.ts";
import { SessionRegistry } from "../sessions/registry.ts";
import type { ApiDesk } from "./desk.ts";
import { meetingRoutes } from "./meetings.ts";
import type { ApiAsked, ApiRoute } from "./route.ts";
import { stunRoutes } from "./stun.ts";
import { traceRoutes } from "./traces.ts";

const CLIENT = "192.0.2.1";
/** As many as a client may ask for at once. */
const BURST = 400;

/** A trace that tells of as many probes, and then fails. */
function failing(probes: number): Run<object> {
	const result = Promise.reject(new Error("the network went"));
	result.catch(() => {});
	return {
		result,
		stop: () => {},
		async *[Symbol.asyncIterator]() {
			for (let seq = 0; seq < probes; seq++) yield { type: "probe" };
		},
	};
}

function scene() {
	const sessions = new SessionRegistry(memoryStore(), { sessions: 4, sessionsPerClient: 4 });
	const probes = new ProbeBudget({ clientProbesPerSecond: BURST / 20, probesPerSecond: 1_000 });
	const address = { address: "203.0.113.7" };
	const starters = { resolve: async () => [address], trace: () => failing(30), stun: () => {}, meet: () => {} };
	const desk = {
		...{ sessions, probes, starters, now: () => 0, limits: {}, features: {} },
		...{ policy: { judge: () => null }, audit: { write: () => {} }, counts: { probes: 0, refused: new Map() } },
	} as unknown as ApiDesk;
	const context = { body: (text: string) => new Response(text) };
	const post = async ([route]: readonly ApiRoute[], body: object) => {
		const asked = { address: CLIENT, client: CLIENT, body, context, header: () => "" } as unknown as ApiAsked;
		return route?.answer(asked);
	};
	return { desk, post };
}

const NOWHERE = { places: [], local: true };

it("probes of a trace that fails are used up as far as it has told of them", async () => {
	const { desk, post } = scene();
	await post(traceRoutes(desk), { target: "example.com" });
	await expect.poll(() => desk.sessions.counts.running).toBe(0);
	expect(desk.counts.probes).toBe(30);
	expect(desk.probes.take(CLIENT, BURST - 29, 0)).toMatchObject({ of: "client" });
	expect(desk.probes.take(CLIENT, BURST - 30, 0)).toBeNull();
});

it.each([
	["a meeting", (desk: ApiDesk) => meetingRoutes(desk), {}],
	["a test of the NAT", (desk: ApiDesk) => stunRoutes(desk, undefined), { server: "203.0.113.7" }],
	["a browser's visit", (desk: ApiDesk) => iceRoutes(desk, NOWHERE, visit), { sdp: "v=0" }],
	["a browser's visit without an offer", (desk: ApiDesk) => iceRoutes(desk, NOWHERE, noVisit), { sdp: "v=0" }],
] as const)("%s that never begins uses up none", async (_, routesOf, body) => {
	const { desk, post } = scene();
	desk.sessions.drain();
	await expect(post(routesOf(desk), body)).rejects.toThrow();
	expect(desk.probes.take(CLIENT, BURST, 0)).toBeNull();
});

async function visit() {
	return { answer: Promise.resolve(""), candidates: () => true, result: new Promise<never>(() => {}), close: noClose };
}

async function noClose(): Promise<void> {}

async function noVisit(): Promise<never> {
	throw new Error("no offer");
}

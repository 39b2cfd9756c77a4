import { natKind, natWorld } from "@whither/sim";
import { describe, expect, test } from "vitest";
import type { MeetEvent } from "../events.ts";
import { meet } from "../meet.ts";
import type { MeetRequestOptions, OpenSignalling } from "../options.ts";
import type { MeetResult } from "../result.ts";
import type { AlternativesMessage, MeetMessage } from "../signalling/message.ts";
import { signallingPair } from "../signalling/pair.ts";
import type { Signalling, SignallingListener } from "../signalling/signalling.ts";
import { simulatedMeet } from "../simulated.ts";

type Kinds = readonly [Parameters<typeof natKind>[0], Parameters<typeof natKind>[0]];

interface Heard {
	readonly said: MeetMessage[];
	readonly reached: { readonly send: boolean; readonly receive: boolean }[];
}

/** As signalling between the two would be that has use for what checks show, and says to each end what it can use. */
function overheard(open: OpenSignalling, heard: Heard, translate: (message: MeetMessage) => MeetMessage | null) {
	return (listener: SignallingListener): Signalling => {
		const inner = open({
			...listener,
			met: () => listener.met(),
			closed: (failure) => listener.closed(failure),
			message: (message) => {
				const said = translate(message);
				if (said !== null) listener.message(said);
			},
		});
		return {
			role: inner.role,
			send: (message) => {
				heard.said.push(message);
				inner.send(message);
			},
			reached: (way) => heard.reached.push(way),
			close: () => inner.close(),
		};
	};
}

async function call(
	kinds: Kinds,
	options: readonly [Partial<MeetRequestOptions>, Partial<MeetRequestOptions>],
	translate: (message: MeetMessage) => MeetMessage | null = (message) => message,
) {
	const scenario = natWorld({ a: natKind(kinds[0]), b: natKind(kinds[1]), delayMs: 5 });
	const worlds = simulatedMeet(scenario, { hosts: ["lanA", "lanB"], server: "srv", classic: true });
	const pair = signallingPair((deliver) => void worlds[0].after(10, deliver));
	const heard: readonly [Heard, Heard] = [
		{ said: [], reached: [] },
		{ said: [], reached: [] },
	];
	const runs = ([0, 1] as const).map((end) =>
		meet({
			...{ world: worlds[end], signalling: overheard(pair[end], heard[end], translate), stun: ["srv"] },
			...options[end],
		}),
	);
	const events: MeetEvent[] = [];
	for await (const event of runs[0] ?? []) events.push(event);
	const results = await Promise.all(runs.map(({ result }) => result));
	await Promise.all(runs.map(({ closed }) => closed));
	return { results: results as [MeetResult, MeetResult], heard, events };
}

const DRAFT = { ice: "first-draft", media: true } as const;
const UNTRACED = { ...DRAFT, trace: false } as const;

describe("two ends that speak the first draft of ICE", () => {
	test("come together by what each has said at once, send media both ways, and trace it from both ends", async () => {
		const { results, heard, events } = await call(["full cone", "full cone"], [DRAFT, DRAFT]);
		for (const result of results) {
			expect(result).toMatchObject({
				...{ connected: true, ice: "first-draft", warnings: [], outcome: { code: "connected" } },
				selected: { reason: "alternative", local: { type: "srflx", q: 0.8 }, remote: { type: "srflx", q: 0.8 } },
				media: { lost: 0 },
			});
			expect(result.why).toMatch(/^Direct, through your NAT at .*; media both ways, 0 % lost\.$/);
			expect(result.path?.hops.length).toBeGreaterThan(2);
			expect(result.reversePath?.hops.length).toBeGreaterThan(2);
			expect(result.path?.reached).toBe(true);
			expect(result.media?.received).toBeGreaterThan(100);
		}
		expect(heard[0].said[0]).toMatchObject({ type: "alternatives", traces: true });
		expect(heard[0].reached.at(-1)).toEqual({ send: true, receive: true });
		expect(events.some(({ kind }) => kind === "media")).toBe(true);
	});

	test("say again what checks have taught them, as another cycle", async () => {
		const { results, heard } = await call(["symmetric", "full cone"], [UNTRACED, UNTRACED]);
		expect(results.map(({ connected, ice }) => [connected, ice])).toEqual([
			[true, "first-draft"],
			[true, "first-draft"],
		]);
		const told = heard.flatMap(({ said }) =>
			said.filter((one): one is AlternativesMessage => one.type === "alternatives"),
		);
		expect(told.some(({ alternatives }) => alternatives.some(({ derivedFrom }) => derivedFrom !== null))).toBe(true);
	});
});

test("two behind symmetric NATs share one early relay", async () => {
	const relayed = { ...UNTRACED, turn: ["srv:5556"], username: "whither", password: "otter" };
	const { results } = await call(["symmetric", "symmetric"], [relayed, relayed]);
	for (const { why, selected, media, candidates } of results) {
		expect(why).toMatch(
			/^By the other end's relay at .*, since no direct pair answered .*; media both ways, 0 % lost\.$/,
		);
		expect(selected).toMatchObject({ local: { type: "prflx", q: 0.4 }, remote: { type: "relay", q: 0.4 } });
		expect(candidates.local.map(({ type }) => type)).toEqual(["host", "srflx", "relay", "prflx"]);
		expect(media?.received).toBeGreaterThan(100);
	}
});

describe("ends that speak different ones", () => {
	/** As a call does: to each its own, and to the other what stands in `m=` and `c=`. */
	const toEach = (message: MeetMessage): MeetMessage | null => {
		if (message.type !== "endOfCandidates") return message;
		return null;
	};

	test("a modern one sends where the other's description says, and says why", async () => {
		const { results } = await call(["no NAT", "no NAT"], [{ media: true, trace: false }, UNTRACED], toEach);
		expect(results[0]).toMatchObject({
			...{ connected: true, ice: "none", selected: { reason: "noIce" } },
			warnings: [{ code: "otherIce", theirs: "first-draft" }],
			reversePathMissing: { code: "notAsked" },
		});
	});
});

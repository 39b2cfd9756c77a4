/** What came of a call, whichever world it was in: what each agent says of itself in the end, in the words of the expectation. */
import type { FirstDraftAddress, FirstDraftCheck } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import {
	type CallPlace,
	type CallScenario,
	type CallSide,
	type ExpectedCheck,
	type ExpectedEnd,
	otherSide,
} from "./call-scenario.ts";

/** What an agent says of itself in the end; plain data. */
export interface AgentReport {
	readonly addresses: readonly FirstDraftAddress[];
	readonly checks: readonly FirstDraftCheck[];
	/** Where media goes. */
	readonly sendsTo: StunAddress | null;
	/** The first exchange that each alternative was told in, by its id. */
	readonly toldIn: Readonly<Record<string, number>>;
}

/** What came of a call. */
export interface CallReport {
	/** Exchanges of offer and answer that had alternatives on both sides. */
	readonly cycles: number;
	readonly a: AgentReport;
	/** Null: there is no agent. */
	readonly b: AgentReport | null;
}

/** A place's name in the call; an address that is none of the call's as it is. */
export type NamesOf = (place: StunAddress) => CallPlace | string;

/** A place as text. */
export function formatPlace({ address, port }: StunAddress): string {
	return `${address}:${port}`;
}

/** What each address of a call is called. */
export function callNames(call: CallScenario, report: CallReport, own: (node: string) => string): NamesOf {
	const names = new Map<string, CallPlace>();
	names.set(formatPlace({ address: own(call.server.node), port: call.server.relayPort }), "relayServer");
	if ("ice" in call.b) names.set(formatPlace({ address: own(call.b.node), port: call.b.port }), "b.gateway");
	for (const side of ["a", "b"] as const) {
		for (const address of report[side]?.addresses ?? []) {
			const text = formatPlace(address.alt.at);
			if (!names.has(text)) names.set(text, placeOf(call, side, address));
		}
	}
	return (place) => names.get(formatPlace(place)) ?? formatPlace(place);
}

function placeOf({ server }: CallScenario, side: CallSide, { origin, alt }: FirstDraftAddress): CallPlace {
	if (origin !== "relay") return `${side}.${origin}`;
	return server.relayedAt.indexOf(alt.at.address) === 0 ? `${side}.relay` : `${side}.insideRelay`;
}

/** Whether an end's relay stands. */
export function keepsRelay({ addresses }: Pick<AgentReport, "addresses">): boolean {
	return addresses.some(({ origin, freed }) => origin === "relay" && !freed);
}

/** RTP's checks, which the tables tell; where there is RTCP, both must succeed. */
export function checksOf({ checks }: Pick<AgentReport, "checks">): readonly FirstDraftCheck[] {
	return checks
		.filter(({ component }) => component === 1)
		.map((check) => {
			const rtcp = checks.find((other) => other.component === 2 && other.alt.id === check.alt.id);
			return check.state === "succeeded" && rtcp !== undefined ? { ...check, state: rtcp.state } : check;
		});
}

/** What came of a call, line by line. */
export function reportLines(report: CallReport, nameOf: NamesOf): readonly string[] {
	const lines = [cyclesLine(report.cycles)];
	for (const side of ["a", "b"] as const) {
		const own = report[side];
		const other = report[otherSide(side)];
		if (own === null) continue;
		const placeOfId = (addresses: readonly FirstDraftAddress[], id: string) => {
			const found = addresses.find(({ alt }) => alt.id === id);
			return found === undefined ? `"${id}"` : nameOf(found.alt.at);
		};
		for (const { alt } of own.addresses) {
			const cycle = own.toldIn[alt.id];
			if (cycle === undefined) continue;
			const from = alt.derivedFrom === null ? undefined : placeOfId(other?.addresses ?? [], alt.derivedFrom);
			lines.push(tellsLine(side, { at: nameOf(alt.at), q: alt.q, from, cycle }));
		}
		for (const check of checksOf(own)) lines.push(checkLine(side, readCheck(own, check, nameOf)));
		lines.push(sendsLine(side, own.sendsTo === null ? "nobody" : nameOf(own.sendsTo)));
		lines.push(relayLine(side, keepsRelay(own)));
	}
	return lines;
}

function readCheck(own: AgentReport, { alt, state, mapped, isNew }: FirstDraftCheck, nameOf: NamesOf): CheckFacts {
	if (state === "inProgress") return { of: nameOf(alt.at), succeeds: null };
	if (state === "failed" || mapped === null) return { of: nameOf(alt.at), succeeds: false };
	const learned = own.addresses.find((each) => each.origin === "peer" && each.alt.derivedFrom === alt.id);
	const facts = { of: nameOf(alt.at), succeeds: true, mapped: nameOf(mapped) } as const;
	return isNew ? { ...facts, learns: learned?.alt.q ?? Number.NaN } : facts;
}

/** What has to come of a call, line by line. */
export function expectedLines({ expect }: CallScenario): readonly string[] {
	const lines = [cyclesLine(expect.cycles)];
	const add = (side: CallSide, end: ExpectedEnd) => {
		for (const { at, q, from, cycle = 1 } of end.tells) lines.push(tellsLine(side, { at, q, from, cycle }));
		for (const check of end.checks) lines.push(checkLine(side, check));
		lines.push(sendsLine(side, end.sendsTo), relayLine(side, end.keepsRelay));
	};
	add("a", expect.a);
	if (expect.b !== undefined) add("b", expect.b);
	return lines;
}

/** What of two lists of lines stands in one of them alone, in words. */
export function differences(expected: readonly string[], found: readonly string[]): readonly string[] {
	return [
		...expected.filter((line) => !found.includes(line)).map((line) => `should be: ${line}`),
		...found.filter((line) => !expected.includes(line)).map((line) => `is: ${line}`),
	];
}

type CheckFacts =
	| ExpectedCheck
	| { readonly of: string; readonly succeeds: boolean | null; readonly mapped?: string; readonly learns?: number };

interface TellsFacts {
	readonly at: string;
	readonly q: number;
	readonly from: string | undefined;
	readonly cycle: number;
}

const cyclesLine = (cycles: number) => (cycles === 1 ? "1 cycle" : `${cycles} cycles`);
const sendsLine = (side: CallSide, place: string) => `${side} sends to ${place}`;
const relayLine = (side: CallSide, isKept: boolean) => `${side}'s relay is ${isKept ? "kept" : "given back"}`;

function tellsLine(side: CallSide, { at, q, from, cycle }: TellsFacts): string {
	return `${side} tells ${at}, q ${q}${from === undefined ? "" : `, from ${from}`}, in cycle ${cycle}`;
}

function checkLine(side: CallSide, check: CheckFacts): string {
	const head = `${side}'s check of ${check.of}`;
	if (check.succeeds === null) return `${head} is under way`;
	if (!check.succeeds) return `${head} fails`;
	const { mapped, learns } = check as { readonly mapped: string; readonly learns?: number };
	return `${head} succeeds, seen as ${mapped}${learns === undefined ? "" : `, new with q ${learns}`}`;
}

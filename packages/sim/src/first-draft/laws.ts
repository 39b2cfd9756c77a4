/** Laws that every call of the first draft is held to, whatever is lost on the way. */
import { type FirstDraftCheck, type Instant, MILLISECOND } from "@whither/core";
import { attributeOf, decodeStun, isDecodeError, isSameEndpoint, type SdpAlt } from "@whither/wire";
import { AgentEnd } from "./call-end.ts";
import { type AgentReport, checksOf, keepsRelay } from "./call-report.ts";
import { type CallSide, type ExpectedEnd, otherSide } from "./call-scenario.ts";
import type { FirstDraftCall } from "./first-draft-call.ts";
import { type Journey, journeysOf } from "./journeys.ts";
import type { PlayedCall } from "./played-call.ts";

/** What each said in the end has come, some of it at least. */
export function lawsOfSpeech({ call, lastWords }: PlayedCall, isLossless: boolean): readonly string[] {
	const wrong: string[] = [];
	const said = call.spoken - lastWords;
	for (const { side } of call.ends) {
		const heard = call.heardSince(side, lastWords);
		if (isLossless ? heard < said : heard === 0) wrong.push(`${side} heard ${heard} of the last ${said} datagrams`);
	}
	return wrong;
}

/** The server has a binding for each socket of those whose relay is kept, and no others. */
export function lawsOfBindings(call: FirstDraftCall): readonly string[] {
	const kept = call.ends.filter((end) => end instanceof AgentEnd).filter((end) => keepsRelay(end.program.agent));
	const wanted = kept.reduce((sum, { sockets }) => sum + sockets.length, 0);
	const { bindings } = call.relay.counters;
	return bindings === wanted ? [] : [`the server has ${bindings} bindings, and ${wanted} are in use`];
}

/** Exchanges are as many as expected, or one more where a late discovery was worth one. */
export function lawsOfCycles(call: FirstDraftCall): readonly string[] {
	const { cycles } = call.report();
	const most = call.scenario.expect.cycles + 1;
	return cycles > most ? [`${cycles} cycles, and ${most} would do`] : [];
}

/** Media goes to the best address whose check has succeeded; what is given back carries nothing. */
export function lawsOfChoice(call: FirstDraftCall): readonly string[] {
	const report = call.report();
	const nameOf = call.names();
	const wrong: string[] = [];
	for (const side of ["a", "b"] as const) {
		const own = report[side];
		if (own === null) continue;
		const best = bestOf(own);
		if (best !== null && (own.sendsTo === null || !isSameEndpoint(best.at, own.sendsTo)))
			wrong.push(`${side} sends to ${own.sendsTo && nameOf(own.sendsTo)}, though ${nameOf(best.at)} is better`);
		const other = report[otherSide(side)];
		const target = own.sendsTo === null ? "" : nameOf(own.sendsTo);
		const relayOwner = target === "relayServer" ? own : /relay$/i.test(target) ? other : null;
		if (relayOwner !== null && !keepsRelay(relayOwner)) wrong.push(`${side} sends to ${target}, which was given back`);
	}
	return wrong;
}

/** By q-value, and of equal ones what the peer has learned from us (§5.6). */
function bestOf(own: AgentReport): SdpAlt | null {
	let best: SdpAlt | null = null;
	for (const { alt, state } of checksOf(own)) {
		if (state !== "succeeded") continue;
		const isBetter =
			best === null || alt.q > best.q || (alt.q === best.q && best.derivedFrom === null && alt.derivedFrom !== null);
		if (isBetter) best = alt;
	}
	return best;
}

/** No check succeeds that the table says cannot, and none fails that it says can, unless every try of it was lost. */
export function lawsOfChecks({ call, internet }: PlayedCall): readonly string[] {
	const journeys = journeysOf(internet.packets);
	const report = call.report();
	const nameOf = call.names();
	const wrong: string[] = [];
	for (const side of ["a", "b"] as const) {
		const own = report[side];
		const expected = call.scenario.expect[side];
		if (own === null || expected === undefined) continue;
		for (const check of checksOf(own)) {
			const can = expected.checks.find(({ of }) => of === nameOf(check.alt.at))?.succeeds;
			if (can === undefined) continue;
			if (check.state === "succeeded" && !can) wrong.push(`${side}'s check of ${nameOf(check.alt.at)} succeeds`);
			if (check.state === "failed" && can && !wasLost(call, side, check, journeys))
				wrong.push(`${side}'s check of ${nameOf(check.alt.at)} fails, and was not lost`);
		}
	}
	return wrong;
}

/** What leaves so shortly before a relay is given back may find it gone: longer than any way of a call. */
const UNDER_WAY_NS = 200 * MILLISECOND;

/** Whether every try of a check's, or of RTCP's beside it, ended on a link, or its answer did; of those that were made while both relays stood. */
function wasLost(
	call: FirstDraftCall,
	side: CallSide,
	{ alt }: FirstDraftCheck,
	journeys: readonly Journey[],
): boolean {
	const { node, port } = call.scenario[side];
	const tries = journeys.filter(
		({ payload, stages }) => stages[0].node === node && usernameOf(payload) === alt.username,
	);
	const release = journeys.find(({ payload, at }) => at >= (tries[0]?.at ?? 0) && isRelease(payload));
	const until = (release?.at ?? Number.POSITIVE_INFINITY) - UNDER_WAY_NS;
	return [port, port + 1].some((own) => {
		const ofOne = tries.filter(({ stages }) => stages[0].source.port === own);
		return ofOne.length > 0 && isAllLost(ofOne, journeys, until);
	});
}

/** Requests and answers of these transactions, on every leg of their way. */
function isAllLost(tries: readonly Journey[], journeys: readonly Journey[], until: Instant): boolean {
	const ids = new Set(tries.map(({ payload }) => idOf(payload)));
	const legs = journeys.filter(({ payload, at }) => at < until && ids.has(idOf(payload)));
	const lost = legs.filter(({ end }) => end === "lost").length;
	return lost >= tries.filter(({ at }) => at < until).length && legs.every(({ end }) => end !== "dropped");
}

function isRelease(payload: Uint8Array): boolean {
	const message = decodeStun(payload);
	return !isDecodeError(message) && attributeOf(message, "lifetime") === 0 && message.class === "request";
}

function usernameOf(payload: Uint8Array): string | null {
	const message = decodeStun(payload);
	return isDecodeError(message) ? null : (attributeOf(message, "username") ?? null);
}

function idOf(payload: Uint8Array): string {
	const message = decodeStun(payload);
	return isDecodeError(message) ? "" : message.transactionId.join();
}

/**
 * Whether loss explains that a call is not what the table says: a check that it says can succeed has not, or did so after the offer
 * or answer that would have told of it; or an address that STUN was to tell was learned from a check before.
 */
export function isLate(call: FirstDraftCall): boolean {
	const nameOf = call.names();
	return call.ends.some((end) => {
		const expected = call.scenario.expect[end.side];
		if (!(end instanceof AgentEnd) || expected === undefined) return false;
		const isMissed = expected.checks.some(({ of, succeeds }) => succeeds && wasMissed(call, end, of, expected, nameOf));
		return isMissed || hasNoStun(end, expected);
	});
}

function hasNoStun({ program, side }: AgentEnd, { tells }: ExpectedEnd): boolean {
	const isTold = tells.some(({ at }) => at === `${side}.stun`);
	return isTold && program.agent.addresses.every(({ origin }) => origin !== "stun");
}

function wasMissed(
	call: FirstDraftCall,
	end: AgentEnd,
	of: string,
	{ tells }: ExpectedEnd,
	nameOf: ReturnType<FirstDraftCall["names"]>,
): boolean {
	const at = end.successes.find(({ alt }) => nameOf(alt.at) === of)?.at;
	if (at === undefined) return true;
	const teller = tells.find(({ from }) => from === of);
	const told = call.signalling.signals.find((each) => each.from === end.side && each.exchange === (teller?.cycle ?? 1));
	return teller !== undefined && told !== undefined && at > told.at;
}

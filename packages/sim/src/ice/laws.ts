/** Laws that every simulated session is held to. */
import { type IcePairReport, type Instant, MILLISECOND, SECOND } from "@whither/core";
import type { Way } from "./best-way.ts";
import type { IceMeeting } from "./meeting.ts";
import { hurriedBy, type Participant } from "./participant.ts";
import type { SessionSpec } from "./session-spec.ts";

/** RFC 7675 §5.1: consent is over so long after the last answer; a little for what is looked at in steps. */
const CONSENT_SECONDS = 31;

/** Both send on the same pair, as good as there is, with different roles and the same priorities. */
export function lawsOfAgreement({ a, b }: IceMeeting, way: Way): readonly string[] {
	const [ofA, ofB] = [a.selected, b.selected];
	if (ofA === null || ofB === null) return ["nothing selected"];
	const wrong: string[] = [];
	if (place(ofA.local) !== place(ofB.remote) || place(ofA.remote) !== place(ofB.local))
		wrong.push(`they differ: ${formatPair(ofA)} and ${formatPair(ofB)}`);
	else {
		const ours = [ofA.local.priority, ofA.remote.priority];
		const theirs = [ofB.remote.priority, ofB.local.priority];
		if (ours.join() !== theirs.join()) wrong.push(`priorities differ: ${ours.join(", ")} and ${theirs.join(", ")}`);
	}
	const isRelayed = [ofA, ofB].some(({ local, remote }) => local.type === "relay" || remote.type === "relay");
	if (isRelayed && way === "direct") wrong.push(`a relay where none is needed: ${formatPair(ofA)}`);
	if (!isRelayed && way === "relay") wrong.push(`a way where there should be none: ${formatPair(ofA)}`);
	if (a.program.agent.role === b.program.agent.role) wrong.push(`both are ${a.program.agent.role}`);
	return wrong;
}

/**
 * RFC 8445 §14: transactions begin at least Ta apart, until there is a pair. Of those who have none that they keep: what asks
 * for consent (RFC 7675) has its own times.
 */
export function lawsOfPace(
	anew: readonly Participant[],
	{ pacingMs, signallingMs }: SessionSpec,
	from: Instant,
): readonly string[] {
	return anew.flatMap((each) => {
		const selectedAt = each.selections.find(({ at }) => at >= from)?.at ?? Number.POSITIVE_INFINITY;
		const ownTa = pacingMs[each.side === "a" ? 0 : 1] ?? 50;
		// Once the peer's is known, the larger counts (RFC 8839 §5.6).
		const taMsAt = (at: Instant) => (at > signallingMs * MILLISECOND ? Math.max(...pacingMs) : ownTa);
		const hurried = hurriedBy(each, taMsAt, from, selectedAt);
		return hurried === null ? [] : [`${each.side} begins two transactions in ${hurried} ms`];
	});
}

/** What each sent the other since `from` has arrived, as far as the network lets it, and nobody else's has. */
export function lawsOfStream({ a, b, now }: IceMeeting, spec: SessionSpec, from: Instant): readonly string[] {
	const wrong: string[] = [];
	for (const [sender, receiver] of [
		[a, b],
		[b, a],
	] as const) {
		if (receiver.strays > 0) wrong.push(`${receiver.side} got ${receiver.strays} datagrams that are not for him`);
		const sent = sender.sent.filter(({ at }) => at >= from);
		const numbers = new Set(sent.map(({ number }) => number));
		const came = receiver.came.flatMap(({ number }) => (numbers.has(number) ? [number] : []));
		const arrived = new Set(came).size;
		if (sent.length === 0) wrong.push(`${sender.side} said nothing until ${now / SECOND} s`);
		if (spec.loss === 0 ? arrived < sent.length : arrived === 0)
			wrong.push(`${arrived} of ${sent.length} datagrams of ${sender.side}'s arrived`);
		// A relay's client sends again what the relay may have missed (a deviation of ours from RFC 8656 §9).
		const isRelayed = sender.selections.some(({ pair }) => pair.local.type === "relay");
		if (spec.duplicate === 0 && !isRelayed && came.length > arrived) wrong.push(`${receiver.side} got some twice`);
	}
	return wrong;
}

/** Who is alone stops within 30 s of what he heard last, and sends nothing more. */
export function lawsOfSilence(meeting: IceMeeting, alone: readonly Participant[]): readonly string[] {
	const wrong: string[] = [];
	const hasFailed = () => alone.every(({ program }) => program.agent.state === "failed");
	if (!meeting.until(hasFailed, CONSENT_SECONDS + 1)) {
		const states = alone.map(({ side, program }) => `${side} ${program.agent.state}`);
		return [`goes on alone: ${states.join(", ")}`];
	}
	// Two who both end answer what is on its way still.
	if (alone.length > 1) meeting.pass(2000);
	const failedAt = meeting.now;
	meeting.pass(20_000);
	for (const each of alone) if (each.sentAt > failedAt) wrong.push(`${each.side} sends without consent`);
	return wrong;
}

/** Who has closed keeps nothing: no transaction and no timer; and sends nothing more. */
export function lawsOfClosing(meeting: IceMeeting, closed: readonly Participant[]): readonly string[] {
	const wrong: string[] = [];
	for (const { side } of closed) meeting.close(side);
	const closedAt = meeting.now;
	// Relays are given back by requests that may have to be sent again.
	meeting.pass(10_000);
	for (const { side, program, sentAt } of closed) {
		if (program.agent.pending > 0) wrong.push(`${program.agent.pending} transactions of ${side}'s are left`);
		if (program.agent.state !== "closed") wrong.push(`${side} is ${program.agent.state} after its end`);
		if (program.deadline !== null) wrong.push(`${side} waits after its end: ${program.deadline.why}`);
		if (sentAt > closedAt) wrong.push(`${side} sends after its end`);
	}
	return wrong;
}

const place = ({ address, port }: IcePairReport["local"]) => `${address} ${port}`;

/** A pair in a few words. */
export function formatPair({ local, remote }: IcePairReport): string {
	return `${local.type} ${local.address}:${local.port} to ${remote.type} ${remote.address}:${remote.port}`;
}

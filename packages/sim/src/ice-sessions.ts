/** ICE sessions by number, and what has to hold of every one of them. */
import { type IcePairReport, MILLISECOND, SECOND } from "@whither/core";
import { decodeStun, isDecodeError } from "@whither/wire";
import { bestWay, IceMeeting, type MeetingSpec, type Participant, selectedOf } from "./ice-meeting.ts";
import { NAT_KINDS } from "./nat-kinds.ts";
import { Random } from "./random.ts";

/** Longer than any session that succeeds, and than the time after which one that cannot is over. */
const LONGEST_SECONDS = 75;
/** After both have a pair: time to change to a better one, where loss has led to a worse one first. */
const SETTLING_SECONDS = 12;

/** The session with this number: kinds of NAT, family, loss up to a fifth of the round trips, reordering, distance. */
export function sessionSpec(number: number): MeetingSpec {
	const random = new Random(number);
	const kind = () => NAT_KINDS[random.below(NAT_KINDS.length)] ?? NAT_KINDS[0];
	const [a, b] = [kind(), kind()];
	if (a === undefined || b === undefined) throw new RangeError("there are kinds of NAT");
	return {
		...{ a, b, family: random.chance(0.5) ? 4 : 6, seed: number },
		delayMs: [0, 1, 5, 20, 50][random.below(5)] ?? 0,
		// Four links each way.
		loss: random.chance(0.3) ? 0 : random.fraction() * 0.027,
		reorder: random.chance(0.5) ? 0 : random.fraction() * 0.1,
		signallingMs: random.below(200),
		pacingMs: [5, 20, 50][random.below(3)] ?? 50,
		relay: !random.chance(0.2),
	};
}

/** What has to come of a session. */
export function expectedWay({ a, b, relay = true }: MeetingSpec): ReturnType<typeof bestWay> {
	const best = bestWay(a, b);
	return best === "relay" && !relay ? "none" : best;
}

/** Runs a session to its end; what did not hold of it, in words; nothing: all did. */
export function checkSession(spec: MeetingSpec): readonly string[] {
	const meeting = new IceMeeting(spec);
	const { a, b } = meeting;
	const best = expectedWay(spec);
	const wrong: string[] = [];
	meeting.until(best === "none" ? "failed" : "completed", LONGEST_SECONDS);
	if (best === "none") wrong.push(...checkFailure(meeting));
	else {
		const isDone = [a, b].every(({ program }) => program.agent.state === "completed");
		if (!isDone) return [`not connected: ${a.program.agent.state}, ${b.program.agent.state}`];
		wrong.push(...checkPace("a", a, spec), ...checkPace("b", b, spec));
		meeting.pass((spec.loss ?? 0) > 0 ? SETTLING_SECONDS * 1000 : 0);
		wrong.push(...checkAgreement(a, b, best));
		if (spec.seed % 3 === 0) wrong.push(...checkMove(meeting, best, spec));
		wrong.push(...checkEnd(meeting));
	}
	return wrong;
}

/** One has another address: after a restart they agree again, as well as before. */
function checkMove(meeting: IceMeeting, best: "direct" | "relay", spec: MeetingSpec): readonly string[] {
	const { a, b } = meeting;
	const before = [a, b].map(({ events }) => events.length);
	meeting.move();
	const hasAgain = ({ events }: Participant, from: number) =>
		events.slice(from).some(({ event }) => event.kind === "selected");
	const until = meeting.now + LONGEST_SECONDS * SECOND;
	while (meeting.now < until && !(hasAgain(a, before[0] ?? 0) && hasAgain(b, before[1] ?? 0))) meeting.pass(20);
	if (meeting.now >= until) return ["not connected after an address has changed"];
	meeting.until("completed", LONGEST_SECONDS);
	meeting.pass((spec.loss ?? 0) > 0 ? SETTLING_SECONDS * 1000 : 1000);
	return checkAgreement(a, b, best).map((words) => `after an address has changed: ${words}`);
}

function checkAgreement(a: Participant, b: Participant, best: "direct" | "relay"): readonly string[] {
	const [ofA, ofB] = [selectedOf(a), selectedOf(b)];
	if (ofA === null || ofB === null) return ["nothing selected"];
	const place = ({ address, port }: IcePairReport["local"]) => `${address} ${port}`;
	const wrong: string[] = [];
	if (place(ofA.local) !== place(ofB.remote) || place(ofA.remote) !== place(ofB.local))
		wrong.push(`they differ: ${describe(ofA)} and ${describe(ofB)}`);
	const isRelayed = [ofA.local, ofA.remote].some(({ type }) => type === "relay");
	if (isRelayed && best === "direct") wrong.push(`a relay where none is needed: ${describe(ofA)}`);
	if (!isRelayed && best === "relay") wrong.push(`a way where there should be none: ${describe(ofA)}`);
	return wrong;
}

function describe({ local, remote }: IcePairReport): string {
	return `${local.type} ${local.address}:${local.port} to ${remote.type} ${remote.address}:${remote.port}`;
}

/** RFC 8445 §14: transactions begin at least Ta apart, until there is a pair. */
function checkPace(name: string, { program, events }: Participant, { pacingMs = 5 }: MeetingSpec): readonly string[] {
	const selectedAt = events.find(({ event }) => event.kind === "selected")?.at ?? 0;
	const known = new Set<string>();
	let before = Number.NEGATIVE_INFINITY;
	for (const { at, bytes } of program.sent) {
		const message = decodeStun(bytes);
		if (at > selectedAt || isDecodeError(message) || message.class !== "request") continue;
		const id = message.transactionId.join();
		if (known.has(id)) continue;
		known.add(id);
		if (at - before < pacingMs * MILLISECOND) return [`${name} begins two in ${(at - before) / MILLISECOND} ms`];
		before = at;
	}
	return [];
}

/** One end vanishes: the other stops within 30 s of what it heard last, sends nothing more, and keeps nothing. */
function checkEnd(meeting: IceMeeting): readonly string[] {
	const { program } = meeting.a;
	const wrong: string[] = [];
	meeting.b.attached.detach();
	const vanishedAt = meeting.now;
	while (meeting.now < vanishedAt + 45 * SECOND && program.agent.state !== "failed") meeting.pass(100);
	if (program.agent.state !== "failed") return [`goes on alone: ${program.agent.state}`];
	if (meeting.now > vanishedAt + 31 * SECOND) wrong.push("stops late");
	const sent = program.sent.length;
	meeting.pass(60_000);
	if (program.sent.length > sent) wrong.push("sends without consent");
	if (program.agent.pending > 0) wrong.push(`${program.agent.pending} transactions are left`);
	program.hand({ type: "close" });
	meeting.a.attached.wake(meeting.now);
	if (program.agent.deadline !== null) wrong.push("waits after its end");
	return wrong;
}

function checkFailure(meeting: IceMeeting): readonly string[] {
	const states = [meeting.a, meeting.b].map(({ program }) => program.agent.state);
	if (states.some((state) => state !== "failed")) return [`no stated end: ${states.join(", ")}`];
	return meeting.now < 39 * SECOND ? ["failed before its time"] : [];
}

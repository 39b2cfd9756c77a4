/** Runs an ICE session to its end, and says what did not hold of it. */
import { SECOND } from "@whither/core";
import { bestWay, type Way } from "./best-way.ts";
import { lawsOfAgreement, lawsOfClosing, lawsOfPace, lawsOfSilence, lawsOfStream } from "./laws.ts";
import { IceMeeting } from "./meeting.ts";
import type { Participant } from "./participant.ts";
import { movedSpec, type SessionSpec } from "./session-spec.ts";

/** Longer than any session takes to succeed, and than the time after which one that cannot is over. */
const LONGEST_SECONDS = 110;
/** After both have a pair: time to change to a better one, where loss has led to a worse one first. */
const SETTLING_SECONDS = 25;
/** RFC 8863 §4: nobody gives up sooner. */
const PATIENCE_SECONDS = 39;
/** How long each talks to the other, and how long what he says may be on its way. */
const [TALK_MS, ARRIVAL_MS] = [1000, 1500];

/** What came of a session. */
export interface SessionOutcome {
	/** What there was at best, at first. */
	readonly way: Way;
	/** What did not hold, in words; empty: everything did. */
	readonly wrong: readonly string[];
	readonly meeting: IceMeeting;
}

/** Runs one. Nothing in it but its specification decides what happens; `records`: the packet trace is kept. */
export function runSession(spec: SessionSpec, options: { readonly records: boolean }): SessionOutcome {
	const meeting = new IceMeeting(spec, options);
	const course = new Course(meeting, spec);
	const way = course.run();
	return { way, wrong: course.wrong, meeting };
}

/** What did not hold of a session; empty: everything did. */
export function checkSession(spec: SessionSpec): readonly string[] {
	return runSession(spec, { records: false }).wrong;
}

/** One session as it goes on; it ends with the first thing that is wrong. */
class Course {
	readonly wrong: string[] = [];
	readonly #meeting: IceMeeting;
	#spec: SessionSpec;
	#hasMoved = false;

	constructor(meeting: IceMeeting, spec: SessionSpec) {
		this.#meeting = meeting;
		this.#spec = spec;
	}

	/** What there was at best, at first. */
	run(): Way {
		const way = bestWay(this.#spec);
		if (way === "none") {
			this.#fail("");
			if (this.#meeting.now < PATIENCE_SECONDS * SECOND) this.wrong.push("failed before its time");
			this.#close();
		} else {
			this.#meet(way, "", this.#meeting.participants);
			if (this.#spec.server === "lost") this.#loseServer(way);
			const { moves } = this.#spec;
			for (const who of moves) if (!this.#isOver) this.#move(who);
			this.#end();
		}
		return way;
	}

	get #isOver(): boolean {
		return this.wrong.length > 0 || !this.#meeting.are("completed");
	}

	#add(when: string, wrong: readonly string[]): void {
		for (const words of wrong) this.wrong.push(when + words);
	}

	/** Both have a pair since the last move, agree on it, and reach each other by it. */
	#meet(way: Way, when: string, anew: readonly Participant[]): void {
		const meeting = this.#meeting;
		const from = meeting.now;
		const hasMet = () =>
			meeting.are("completed") && meeting.participants.every(({ selections }) => (selections.at(-1)?.at ?? -1) >= from);
		if (!meeting.until(hasMet, LONGEST_SECONDS)) {
			const states = meeting.participants.map(({ program }) => program.agent.state);
			this.wrong.push(`${when}not connected: ${states.join(", ")}`);
			return;
		}
		this.#add(when, lawsOfPace(anew, this.#spec, from));
		this.#agree(way, when);
		if (this.wrong.length === 0) this.#talk(when);
		if (this.wrong.length === 0) this.#agree(way, `${when}later `);
	}

	/** At once, or where packets get lost and overtake each other, in the end. */
	#agree(way: Way, when: string): void {
		const { loss, reorder } = this.#spec;
		const agree = () => lawsOfAgreement(this.#meeting, way).length === 0;
		if (this.#meeting.until(agree, loss + reorder > 0 ? SETTLING_SECONDS : 5)) return;
		this.#add(when, lawsOfAgreement(this.#meeting, way));
	}

	#talk(when: string): void {
		const meeting = this.#meeting;
		const from = meeting.now;
		meeting.talk(true);
		meeting.pass(TALK_MS);
		meeting.talk(false);
		meeting.pass(ARRIVAL_MS);
		this.#add(when, lawsOfStream(meeting, this.#spec, from));
	}

	/** There is no way: both say so, each in its time. */
	#fail(when: string): void {
		const meeting = this.#meeting;
		if (meeting.until(() => meeting.are("failed"), LONGEST_SECONDS)) return;
		const states = meeting.participants.map(({ program }) => program.agent.state);
		this.wrong.push(`${when}no stated end: ${states.join(", ")}`);
	}

	/** STUN and TURN are gone at once: who needs a relay says so, everybody else goes on. */
	#loseServer(way: Way): void {
		if (this.#isOver) return;
		this.#meeting.loseServer();
		this.#spec = { ...this.#spec, server: "dead" };
		if (way === "relay") this.#add("without the relay ", lawsOfSilence(this.#meeting, this.#meeting.participants));
		else {
			this.#meeting.pass(10_000);
			this.#talk("without the server ");
		}
	}

	#move(who: "a" | "b" | "both"): void {
		const when = `after ${who} moved: `;
		this.#hasMoved = true;
		this.#spec = movedSpec(this.#spec, who);
		const way = bestWay(this.#spec);
		this.#meeting.move(who);
		if (way === "none") this.#fail(when);
		else {
			const moved = this.#meeting.participants.filter(({ side }) => who === "both" || who === side);
			this.#meet(way, when, moved);
		}
	}

	#end(): void {
		const { a, participants } = this.#meeting;
		if (this.wrong.length > 0) return;
		if (this.#meeting.are("completed") && this.#spec.end === "vanishes") {
			this.#meeting.vanish("b");
			this.#add("alone ", lawsOfSilence(this.#meeting, [a]));
			this.#add("", lawsOfClosing(this.#meeting, [a]));
		} else this.#close(participants);
	}

	#close(closed = this.#meeting.participants): void {
		this.#add("", lawsOfClosing(this.#meeting, closed));
		const { allocations } = this.#meeting;
		// A request to give a relay back may be lost for good, or its network be left; then it expires.
		const isKept = this.#spec.server === "alive" && this.#spec.loss === 0 && !this.#hasMoved;
		if (isKept && allocations > 0) this.wrong.push(`${allocations} allocations are left`);
	}
}

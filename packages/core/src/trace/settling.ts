/**
 * How the slots of a trace are settled: by an answer, by silence, by an answer from beyond the target that stands for
 * them, or by being asked again alone where short quotes left it open.
 */
import type { Deadline, Instant } from "../machine.ts";
import type { TraceOptions } from "./options.ts";
import { PathEnd } from "./path-end.ts";
import { type Answer, ProbeBook, type Slot, type Transmission } from "./probe-book.ts";
import { Schedule } from "./schedule.ts";
import { ShortQuotes, type Unplaced } from "./short-quotes.ts";
import { canBeStoodFor, Waits } from "./waits.ts";

/**
 * A server may ask twice for another packet (QUIC's Version Negotiation, then its Retry); one that asks for yet another
 * is playing with us.
 */
export const MOST_FOLLOW_UPS = 2;

interface FollowUp {
	readonly at: Instant;
	readonly state: unknown;
	readonly detail: Readonly<Record<string, unknown>>;
}

/** Who is asked and told about slots. */
export interface SlotOwner {
	/** A slot on the path was answered or given up. */
	settled(slot: Slot, now: Instant): void;
	/** A slot is about to be given up. True: it has been put down to be sent again. */
	mayHaveLostWord(slot: Slot): boolean;
}

/** The slots of one trace and how they come to rest. */
export class Settling {
	readonly book: ProbeBook;
	readonly schedule: Schedule;
	readonly end: PathEnd;
	/** Hops below this TTL have been told and end the path no more. */
	toldBelowTtl: number;
	/** Where the path probably ends; null where nothing tells. */
	#likelyTtl: number | null = null;
	readonly #waits: Waits;
	readonly #shortQuotes = new ShortQuotes();
	readonly #owner: SlotOwner;
	readonly #retransmissions: number;

	/** `retransmissions`: how often a probe is sent again that stays unanswered. */
	constructor(options: TraceOptions, owner: SlotOwner, retransmissions = 0) {
		this.book = new ProbeBook(options.firstTtl, options.maxTtl, options.queries);
		this.schedule = new Schedule(this.book, options);
		this.end = new PathEnd(options.maxTtl);
		const rule = { maxNs: options.waitMaxNs, here: options.waitHere, near: options.waitNear, retransmissions };
		this.#waits = new Waits(this.book, rule, this.end);
		this.toldBelowTtl = options.firstTtl;
		this.#owner = owner;
		this.#retransmissions = retransmissions;
	}

	/** Something tells where the path probably ends: probes beyond are held back for so long (`Schedule.expectEnd`). */
	expectEnd(ttl: number, holdNs: number): void {
		this.#likelyTtl = ttl;
		this.schedule.expectEnd(ttl, holdNs);
	}

	/** Takes an answer for its slot; a slot that has one already only counts it. */
	answer(answer: Answer, now: Instant): "answered" | "late" | "duplicate" {
		const { slot } = answer.transmission;
		if (slot.answer !== null) {
			slot.duplicates++;
			return "duplicate";
		}
		const late = slot.state === "expired" && slot.stand === null;
		slot.answer = { ...answer, late };
		slot.stand = null;
		this.book.mark(slot, "answered");
		this.#waits.answered(slot.answer);
		this.schedule.grow();
		this.#owner.settled(slot, now);
		const mayEnd = slot.ttl >= this.toldBelowTtl;
		if (mayEnd && this.end.note(slot.ttl, answer.meaning)) this.schedule.endAt(this.end.lastTtl);
		return late ? "late" : "answered";
	}

	/** The target asks for another packet of this probe first; false: it has an answer, or asked too often. */
	followUp(transmission: Transmission, follow: FollowUp): boolean {
		const { slot } = transmission;
		const details = slot.again?.details ?? [];
		if (slot.answer !== null || slot.state === "unsent" || details.length >= MOST_FOLLOW_UPS) return false;
		const rttNs = Math.max(0, follow.at - transmission.sentAt);
		slot.again = { state: follow.state, details: [...details, { ...follow.detail, rttNs }] };
		this.book.mark(slot, "unsent");
		this.schedule.repeat([slot]);
		this.#waits.endAnswered();
		return true;
	}

	/** The probe that an answer is for which tells no more than its TTL: the first sent of those that have none. */
	unansweredAt(ttl: number, at: Instant): Transmission | null {
		for (const state of ["waiting", "expired"]) {
			const open = this.book.hop(ttl).filter((slot) => slot.state === state && slot.answer === null);
			const sent = open.flatMap(({ transmission }) => (transmission === null ? [] : [transmission]));
			const first = sent.sort((a, b) => a.sentAt - b.sentAt).find(({ sentAt }) => sentAt <= at);
			if (first !== undefined) return first;
		}
		return null;
	}

	/** Keeps an answer that does not name its probe. */
	keep(unplaced: Unplaced): void {
		const { reply, meaning } = unplaced;
		this.#shortQuotes.add(unplaced);
		if (meaning.place === "hop") return;
		const [first] = this.book.waiting;
		this.#waits.endAnswered(reply.at - (first?.transmission?.sentAt ?? reply.at));
		if (this.end.noteUnnamed(this.book.latestSentTtl, meaning)) this.schedule.endAt(this.end.lastTtl);
	}

	/** Gives up what was waited for long enough. */
	expire(now: Instant): void {
		this.#standIn(now);
		for (const slot of [...this.book.waiting]) {
			if (now < this.#waits.expiresAt(slot)) continue;
			const onPath = slot.ttl <= this.end.lastTtl;
			if (onPath && this.#owner.mayHaveLostWord(slot)) continue;
			if (onPath && this.#retransmit(slot)) continue;
			const held = onPath && this.#shortQuotes.pending && slot.attempts - slot.unanswered.length === 1;
			this.book.mark(slot, held ? "held" : "expired");
			if (onPath && !held) this.#owner.settled(slot, now);
		}
	}

	/** Offers the times at which `expire` has something to do. */
	offerDeadlines(offer: (deadline: Deadline) => void): void {
		const { lastTtl } = this.end;
		for (const slot of this.book.waiting) {
			if (slot.ttl <= lastTtl) offer({ at: this.#waits.expiresAt(slot), why: "an answer" });
		}
		const overdue = this.#waits.overdueAt();
		if (overdue !== null) offer({ at: overdue, why: "overdue answer of the target" });
	}

	/** Answers whose quotes were too short find their probe when only one hop is left that they can be from. */
	place(now: Instant): void {
		if (!this.#shortQuotes.pending || !this.schedule.done) return;
		// They may as well be from hops that have been waited for long enough.
		if (this.book.holds && !this.#shortQuotes.asksAlone) return;
		const waiting = [...this.book.waiting].filter(({ ttl }) => ttl <= this.end.lastTtl);
		for (const { slot, unplaced } of this.#shortQuotes.place(waiting, (from) => this.#answersBelow(from, waiting))) {
			if (slot.transmission === null) continue;
			this.answer({ transmission: slot.transmission, ...unplaced, late: false, inferred: true }, now);
		}
	}

	/**
	 * Once all else is settled, hops that an answer without a name may have come from are asked again, one hop at a time.
	 * Says what made that necessary: a router's short quotes, or nothing but answers of the target's own that name none.
	 */
	askHeldAlone(): "quotes" | "bareAnswers" | "nothing" {
		if (!this.book.holds || !this.schedule.done || this.book.waitingUpTo(this.end.lastTtl) > 0) return "nothing";
		const slots = [...this.book.slots(this.end.lastTtl)];
		const held = slots.filter((slot) => slot.state === "held");
		if (held.length === 0) return "nothing";
		const cause = this.#shortQuotes.quotes ? "quotes" : "bareAnswers";
		const highestAnsweredTtl = slots.findLast(({ answer }) => answer !== null)?.ttl ?? this.book.firstTtl - 1;
		const endTtl = this.end.known ? this.end.lastTtl : null;
		const path = { highestAnsweredTtl, endTtl, likelyTtl: this.#likelyTtl };
		const { ask, giveUp } = this.#shortQuotes.askAlone(held, path);
		for (const slot of giveUp) this.book.mark(slot, "expired");
		for (const slot of ask) this.book.mark(slot, "unsent");
		this.schedule.repeat(ask);
		return ask.length > 0 ? cause : "nothing";
	}

	/** Nobody will answer later than those who have: what waits is given a grace. */
	endAnswered(): void {
		this.#waits.endAnswered();
	}

	/** How long a packet beside the hops is waited for. */
	companionLimitNs(slot: Slot): number {
		return this.#waits.companionLimitNs(slot.ttl);
	}

	/** True: the slot is sent again before it is given up. Where answers without a name are kept, one may be its own. */
	#retransmit(slot: Slot): boolean {
		const { transmission, unanswered } = slot;
		if (transmission === null || unanswered.length >= this.#retransmissions) return false;
		if (this.#shortQuotes.pending || this.schedule.stopped) return false;
		unanswered.push(transmission);
		this.book.mark(slot, "unsent");
		this.schedule.repeat([slot]);
		return true;
	}

	/** Lets answers of the path's end from beyond stand for its overdue probes. */
	#standIn(now: Instant): void {
		const overdueAt = this.#waits.overdueAt();
		if (overdueAt === null || now < overdueAt) return;
		const samples = this.book.samplesBeyond(this.end.lastTtl);
		for (const slot of this.book.hop(this.end.lastTtl)) {
			if (!canBeStoodFor(slot) || now < this.#waits.slotOverdueAt(slot)) continue;
			const sample = samples.shift();
			if (sample === undefined) return;
			slot.stand = sample;
			this.book.mark(slot, "expired");
		}
	}

	/** This sender already answered for a TTL below those that wait: what it says now is a copy of that. */
	#answersBelow(from: string, waiting: readonly Slot[]): boolean {
		const below = [...this.book.slots((waiting[0]?.ttl ?? 0) - 1)];
		return below.some(({ answer }) => answer !== null && answer.reply.from === from);
	}
}

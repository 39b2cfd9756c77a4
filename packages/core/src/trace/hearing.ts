/** What a trace hears: the probe that each reply answers, and what that settles. */
import type { Instant } from "../machine.ts";
import type { Reply } from "./channel.ts";
import type { Companions } from "./companions.ts";
import type { IgnoreReason, Match } from "./method.ts";
import type { PathMtuDiscovery } from "./path-mtu/discovery.ts";
import type { Answer } from "./probe-book.ts";
import type { Sending } from "./sending.ts";
import type { Settling } from "./settling.ts";
import type { TracerOutput } from "./tracer-io.ts";

/** What is heard by, and where outputs go. */
export interface HearingParts {
	readonly settling: Settling;
	readonly companions: Companions;
	readonly sending: Sending;
	readonly mtu: PathMtuDiscovery | null;
	readonly output: (output: TracerOutput) => void;
}

type ProbeMatch = Extract<Match, { type: "probe" }>;

/** The receiving side of one trace. */
export class Hearing {
	/** What came in, and what of it did not count. */
	readonly counts = { received: 0, foreign: 0, duplicates: 0, late: 0, dropped: 0 };
	readonly #parts: HearingParts;

	constructor(parts: HearingParts) {
		this.#parts = parts;
	}

	/** True when the reply settled something, or may. */
	take(reply: Reply, match: Exclude<Match, { type: "broken" }>, now: Instant): boolean {
		const { settling, mtu } = this.#parts;
		if (match.type === "foreign") return this.#ignore(match.reason);
		if (match.type === "flow") return this.#takeUnnamed(reply, match, now);
		const transmission = settling.book.transmissions[match.sequence] ?? null;
		if (transmission === null) return this.#ignore("unknownSequence");
		if (match.type === "again") {
			const { state, detail } = match;
			return settling.followUp(transmission, { at: reply.at, state, detail }) || this.#count("duplicate");
		}
		if (match.meaning.kind === "packetTooBig" && mtu?.refused(transmission, reply) === true) return true;
		return this.#takeAnswer({ transmission, reply, meaning: match.meaning, late: false, inferred: false }, match, now);
	}

	/** An answer that does not name its probe: it is kept until it is known whose it is, or its TTL tells. */
	#takeUnnamed(reply: Reply, { meaning, ttl, joint }: Extract<Match, { type: "flow" }>, now: Instant): boolean {
		const { settling, mtu, output } = this.#parts;
		if (meaning.kind === "packetTooBig" && mtu !== null) {
			mtu.refusedUnnamed(reply);
			return true;
		}
		if (ttl === undefined) {
			settling.keep({ reply, meaning, joint: joint === true });
			output({ type: "ignored", reason: "shortQuote" });
			return true;
		}
		const transmission = settling.unansweredAt(ttl, reply.at);
		if (transmission === null) return this.#count("duplicate");
		return this.#count(settling.answer({ transmission, reply, meaning, late: false, inferred: true }, now));
	}

	/** An answer with what comes of it beside: a farewell, and further probes that it answers. */
	#takeAnswer(answer: Answer, match: ProbeMatch, now: Instant): boolean {
		const { sending, output } = this.#parts;
		if (match.farewell !== undefined) output({ type: "send", probes: [sending.farewell(match.farewell)] });
		const isNews = this.#answer(answer, match, now);
		for (const sequence of match.also ?? []) this.#answerAlso(sequence, answer, now);
		return isNews || match.also !== undefined;
	}

	/** True when the answer settled something. */
	#answer(answer: Answer, { part }: ProbeMatch, now: Instant): boolean {
		const { slot } = answer.transmission;
		if (part === true && slot.answer !== null) return false;
		if (slot.companion !== null) return this.#parts.companions.answer(answer) || this.#count("duplicate");
		return this.#count(this.#parts.settling.answer(answer, now));
	}

	/** A packet that answers several probes at once. */
	#answerAlso(sequence: number, answer: Answer, now: Instant): void {
		const { settling } = this.#parts;
		const transmission = settling.book.transmissions[sequence] ?? null;
		if (transmission === null || transmission.slot.companion !== null || transmission.slot.answer !== null) return;
		settling.answer({ ...answer, transmission }, now);
	}

	/** True unless it was an answer that its probe had already. */
	#count(outcome: "answered" | "late" | "duplicate"): boolean {
		if (outcome === "late") this.counts.late++;
		if (outcome !== "duplicate") return true;
		this.counts.duplicates++;
		this.#parts.output({ type: "ignored", reason: "duplicate" });
		return false;
	}

	#ignore(reason: IgnoreReason): false {
		this.counts.foreign++;
		this.#parts.output({ type: "ignored", reason });
		return false;
	}
}

import type { StunAddress } from "@whither/wire";
import { type Deadline, type Instant, MILLISECOND, SECOND } from "../machine.ts";
import { mappedBy } from "../stun/answers.ts";
import { DATAGRAM_SCHEDULE } from "../stun/schedule.ts";
import { familyOf } from "./address.ts";
import type { LocalCandidate } from "./candidate.ts";
import type { IceAgentConfig } from "./ice-io.ts";
import type { Base, LocalCandidates } from "./locals.ts";
import type { Outlet } from "./outlet.ts";
import type { Pace } from "./pacer.ts";
import type { Answer, Requests } from "./requests.ts";

/** A NAT forgets what is not used: RFC 8445 §5.1.1.4, Tr of §11. */
const KEEPALIVE_NS = 15 * SECOND;

/**
 * Deviation: RFC 8489 §6.2.1 alone would send again after 500 ms, and four times in the five seconds that a server has. New
 * requests take their turns of Ta between those: what a lossy link swallows is soon made up for.
 */
const AGAIN_NS: readonly number[] = [250, 500, 1000, 2000].map((ms) => ms * MILLISECOND);

/** A server that a base asks, or is to ask. */
interface Asked {
	readonly base: Base;
	readonly server: StunAddress;
	/** When it was asked, and when it is given up; infinity until it is asked. */
	askedAt: Instant;
	endsAt: Instant;
	/** When it is asked anew, and how often it has been asked. */
	againAt: Instant;
	times: number;
	/** Requests whose answers count. */
	readonly keys: Set<number>;
}

const NEVER = Number.POSITIVE_INFINITY;
const UNASKED = { askedAt: NEVER, endsAt: NEVER, againAt: NEVER, times: 0 } as const;

/** Finds server-reflexive candidates (RFC 8445 §5.1.1.2), and says when all is found. */
export class Gathering {
	readonly #config: IceAgentConfig;
	readonly #parts: { readonly locals: LocalCandidates; readonly requests: Requests; readonly outlet: Outlet };
	readonly #pace: Pace;
	readonly #found: (candidates: readonly LocalCandidate[], now: Instant) => void;
	#queue: Asked[] = [];
	readonly #asked = new Set<Asked>();
	/** Mappings, and when each is to be shown to the NAT again. */
	readonly #warm = new Map<Asked, Instant>();
	#keepsWarm = true;
	#firstAnswerAt: Instant | null = null;
	#basesComplete = false;
	#complete = false;

	constructor(
		config: IceAgentConfig,
		parts: { readonly locals: LocalCandidates; readonly requests: Requests; readonly outlet: Outlet },
		pace: Pace,
		found: (candidates: readonly LocalCandidate[], now: Instant) => void,
	) {
		this.#config = config;
		this.#parts = parts;
		this.#pace = pace;
		this.#found = found;
	}

	/** Nothing more will be found. */
	get complete(): boolean {
		return this.#complete;
	}

	/** Whether a transaction waits for its turn. */
	get hasWork(): boolean {
		return this.#queue.length > 0;
	}

	get deadline(): Deadline | null {
		let at = Number.POSITIVE_INFINITY;
		for (const each of this.#asked) at = Math.min(at, this.#endOf(each), each.againAt);
		if (this.#keepsWarm) for (const due of this.#warm.values()) at = Math.min(at, due);
		return at === Number.POSITIVE_INFINITY ? null : { at, why: "gathering" };
	}

	/** A socket from which servers are to be asked. */
	addBase(base: Base): void {
		const { policy, lite, stunServers = [] } = this.#config;
		const isAsking = policy !== "relay" && lite !== true && base.at.relay === undefined && base.at.transport !== "tcp";
		if (!isAsking) return;
		const own = stunServers
			.filter((server) => familyOf(server) === familyOf(base.at))
			.map((server): Asked => {
				return { base, server, ...UNASKED, keys: new Set() };
			});
		this.#queue.push(...own);
		if (own.length > 0) this.#complete = false;
	}

	removeBase(number: number, now: Instant): void {
		this.#queue = this.#queue.filter(({ base }) => base.number !== number);
		for (const each of [...this.#warm.keys()]) if (each.base.number === number) this.#warm.delete(each);
		for (const each of [...this.#asked]) if (each.base.number === number) this.#end(each, now);
	}

	/** The driver has told all that there is. */
	basesComplete(now: Instant): void {
		this.#basesComplete = true;
		this.#conclude(now);
	}

	/** The driver is going to tell more. */
	basesPending(): void {
		this.#basesComplete = false;
		this.#complete = false;
	}

	/** Whether mappings are kept alive, and looked at for changes: until a pair is selected, whose own packets then do both. */
	keepWarm(isWanted: boolean, now: Instant): void {
		if (this.#keepsWarm && !isWanted) for (const each of this.#warm.keys()) this.#end(each, now);
		this.#keepsWarm = isWanted;
	}

	/** Nothing is asked any more. */
	end(now: Instant): void {
		for (const each of [...this.#asked, ...this.#warm.keys()]) this.#cancel(each, now);
		this.#asked.clear();
		this.#warm.clear();
		this.#queue = [];
	}

	/** Asks everybody again, for a new generation. */
	again(bases: Iterable<Base>, now: Instant): void {
		this.end(now);
		this.#firstAnswerAt = null;
		this.#complete = false;
		this.#keepsWarm = true;
		for (const base of bases) this.addBase(base);
		this.#conclude(now);
	}

	/** One transaction begins. */
	askNext(now: Instant): void {
		const next = this.#queue.shift();
		if (next === undefined) return;
		if (next.times === 0) {
			next.askedAt = now;
			next.endsAt = now + (this.#config.gatherTimeoutMs ?? 5000) * MILLISECOND;
		}
		for (const key of next.keys) this.#parts.requests.quiet(key, now);
		next.againAt = now + (AGAIN_NS[next.times] ?? Number.POSITIVE_INFINITY);
		next.times++;
		this.#asked.add(next);
		this.#ask(next, now);
	}

	overdue(now: Instant): void {
		if ((this.deadline?.at ?? Number.POSITIVE_INFINITY) > now) return;
		for (const each of [...this.#asked])
			if (this.#endOf(each) <= now) {
				this.#fail(each, "timeout", null);
				this.#end(each, now);
			} else if (each.againAt <= now) {
				each.againAt = Number.POSITIVE_INFINITY;
				this.#queue.push(each);
			}
		if (!this.#keepsWarm) return;
		for (const [each, due] of [...this.#warm])
			if (due <= now) {
				this.#warm.set(each, now + KEEPALIVE_NS);
				Object.assign(each, UNASKED);
				this.#queue.push(each);
			}
	}

	#ask(each: Asked, now: Instant): void {
		// RFC 8445 §14.3: the more there are, the slower each.
		const count = this.#asked.size + this.#queue.length;
		const rtoNs = Math.max(DATAGRAM_SCHEDULE.rtoNs, this.#pace.intervalNs * count);
		const question = {
			base: each.base.number,
			to: each.server,
			attributes: [],
			schedule: { ...DATAGRAM_SCHEDULE, rtoNs },
		};
		const ended = (answer: Answer, at: Instant, errnoName: string | null) => {
			each.keys.delete(key);
			this.#ended(each, answer, at, errnoName);
		};
		const key = this.#parts.requests.ask(question, { ended }, now);
		each.keys.add(key);
	}

	#ended(each: Asked, answer: Answer, now: Instant, errnoName: string | null): void {
		if (answer.kind === "success") {
			this.#firstAnswerAt ??= now;
			const mapped = mappedBy(each.server, answer.message);
			if (mapped === null) this.#fail(each, "noMappedAddress", null);
			else {
				this.#warm.set(each, now + KEEPALIVE_NS);
				const fresh = this.#parts.locals.addReflexive(each.base.number, mapped, each.server);
				if (fresh.length > 0) this.#found(fresh, now);
			}
		} else if (each.keys.size > 0) return;
		else if (this.#asked.has(each)) this.#fail(each, failureOf(answer, errnoName), answer.error);
		this.#end(each, now);
	}

	#end(each: Asked, now: Instant): void {
		this.#cancel(each, now);
		this.#queue = this.#queue.filter((other) => other !== each);
		if (this.#asked.delete(each)) this.#conclude(now);
	}

	#cancel({ keys }: Asked, now: Instant): void {
		for (const key of keys) this.#parts.requests.cancel(key, now);
		keys.clear();
	}

	#fail({ base, server }: Asked, why: string, error: Extract<Answer, { readonly kind: "failed" }>["error"]): void {
		this.#parts.outlet.tell({ kind: "candidateError", error: { base: base.number, server, why, error } });
	}

	/** Once anybody has answered, the network is there: who is silent then is waited for no longer than the grace. */
	#endOf({ askedAt, endsAt }: Asked): Instant {
		if (this.#firstAnswerAt === null) return endsAt;
		return Math.min(
			endsAt,
			Math.max(askedAt, this.#firstAnswerAt) + (this.#config.gatherGraceMs ?? 1000) * MILLISECOND,
		);
	}

	#conclude(now: Instant): void {
		if (this.#complete || !this.#basesComplete || this.#queue.length > 0 || this.#asked.size > 0) return;
		this.#complete = true;
		this.#parts.outlet.tell({ kind: "gathered" });
		this.#found([], now);
	}
}

/** That nobody has the port, the server's machine says itself, as a rule: requests come that far. */
function failureOf(answer: Exclude<Answer, { readonly kind: "success" }>, errnoName: string | null): string {
	if (answer.kind === "error") return "refused";
	return errnoName === "ECONNREFUSED" ? "portUnreachable" : answer.why;
}

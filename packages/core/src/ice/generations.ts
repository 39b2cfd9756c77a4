import type { Instant } from "../machine.ts";
import { componentsOf } from "./component.ts";
import { newCredentials, peerOf } from "./credentials.ts";
import type { Credentials, Ground } from "./ground.ts";
import type { IcePeer } from "./ice-io.ts";
import { Session } from "./session.ts";

/** Generations of the peer's whose descriptions are known again when they come late. */
const MOST_FORMER = 16;

/** Who is to know of generations. */
export interface GenerationHooks {
	/** A generation has begun: candidates are to be gathered and told anew. */
	renewed(now: Instant): void;
	/** The peer's description has come, and checks are about to begin. */
	begins(peer: IcePeer): void;
}

/** The generation that is checked now, and the one before it, in use until then (RFC 8445 §9). */
export class Generations {
	readonly #ground: Ground;
	readonly #hooks: GenerationHooks;
	#current: Session;
	#previous: Session | null = null;
	#all: readonly Session[] = [];
	/** The current generation is a restart of ours: the peer's next description is its answer, and no restart of its own. */
	#isOffered = false;
	/** User fragments that the peer has had, the newest last. */
	#former: readonly string[] = [];

	constructor(ground: Ground, hooks: GenerationHooks) {
		this.#ground = ground;
		this.#hooks = hooks;
		this.#current = this.#session(newCredentials(ground.chance));
	}

	get current(): Session {
		return this.#current;
	}

	get previous(): Session | null {
		return this.#previous;
	}

	get all(): readonly Session[] {
		// Asked several times a step, and seldom another.
		if (this.#all[0] !== this.#current || this.#all[1] !== (this.#previous ?? undefined))
			this.#all = this.#previous === null ? [this.#current] : [this.#current, this.#previous];
		return this.#all;
	}

	/** A restart of ours. */
	restart(now: Instant): void {
		this.#isOffered = true;
		this.#renew(newCredentials(this.#ground.chance), now);
	}

	/**
	 * The peer's description: `begun` where checks begin with it, `known` where they have, `old` where it is of a generation
	 * that is over. Another one than before is a restart of the peer's, which ours follows. Deviation: RFC 8445 §9, where it
	 * answers a restart of ours, which keeps its credentials: two restarts at once would otherwise answer each other for ever.
	 */
	meet(told: IcePeer, now: Instant): "begun" | "known" | "old" {
		const { peer } = this.#current.generation;
		if (peer?.ufrag === told.ufrag && peer.pwd === told.pwd) return "known";
		if (peer !== null) {
			if (peer.ufrag !== told.ufrag && this.#former.includes(told.ufrag)) return "old";
			const isAnswer = this.#isOffered && !this.#current.generation.hasMet;
			this.#isOffered = isAnswer;
			this.#renew(isAnswer ? this.#current.own : newCredentials(this.#ground.chance), now);
		}
		this.#former = [...this.#former.filter((ufrag) => ufrag !== told.ufrag), told.ufrag].slice(-MOST_FORMER);
		this.#hooks.begins(told);
		this.#current.begin(peerOf(told), now);
		return "begun";
	}

	/** Ends the generation before once the current one has its pairs. */
	conclude(now: Instant): void {
		this.#current.chooseUnchecked(now);
		const isDone = this.#current.generation.completedAt !== null;
		if (isDone) this.#previous?.end(now);
		if (isDone || this.#previous?.state(now) === "failed") this.#previous = null;
	}

	end(now: Instant): void {
		for (const session of this.all) session.end(now);
		this.#previous = null;
	}

	#renew(own: Credentials, now: Instant): void {
		const isDone = this.#current.generation.completedAt !== null;
		if (this.#current.generation.isUsed(now) && (isDone || this.#previous === null)) {
			this.#previous?.end(now);
			this.#previous = this.#current;
			this.#previous.reduce(now);
		} else this.#current.end(now);
		this.#current = this.#session(own);
		const { ufrag, pwd } = own;
		this.#ground.outlet.tell({ kind: "credentials", ufrag, pwd });
		this.#hooks.renewed(now);
	}

	#session(own: Credentials): Session {
		return new Session(this.#ground, own, componentsOf(this.#ground.config.streams));
	}
}

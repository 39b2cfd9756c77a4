import { classifyPacket, isSameEndpoint } from "@whither/wire";
import { type Deadline, type Instant, type Machine, sooner } from "../machine.ts";
import { Chance } from "./chance.ts";
import { type IceOwnDescription, isDescription } from "./credentials.ts";
import { Gathering } from "./gathering.ts";
import { Generations } from "./generations.ts";
import type { Ground } from "./ground.ts";
import { Hearing } from "./hearing.ts";
import type {
	IceAgentConfig,
	IceAgentInput,
	IceAgentOutput,
	IceFailure,
	IcePairReport,
	IcePeer,
	IceRole,
	IceState,
} from "./ice-io.ts";
import { LocalCandidates } from "./locals.ts";
import { Outlet } from "./outlet.ts";
import { IcePacer, Pace } from "./pacer.ts";
import { Requests } from "./requests.ts";
import { Role } from "./role.ts";
import type { Session } from "./session.ts";

/** Ta where nobody says another (RFC 8445 §14.2, RFC 8839 §5.6). */
const DEFAULT_PACING_MS = 50;

/** While STUN servers are still to be asked, so many pairs are checked between two of them: a pair that works is worth more than another candidate. */
const CHECKS_BETWEEN = 2;

/**
 * An ICE agent (RFC 8445): finds by which pairs of addresses two machines can reach each other, agrees with its peer on one
 * for each component, and keeps it. Sockets and relays are the driver's, by number.
 */
export class IceAgent implements Machine<IceAgentInput, IceAgentOutput> {
	readonly #config: IceAgentConfig;
	readonly #outlet = new Outlet();
	readonly #requests: Requests;
	readonly #locals: LocalCandidates;
	readonly #role: Role;
	readonly #pace: Pace;
	readonly #chance: Chance;
	readonly #gathering: Gathering;
	readonly #hearing: Hearing;
	readonly #ground: Ground;
	readonly #generations: Generations;
	#state: IceState = "new";
	#failure: IceFailure | null = null;
	#lastPairId = 0;
	#unneeded = new Set<number>();
	/** Checks since a server was asked last. */
	#checksSince = CHECKS_BETWEEN;
	#now: Instant = 0;

	constructor(config: IceAgentConfig) {
		this.#config = config;
		this.#chance = new Chance(config.secret, "ICE agent");
		this.#requests = new Requests(config.secret, this.#outlet);
		this.#locals = new LocalCandidates(config, this.#outlet);
		this.#pace = new Pace(config.pacer ?? new IcePacer(), config.pacingMs ?? DEFAULT_PACING_MS);
		this.#role = new Role(config.lite === true ? "controlled" : config.role, this.#chance, (role) =>
			this.#roleChanged(role),
		);
		const parts = { locals: this.#locals, requests: this.#requests, outlet: this.#outlet };
		this.#gathering = new Gathering(config, parts, this.#pace, (candidates, now) =>
			this.#current.addLocals(candidates, now),
		);
		this.#ground = {
			...parts,
			config,
			role: this.#role,
			pace: this.#pace,
			chance: this.#chance,
			nextPairId: () => ++this.#lastPairId,
			isGathered: () => this.#gathering.complete,
		};
		this.#hearing = new Hearing(this.#ground, () => this.#generations.all);
		this.#generations = new Generations(this.#ground, {
			renewed: (now) => this.#gatherAgain(now),
			begins: (peer) => this.#agree(peer),
		});
	}

	/** What signalling is to tell the peer. */
	get own(): IceOwnDescription {
		const { ufrag, pwd } = this.#current.own;
		const lite = this.#config.lite === true;
		const options = ["ice2", "trickle", ...(lite ? [] : ["renomination"])];
		return { ufrag, pwd, options, lite, pacingMs: this.#config.pacingMs ?? DEFAULT_PACING_MS };
	}

	get role(): IceRole {
		return this.#role.role;
	}

	get state(): IceState {
		return this.#state;
	}

	/** All pairs of this generation as they stand, the best first. */
	get pairs(): readonly IcePairReport[] {
		const hideRelated = this.#config.policy === "relay";
		const pairs = [...this.#current.generation.list.pairs].sort((a, b) => (a.priority > b.priority ? -1 : 1));
		return pairs.map((pair) => pair.report(this.#now, hideRelated));
	}

	/** Transactions under way; none once it is closed. */
	get pending(): number {
		return this.#requests.pending;
	}

	get deadline(): Deadline | null {
		if (this.#state === "closed") return null;
		let first = sooner(this.#requests.deadline, this.#gathering.deadline);
		for (const { deadline } of this.#sessions) first = sooner(first, deadline);
		const hasWork = this.#hasWork;
		const turnAt = hasWork ? this.#pace.nextAt : Math.max(this.#pace.nextAt, this.#current.recheckAt);
		if (turnAt >= (first?.at ?? Number.POSITIVE_INFINITY)) return first;
		return { at: turnAt, why: hasWork ? "Ta" : "again" };
	}

	step(input: IceAgentInput, now: Instant): readonly IceAgentOutput[] {
		this.#now = now;
		if (this.#state === "closed") this.#outlet.ignore("closed");
		// Data changes nothing, and there is much of it: what is due is done when the driver comes for it.
		else if (this.#isData(input) && this.#state !== "disconnected") this.#hear(input, now);
		else {
			this.#hear(input, now);
			this.#overdue(now);
			this.#conclude(now);
		}
		return this.#outlet.take();
	}

	#isData(input: IceAgentInput): boolean {
		return input.type === "send" || (input.type === "received" && classifyPacket(input.bytes) !== "stun");
	}

	#hear(input: IceAgentInput, now: Instant): void {
		if (input.type === "received") this.#hearing.received(input, now);
		else if (input.type === "send") this.#send(input, now);
		else if (input.type === "peer") this.#meetPeer(input.peer, input.candidates ?? [], now);
		else if (input.type === "remoteCandidates") this.#current.addRemotes(input.candidates, now);
		else if (input.type === "endOfCandidates") this.#endOfCandidates(input.stream, now);
		else if (input.type === "resolved") this.#current.resolved(input.name, input.address, now);
		else if (input.type === "unreachable") this.#unreachable(input, now);
		else if (input.type === "forbidden")
			for (const session of this.#sessions) session.forbidden(input.base, input.address, input.why, now);
		else if (input.type === "withoutIce") this.#current.withoutIce(input, now);
		else if (input.type === "restart") this.#generations.restart(now);
		else if (input.type === "close") this.#close(now);
		else if (input.type !== "timer") this.#aboutBases(input, now);
	}

	#aboutBases(
		input: Extract<
			IceAgentInput,
			{ readonly type: "base" | "baseGone" | "mapped" | "candidateError" | "basesComplete" | "basesPending" }
		>,
		now: Instant,
	): void {
		if (input.type === "base") {
			const candidates = this.#locals.addBase(input.base, input.at);
			const base = this.#locals.bases.get(input.base);
			if (base !== undefined) this.#gathering.addBase(base);
			this.#current.addLocals(candidates, now);
		} else if (input.type === "mapped")
			this.#current.addLocals(this.#locals.addReflexive(input.base, input.mapped, input.server), now);
		else if (input.type === "baseGone") this.#removeBase(input.base, now);
		else if (input.type === "candidateError") this.#outlet.tell({ kind: "candidateError", error: input.error });
		else if (input.type === "basesPending") this.#gathering.basesPending();
		else this.#gathering.basesComplete(now);
	}

	#removeBase(number: number, now: Instant): void {
		this.#locals.removeBase(number);
		this.#gathering.removeBase(number, now);
		for (const session of this.#sessions) session.removeBase(number, now);
		this.#requests.baseGone(number, now);
	}

	get #current(): Session {
		return this.#generations.current;
	}

	get #sessions(): readonly Session[] {
		return this.#generations.all;
	}

	#send({ stream = 0, component = 1, bytes }: Extract<IceAgentInput, { readonly type: "send" }>, now: Instant): void {
		let pair = null;
		for (const session of this.#sessions) pair ??= session.sending(stream, component, now);
		if (pair === null) {
			this.#outlet.ignore("noPair");
			return;
		}
		pair.sentAt = now;
		const { address, port } = pair.remote;
		this.#outlet.send(pair.local.base, { address, port }, bytes);
	}

	#meetPeer(told: IcePeer, candidates: Parameters<Session["addRemotes"]>[0], now: Instant): void {
		if (!isDescription(told)) {
			this.#outlet.ignore("badDescription");
			return;
		}
		if (this.#generations.meet(told, now) === "old") {
			this.#outlet.ignore("otherGeneration");
			return;
		}
		this.#current.addRemotes(candidates, now);
	}

	/** Settles Ta and roles: a lite peer never controls (RFC 8445 §6.1.1); of two that are lite, whoever began does. */
	#agree({ lite, pacingMs }: IcePeer): void {
		this.#pace.agree(pacingMs ?? DEFAULT_PACING_MS);
		const mustControl = lite === true && (this.#config.lite !== true || this.#config.role === "controlling");
		if (mustControl && !this.#role.isControlling) this.#role.switch();
	}

	#endOfCandidates(stream: number | undefined, now: Instant): void {
		const all = (this.#config.streams ?? [1]).keys();
		this.#current.endOfRemotes(stream === undefined ? all : [stream], now);
	}

	/** A STUN server is given up at once; about a peer it is only a hint. */
	#unreachable({ base, to, code }: Extract<IceAgentInput, { readonly type: "unreachable" }>, now: Instant): void {
		const isServer = this.#config.stunServers?.some((server) => isSameEndpoint(server, to));
		if (isServer) this.#requests.unreachable(base, to, code, now);
		const found = this.#hearing.pairAt(base, to);
		if (found !== null) found.session.unreachable(found.pair, now);
	}

	/** For a new generation. */
	#gatherAgain(now: Instant): void {
		this.#unneeded.clear();
		this.#locals.begin();
		this.#gathering.again(this.#locals.bases.values(), now);
	}

	#close(now: Instant): void {
		this.#generations.end(now);
		this.#gathering.end(now);
		this.#setState("closed", null);
	}

	#roleChanged(role: IceRole): void {
		this.#outlet.tell({ kind: "role", role });
		for (const session of this.#sessions) session.roleChanged(this.#now);
	}

	get #hasWork(): boolean {
		return this.#gathering.hasWork || this.#current.hasWork;
	}

	#overdue(now: Instant): void {
		if (this.#state === "closed") return;
		this.#requests.overdue(now);
		this.#gathering.overdue(now);
		for (const session of this.#sessions) session.overdue(now);
		// Ta: one transaction a time (RFC 8445 §14).
		if (this.#pace.nextAt > now || (!this.#hasWork && this.#current.recheckAt > now)) return;
		// Both have transactions to begin: two checks for each server that is asked.
		const { hasWork, generation } = this.#current;
		const isAwaited = hasWork && generation.list.isAwaited;
		const asks = this.#gathering.hasWork && !isAwaited && (this.#checksSince >= CHECKS_BETWEEN || !hasWork);
		if (asks) this.#gathering.askNext(now);
		else if (!this.#current.checkNext(now)) return;
		this.#checksSince = asks ? 0 : this.#checksSince + 1;
		this.#pace.take(now);
	}

	#conclude(now: Instant): void {
		if (this.#state === "closed") return;
		const { completedAt, isFreed, failure } = this.#current.generation;
		this.#gathering.keepWarm(completedAt === null && failure === null, now);
		this.#generations.conclude(now);
		if (isFreed) this.#tellUnneeded();
		const own = this.#current.state(now);
		// What was in use is still in use.
		const kept = (own === "new" || own === "checking") && this.#generations.previous !== null;
		this.#setState(kept ? "connected" : own, failure);
	}

	#tellUnneeded(): void {
		const used = new Set<number>();
		for (const session of this.#sessions) for (const { local } of session.generation.list.pairs) used.add(local.base);
		const bases = [...this.#locals.bases.keys()].filter((base) => !used.has(base) && !this.#unneeded.has(base));
		if (bases.length === 0) return;
		for (const base of bases) this.#unneeded.add(base);
		this.#outlet.tell({ kind: "unneeded", bases });
	}

	#setState(state: IceState, failure: IceFailure | null): void {
		if (state === this.#state && failure === this.#failure) return;
		[this.#state, this.#failure] = [state, failure];
		this.#outlet.tell({ kind: "state", state, failure });
	}
}

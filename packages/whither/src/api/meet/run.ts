/** One meeting under way: what happens as it happens, its result at the end. */

import { Course } from "../course.ts";
import { meetDocument, NO_PATHS, NO_SERVERS, withoutMeeting } from "./document.ts";
import type { MeetEvent } from "./events.ts";
import { given } from "./given.ts";
import { earlyRelays } from "./legs/early-relays.ts";
import { Meeting } from "./meeting.ts";
import { checkMeet, type MeetRequestOptions, type OpenSignalling, WAIT_MS } from "./options.ts";
import { pathWarnings } from "./path/path-warnings.ts";
import { type FoundPaths, Paths } from "./path/paths.ts";
import type { MeetOutcome, MeetPlace, MeetResult, MeetServers, MeetWarning } from "./result.ts";
import { addLentPlaces, findNamedPlaces, placesInWords, rendezvousPlaces } from "./servers.ts";
import { isSignallingFailure, type Offered, type Rendezvous, type SignallingFailure } from "./signalling/signalling.ts";
import { type EndView, ownView } from "./words/evidence.ts";
import { meetSentence } from "./words/meet-sentence.ts";
import type { MeetFacts } from "./words/obstacle.ts";
import type { MeetWorld } from "./world.ts";

/** What a run is made from. */
export interface MeetRunOrder {
	readonly options: MeetRequestOptions;
	readonly tool: MeetResult["tool"];
	/** Without tokens and passwords. */
	readonly args: readonly string[];
	readonly openWorld: () => MeetWorld | Promise<MeetWorld>;
}

/** How the ends hear of each other, and what a server lends them. */
interface Opened {
	readonly begin: OpenSignalling;
	readonly rendezvous: Rendezvous | null;
	readonly offered: Offered | null;
}

/** Between two of ours Ta is the floor (RFC 8445 §14.2); with others it is what they say, 50 where they say nothing. */
const PACING_MS = 5;
/** How long an end that does not trace stays connected, so that the other end can: a trace and the exchange take less. */
const STAY_MS = 20_000;
/** How long media goes at least: so that what is said of it is worth something. */
const MEDIA_MS = 3_000;
/** Of a packet of media (RFC 3551 §4.2). */
const PACKET_MS = 20;

/**
 * A meeting under way. Iterate it for what happens, await `result` for the whole; both reject with the same `WhitherError`
 * where it cannot begin. Whatever keeps two ends apart is a result.
 */
export class MeetRun implements AsyncIterable<MeetEvent> {
	readonly result: Promise<MeetResult>;
	readonly #order: MeetRunOrder;
	readonly #course = new Course<MeetEvent>({ what: "meeting" });
	readonly #began = { startedAt: new Date().toISOString(), ms: performance.now() };
	readonly #warnings: MeetWarning[] = [];
	#closed: Promise<void> = Promise.resolve();
	#world: MeetWorld | null = null;
	#servers: MeetServers = NO_SERVERS;
	#tcpReached: readonly MeetPlace[] = [];

	constructor(order: MeetRunOrder) {
		this.#order = order;
		this.result = this.#course.run(() => this.#meet(), order.options.signal);
	}

	/** End early; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	/** Resolves once nothing of it is open any more, within five seconds of the result. */
	get closed(): Promise<void> {
		return this.#closed;
	}

	[Symbol.asyncIterator](): AsyncIterator<MeetEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #meet(): Promise<MeetResult> {
		const { options } = this.#order;
		checkMeet(options);
		const world = await this.#order.openWorld();
		this.#world = world;
		// Before anybody is told the code: a name without an address is told to who wrote it.
		const unixSeconds = Date.now() / 1000;
		const named = await this.#unlessStopped(findNamedPlaces({ options, unixSeconds }, world));
		const opened = named === null ? null : await this.#unlessStopped(this.#open(world));
		if (named === null || opened === null || "failure" in opened)
			return this.#withoutMeeting(opened !== null && "failure" in opened ? opened.failure : null);
		const places = await this.#unlessStopped(addLentPlaces(named, { options, offered: opened.offered }, world));
		if (places === null) {
			this.#closed = opened.rendezvous?.close() ?? Promise.resolve();
			return this.#withoutMeeting(null);
		}
		this.#servers = placesInWords(places, options.server ?? null);
		for (const warning of places.warnings) this.#tell({ kind: "warning", warning });
		const { stunServers, relays } = places;
		const { policy, family, waitMs = WAIT_MS, trace = true } = options;
		const isEarly = options.ice === "first-draft";
		const early = isEarly ? await earlyRelays(relays, world.askSharedSecret) : undefined;
		const meeting = new Meeting({
			...{ world, begin: opened.begin, waitMs, traces: trace, tell: (event) => this.#tell(event) },
			...given({ speaks: options.ice, media: options.media, earlyRelays: early }),
			ice: {
				...{ stunServers, relays, pacingMs: PACING_MS },
				...(policy === undefined ? {} : { policy }),
				...(family === undefined ? {} : { families: [family] }),
			},
		});
		return this.#finish(world, meeting);
	}

	/** How the ends hear of each other: the caller's own way, or a room at a server. */
	async #open(world: MeetWorld): Promise<Opened | { readonly failure: SignallingFailure }> {
		const { server: url = "", code, choose, token, authorities, signalling } = this.#order.options;
		const access = { url, ...given({ token, authorities }) };
		if (signalling !== undefined) {
			const offered = url === "" ? null : ((await world.offers?.(access)) ?? null);
			if (offered !== null && isSignallingFailure(offered)) return { failure: offered };
			return { begin: signalling, rendezvous: null, offered };
		}
		const order = { ...access, ...given({ code, choose }), signal: this.#course.stopped };
		const rendezvous = await world.rendezvous(order);
		if (isSignallingFailure(rendezvous)) return { failure: rendezvous };
		const { offered } = rendezvous;
		this.#tell({ kind: "code", code: rendezvous.code, role: rendezvous.role, server: url });
		// Not waited for: it says only what is reached by TCP, and nobody asks before there are pairs.
		void rendezvousPlaces(url, world).then((places) => {
			this.#tcpReached = places;
		});
		return { begin: (listener) => rendezvous.signalling(listener), rendezvous, offered };
	}

	async #finish(world: MeetWorld, meeting: Meeting): Promise<MeetResult> {
		const { stopped } = this.#course;
		const stop = () => meeting.stop();
		if (stopped.aborted) stop();
		stopped.addEventListener("abort", stop, { once: true });
		let outcome = await meeting.settled;
		stopped.removeEventListener("abort", stop);
		let paths = NO_PATHS;
		this.#tell({ kind: "outcome", outcome, why: meetSentence(this.#facts(meeting, outcome, null)) });
		if (outcome.code === "connected") {
			const view = () => ownView(this.#facts(meeting, outcome, null));
			paths = this.#traces ? await this.#paths(world, meeting, view) : NO_PATHS;
			if (paths.lost === null) paths = await this.#stayOn(world, meeting, paths);
			if (paths.lost !== null) outcome = paths.lost;
			else if (stopped.aborted) outcome = { ...outcome, code: "interrupted" };
		}
		const facts = this.#facts(meeting, outcome, paths.peer?.view ?? null);
		const result = meetDocument({
			...{ ...this.#common(), facts, paths, meeting, traces: this.#traces },
			why: meetSentence(facts),
		});
		this.#closed = meeting.close(result.why);
		return result;
	}

	get #traces(): boolean {
		return this.#order.options.trace !== false;
	}

	async #paths(world: MeetWorld, meeting: Meeting, view: () => EndView): Promise<FoundPaths> {
		const { stopped } = this.#course;
		const tell = (event: MeetEvent) => this.#tell(event);
		const paths = await new Paths({ world, meeting, view, tell, signal: stopped }).found;
		for (const warning of pathWarnings(paths)) this.#tell({ kind: "warning", warning });
		return paths;
	}

	/** Until the call is answered and media has gone for a while; and where we trace nothing, until the other end has. */
	async #stayOn(world: MeetWorld, meeting: Meeting, paths: FoundPaths): Promise<FoundPaths> {
		const { waitMs = WAIT_MS } = this.#order.options;
		const isUnanswered = meeting.call !== null && meeting.call.status === null;
		let lost = isUnanswered ? await this.#stay(world, meeting, { ms: waitMs, until: meeting.answered }) : null;
		// A way without a call that was taken is no connection.
		if (!this.#course.stopped.aborted) lost ??= meeting.untaken;
		const mediaMs = meeting.media === null ? 0 : Math.max(0, MEDIA_MS - PACKET_MS * meeting.media.sent);
		const peerMs = !this.#traces && meeting.peer?.traces === true ? STAY_MS : 0;
		const ms = Math.max(mediaMs, peerMs);
		if (lost === null && ms > 0) lost = await this.#stay(world, meeting, { ms });
		return { ...paths, lost };
	}

	/** What the other end sends is answered by our agent as long as that is there; how the way was lost, where it was. */
	#stay(
		world: MeetWorld,
		meeting: Meeting,
		{ ms, until }: { readonly ms: number; readonly until?: Promise<void> },
	): Promise<MeetOutcome | null> {
		const { stopped } = this.#course;
		return new Promise((resolve) => {
			const end = (lost: MeetOutcome | null) => {
				forget();
				resolve(lost);
			};
			const forget = world.after(ms, () => end(null));
			void until?.then(() => end(null));
			if (stopped.aborted) end(null);
			stopped.addEventListener("abort", () => end(null), { once: true });
			meeting.attend({ data: () => {}, lost: end, left: () => end(null) });
		});
	}

	#facts(meeting: Meeting, outcome: MeetOutcome, peerView: EndView | null): MeetFacts {
		const { ledger, ice } = meeting;
		const { options } = this.#order;
		return {
			...{ outcome, peerView, selected: ledger.selected, candidates: ledger.candidates, timings: ledger.timings },
			...{ candidateErrors: ledger.errors, servers: this.#servers, media: meeting.media, call: meeting.call },
			pairs: ice.pairs.map((pair) => ledger.pairOf(pair)),
			policy: options.policy ?? "all",
			waitMs: options.waitMs ?? WAIT_MS,
			tcpReached: [...ledger.tcpRelays, ...this.#tcpReached],
		};
	}

	/** The result of one that never had two ends. */
	#withoutMeeting(signalling: SignallingFailure | null): MeetResult {
		const outcome: MeetOutcome = {
			...{ code: signalling === null ? "interrupted" : "signalling", failure: null, signalling, about: null },
		};
		return withoutMeeting({ ...this.#common(), outcome });
	}

	#common() {
		const { tool, args, options } = this.#order;
		return {
			...{ tool, args, options, servers: this.#servers, warnings: [...this.#warnings] },
			backend: this.#world?.backend ?? null,
			startedAt: this.#began.startedAt,
			durationNs: Math.round((performance.now() - this.#began.ms) * 1e6),
		};
	}

	#tell(event: MeetEvent): void {
		if (event.kind === "warning") this.#warnings.push(event.warning);
		this.#course.events.push(event);
	}

	/** Awaits a promise; null once an early end is asked for. */
	#unlessStopped<Value>(promise: Promise<Value>): Promise<Value | null> {
		const { stopped } = this.#course;
		return new Promise((resolve, reject) => {
			const stop = () => resolve(null);
			if (stopped.aborted) stop();
			stopped.addEventListener("abort", stop, { once: true });
			promise.then(resolve, reject).finally(() => stopped.removeEventListener("abort", stop));
		});
	}
}

/** A call of the first draft of ICE in the simulated internet: its world, its server, its two ends and what they say. */
import { type FirstDraftEvent, type Instant, MILLISECOND, SECOND } from "@whither/core";
import { Internet } from "../internet.ts";
import { StunServerProgram } from "../stun-programs.ts";
import { EarlyRelayProgram } from "../early-relay-program.ts";
import { AgentEnd, type CallEnd, GatewayEnd, serverAt } from "./call-end.ts";
import { type AgentReport, type CallReport, callNames, type NamesOf } from "./call-report.ts";
import { type CallConditions, type CallScenario, type CallSide, callWorld } from "./call-scenario.ts";
import { CallSignalling } from "./call-signalling.ts";

/** Long enough for checks to be found before the answer, as somebody who is called takes to pick up. */
const TIMES = { delayMs: 20, ringMs: 2000 } as const;
/** While ICE goes on. */
const MEDIA_INTERVAL_MS = 400;
/** Longer than two cycles with failed checks of 9.5 s each. */
const LONGEST_SECONDS = 45;
/** After the last check: relays are given back 3 s after they are of no more use, and by requests that may be lost. */
const FREEING_SECONDS = 15;
/** Of the stream in the end; ten datagrams each, and the time that the last are on their way. */
const TALK = { datagrams: 10, intervalMs: 50, arrivalMs: 500 } as const;

/** How it is played, and whether the packet trace is kept. */
export interface CallOptions extends CallConditions {
	readonly records?: boolean;
	/** RTCP beside RTP. Default false, as in the draft's figures. */
	readonly rtcp?: boolean;
}

/** One call. */
export class FirstDraftCall {
	readonly scenario: CallScenario;
	readonly internet: Internet;
	readonly signalling: CallSignalling;
	readonly a: AgentEnd;
	readonly b: AgentEnd | GatewayEnd;
	readonly relay: EarlyRelayProgram;
	now: Instant = 0;
	/** Datagrams of media that each has sent, and the first of those in the end. */
	spoken = 0;
	lastWords = 0;

	constructor(scenario: CallScenario, options: CallOptions) {
		this.scenario = scenario;
		const world = callWorld(scenario, options);
		this.internet = new Internet({ scenario: world, family: 4, seed: options.seed, records: options.records ?? false });
		this.relay = this.#serve(options.seed);
		const of = (side: CallSide) => ({
			...{ call: scenario, side, internet: this.internet, seed: options.seed, rtcp: options.rtcp ?? false },
			...{ user: this.#user(side), hear: (from: CallSide, event: FirstDraftEvent, at: Instant) => this.#hear(from, event, at) },
		});
		this.a = new AgentEnd({ ...of("a"), spec: scenario.a });
		const { b } = scenario;
		this.b = "ice" in b ? new GatewayEnd("b", b, this.internet) : new AgentEnd({ ...of("b"), spec: b });
		const schedule = (at: Instant, action: () => void) => this.internet.schedule(at, action);
		this.signalling = new CallSignalling({ a: this.a, b: this.b }, TIMES, schedule);
		if (this.b instanceof GatewayEnd) this.signalling.ready("b", 0);
	}

	get ends(): readonly [CallEnd, CallEnd] {
		return [this.a, this.b];
	}

	/** From the caller's first look for addresses to a stream that ends. */
	run(): void {
		this.a.start(this.now);
		while (this.now < LONGEST_SECONDS * SECOND && !this.#isSettled) this.#pass(MEDIA_INTERVAL_MS);
		const freedAt = this.now + FREEING_SECONDS * SECOND;
		while (this.now < freedAt) this.#pass(MEDIA_INTERVAL_MS);
		this.lastWords = this.spoken;
		for (let sent = 0; sent < TALK.datagrams; sent++) this.#pass(TALK.intervalMs);
		this.#advance(TALK.arrivalMs);
	}

	/** What has come of it. */
	report(): CallReport {
		const { signals } = this.signalling;
		const hasAlternatives = (exchange: number, kind: "offer" | "answer") =>
			signals.some(
				(each) =>
					each.exchange === exchange &&
					each.kind === kind &&
					each.description.some((stream) => (stream?.alternatives.length ?? 0) > 0),
			);
		const exchanges = [...new Set(signals.map(({ exchange }) => exchange))];
		const cycles = exchanges.filter((each) => hasAlternatives(each, "offer") && hasAlternatives(each, "answer")).length;
		return { cycles, a: this.#reportOf(this.a), b: this.b instanceof AgentEnd ? this.#reportOf(this.b) : null };
	}

	/** What each address is called. */
	names(): NamesOf {
		return callNames(this.scenario, this.report(), (node) => this.internet.address(node));
	}

	get #isSettled(): boolean {
		const agents = this.ends.filter((end) => end instanceof AgentEnd);
		return !this.signalling.isOpen && agents.every(({ isSettled }) => isSettled);
	}

	/** Both speak, as soon as they know where to. */
	#pass(ms: number): void {
		const number = this.spoken++;
		for (const end of this.ends) end.talk(number, this.now);
		this.#advance(ms);
	}

	#advance(ms: number): void {
		this.now += ms * MILLISECOND;
		this.internet.advance(this.now);
	}

	#hear(side: CallSide, event: FirstDraftEvent, at: Instant): void {
		if (event.kind === "gathered") this.signalling.ready(side, at);
		else if (event.kind === "cycle") this.signalling.wants(side, at);
	}
}

/** The first exchange that each alternative of an end's was told in. */
function toldIn(signals: readonly CallSignal[], side: CallSide): Readonly<Record<string, number>> {
	const told: Record<string, number> = {};
	for (const { from, exchange, description } of signals) {
		if (from !== side) continue;
		for (const { id } of description[0]?.alternatives ?? []) told[id] ??= exchange;
	}
	return told;
}

/** A call of the first draft of ICE: its server, its two ends and what they say, in whatever world has hosts and a time. */
import { earlyRelayUser, type FirstDraftEvent, fixedRelayUsers, type Instant } from "@whither/core";
import { EarlyRelayProgram } from "../early-relay-programs.ts";
import type { AttachedProgram, DatagramProgram, Endpoint } from "../program.ts";
import { AgentEnd, type CallEnd, GatewayEnd } from "./call-end.ts";
import { type AgentReport, type CallReport, callNames, type NamesOf } from "./call-report.ts";
import type { CallScenario, CallSide } from "./call-scenario.ts";
import { type CallSignal, CallSignalling } from "./call-signalling.ts";

/** Long enough for checks to be found before the answer, as somebody who is called takes to pick up. */
const TIMES = { delayMs: 20, ringMs: 2000 } as const;

/** Where a call takes place: the simulated internet, or real kernels. */
export interface CallWorld {
	/** A node's own address. */
	address(node: string): string;
	/** Runs a program on a host. */
	attach(node: string, program: DatagramProgram, now: Instant): AttachedProgram;
	/** Calls back when its time has come to `at`. */
	schedule(at: Instant, action: () => void): void;
}

/** Whoever uses the relay, as a Shared Secret server would have told them. */
const USERS = {
	a: earlyRelayUser({ username: "caller", password: "a secret of the caller's" }),
	b: earlyRelayUser({ username: "called", password: "one of who is called" }),
} as const;

/** How it is played. */
export interface CallWays {
	readonly seed: number;
	/** RTCP beside RTP. Default false, as in the draft's figures. */
	readonly rtcp?: boolean;
	/** How long the telephone rings before it is answered. Default 2000. */
	readonly ringMs?: number;
}

/** One call. */
export class FirstDraftCall {
	readonly scenario: CallScenario;
	readonly signalling: CallSignalling;
	readonly a: AgentEnd;
	readonly b: AgentEnd | GatewayEnd;
	readonly relay: EarlyRelayProgram;
	/** Datagrams of media that each has sent. */
	spoken = 0;
	readonly #world: CallWorld;

	constructor(scenario: CallScenario, world: CallWorld, { seed, rtcp = false, ringMs = TIMES.ringMs }: CallWays) {
		this.scenario = scenario;
		this.#world = world;
		this.relay = this.#serve(seed);
		const hear = (from: CallSide, event: FirstDraftEvent, at: Instant) => this.#hear(from, event, at);
		const { stunPort, relayPort } = scenario.server;
		const servers = { stun: this.#server(stunPort), relay: this.#server(relayPort) };
		const of = (side: CallSide) => ({ world, servers, side, seed, rtcp, user: USERS[side], hear });
		this.a = new AgentEnd({ ...of("a"), spec: scenario.a });
		const { b } = scenario;
		this.b = "ice" in b ? new GatewayEnd("b", b, world) : new AgentEnd({ ...of("b"), spec: b });
		const schedule = (at: Instant, action: () => void) => world.schedule(at, action);
		this.signalling = new CallSignalling({ a: this.a, b: this.b }, { ...TIMES, ringMs }, schedule);
		if (this.b instanceof GatewayEnd) this.signalling.ready("b", 0);
	}

	get ends(): readonly [CallEnd, CallEnd] {
		return [this.a, this.b];
	}

	/** Nothing is to be expected any more but media, and relays that are given back. */
	get isSettled(): boolean {
		const agents = this.ends.filter((end) => end instanceof AgentEnd);
		return !this.signalling.isOpen && agents.every(({ isSettled }) => isSettled);
	}

	/** Both speak, as soon as they know where to. */
	talk(at: Instant): void {
		const number = this.spoken++;
		for (const end of this.ends) end.talk(number, at);
	}

	/** How many different datagrams from one number on have come to an end. */
	heardSince(side: CallSide, number: number): number {
		return new Set(this[side].came.filter((each) => each >= number)).size;
	}

	/** What has come of it. */
	report(): CallReport {
		const { signals } = this.signalling;
		const b = this.b instanceof AgentEnd ? this.#reportOf(this.b) : null;
		return { cycles: cyclesOf(signals), a: this.#reportOf(this.a), b };
	}

	/** What each address is called. */
	names(): NamesOf {
		return callNames(this.scenario, this.report(), (node) => this.#world.address(node));
	}

	#server(port: number): Endpoint {
		return { address: this.#world.address(this.scenario.server.node), port };
	}

	#reportOf({ side, program, sendsTo }: AgentEnd): AgentReport {
		const { addresses, checks } = program.agent;
		return { addresses, checks, sendsTo, toldIn: toldIn(this.signalling.signals, side) };
	}

	/** STUN of RFC 3489, and the relay. */
	#serve(seed: number): EarlyRelayProgram {
		const { node, stunPort, relayPort, relayedAt, relayPorts } = this.scenario.server;
		const at = this.#server(relayPort);
		const [publicAddress, ...alsoAt] = relayedAt;
		const [first, last] = relayPorts;
		const program = new EarlyRelayProgram(
			{ stun: [this.#server(stunPort)], relay: [at] },
			{
				...{
					secret: new Uint8Array(32).fill(seed & 0xff),
					unixSecondsAtZero: 1_800_000_000,
					users: fixedRelayUsers([USERS.a, USERS.b]),
				},
				...{ relays: [{ address: at.address, publicAddress, alsoAt }], relayPorts: { first, last } },
				...{ peers: { allow: ["0.0.0.0/0"] }, stun: { knows: "rfc3489" } },
			},
		);
		this.#world.attach(node, program, 0);
		return program;
	}

	#hear(side: CallSide, event: FirstDraftEvent, at: Instant): void {
		if (event.kind === "gathered") this.signalling.ready(side, at);
		else if (event.kind === "cycle") this.signalling.wants(side, at);
	}
}

/** Exchanges that had alternatives on both sides. */
function cyclesOf(signals: readonly CallSignal[]): number {
	const told = signals.filter(({ description }) => description.some((stream) => stream?.alternatives.length));
	const exchanges = new Set(told.map(({ exchange }) => exchange));
	return [...exchanges].filter((each) => told.filter(({ exchange }) => exchange === each).length === 2).length;
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

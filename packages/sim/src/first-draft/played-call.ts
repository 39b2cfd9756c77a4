/** A call of the first draft in the simulated internet, from its first packet to its last. */
import { type Instant, MILLISECOND, SECOND } from "@whither/core";
import { Internet } from "../internet.ts";
import { type CallConditions, type CallScenario, callWorld } from "./call-scenario.ts";
import { type CallWays, FirstDraftCall } from "./first-draft-call.ts";

/** Between two datagrams of media while ICE goes on. */
const MEDIA_INTERVAL_MS = 1000;
/** Longer than two cycles with failed checks of 9.5 s each. */
const LONGEST_SECONDS = 45;
/** After the last check: relays are given back 3 s after they are of no more use. */
const FREEING_SECONDS = 5;
/** Of the stream in the end; ten datagrams each, and the time that the last are on their way. */
const TALK = { datagrams: 10, intervalMs: 50, arrivalMs: 500 } as const;

/** How it is played, and whether the packet trace is kept (default: not). */
export interface CallOptions extends CallConditions, CallWays {
	readonly records?: boolean;
}

/** A call that is over. */
export interface PlayedCall {
	readonly call: FirstDraftCall;
	readonly internet: Internet;
	/** The number of the first datagram of the stream in the end, which nothing but loss may hinder. */
	readonly lastWords: number;
}

/** From the caller's first look for addresses to a stream that ends. Nothing but what is given decides what happens. */
export function playToTheEnd(scenario: CallScenario, options: CallOptions): PlayedCall {
	const { seed, records = false } = options;
	const internet = new Internet({ scenario: callWorld(scenario, options), family: 4, seed, records });
	const call = new FirstDraftCall(scenario, internet, options);
	let now: Instant = 0;
	const pass = (ms: number) => {
		now += ms * MILLISECOND;
		internet.advance(now);
	};
	const talkFor = (intervalMs: number, goesOn: () => boolean) => {
		while (goesOn()) {
			call.talk(now);
			pass(intervalMs);
		}
	};
	call.a.start(now);
	talkFor(MEDIA_INTERVAL_MS, () => now < LONGEST_SECONDS * SECOND && !call.isSettled);
	const freedAt = now + FREEING_SECONDS * SECOND;
	talkFor(MEDIA_INTERVAL_MS, () => now < freedAt);
	const lastWords = call.spoken;
	talkFor(TALK.intervalMs, () => call.spoken < lastWords + TALK.datagrams);
	pass(TALK.arrivalMs);
	return { call, internet, lastWords };
}

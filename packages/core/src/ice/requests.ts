import type { StunAddress, StunItem } from "@whither/wire";
import type { Deadline, Instant } from "../machine.ts";
import { StunClient } from "../stun/client.ts";
import type { ShortTermCredentials, StunClientEvent, StunClientInput, StunClientOutput } from "../stun/client-io.ts";
import type { TransmitSchedule } from "../stun/schedule.ts";
import type { Outlet } from "./outlet.ts";

/** A Binding request to be carried to its end. */
export interface Question {
	readonly base: number;
	readonly to: StunAddress;
	readonly attributes: readonly StunItem[];
	/** None: STUN servers ask for none. */
	readonly credentials?: ShortTermCredentials;
	readonly schedule: TransmitSchedule;
}

/** How it ended. */
export type Answer = Exclude<StunClientEvent, { readonly kind: "redirected" }>;

/** Who asked. */
export interface Asker {
	/** Called once, unless it is cancelled; `errnoName`: what the system said of a server that cannot be reached. */
	ended(answer: Answer, now: Instant, errnoName: string | null): void;
	/** Its 1st, 2nd, ... transmission leaves. */
	left?(transmission: number, now: Instant): void;
}

/** Every transaction of an agent, by numbers that are never used twice. */
export class Requests {
	readonly #stun: StunClient;
	readonly #outlet: Outlet;
	readonly #askers = new Map<number, Asker>();
	#lastKey = 0;
	#errnoName: string | null = null;

	constructor(secret: Uint8Array, outlet: Outlet) {
		this.#stun = new StunClient({ secret });
		this.#outlet = outlet;
	}

	get deadline(): Deadline | null {
		return this.#stun.deadline;
	}

	/** Transactions under way. */
	get pending(): number {
		return this.#stun.pending;
	}

	/** Sends it at once. Its answers may come from anywhere: whether they do is the asker's to judge (RFC 8445 §7.2.5.2.1). */
	ask({ base, to, attributes, credentials, schedule }: Question, asker: Asker, now: Instant): number {
		const key = ++this.#lastKey;
		this.#askers.set(key, asker);
		const signed = credentials === undefined ? {} : { credentials, answersFrom: "anywhere" as const };
		const request = { key, to, local: base, method: "binding" as const, attributes, schedule, redirects: 0, ...signed };
		this.#step({ type: "request", request }, now);
		return key;
	}

	/** It is not sent again; an answer still counts. */
	quiet(key: number, now: Instant): void {
		if (this.#askers.has(key)) this.#step({ type: "quiet", key }, now);
	}

	cancel(key: number, now: Instant): void {
		if (this.#askers.delete(key)) this.#step({ type: "cancel", key }, now);
	}

	/** An answer, perhaps; false: it is none of ours. */
	received(base: number, from: StunAddress, bytes: Uint8Array, at: Instant, now: Instant): boolean {
		return this.#step({ type: "received", bytes, from, local: base, at }, now);
	}

	/** All to this server from this base fail. */
	unreachable(base: number, to: StunAddress, code: string, now: Instant): void {
		this.#errnoName = code;
		this.#step({ type: "unreachable", to, local: base, code }, now);
		this.#errnoName = null;
	}

	/** All from this base fail. */
	baseGone(base: number, now: Instant): void {
		this.#step({ type: "closed", local: base }, now);
	}

	overdue(now: Instant): void {
		const { deadline } = this.#stun;
		if (deadline !== null && deadline.at <= now) this.#step({ type: "timer" }, now);
	}

	#step(input: StunClientInput, now: Instant): boolean {
		let heard = true;
		for (const output of this.#stun.step(input, now)) {
			if (output.type === "ignored") heard = false;
			else this.#take(output, now);
		}
		return heard;
	}

	#take(output: Exclude<StunClientOutput, { readonly type: "ignored" }>, now: Instant): void {
		if (output.type === "send") {
			this.#outlet.send(output.local, output.to, output.bytes);
			this.#askers.get(Number(output.key))?.left?.(output.transmission, now);
		} else if (output.event.kind !== "redirected") {
			const key = Number(output.event.key);
			const asker = this.#askers.get(key);
			this.#askers.delete(key);
			asker?.ended(output.event, now, this.#errnoName);
		}
	}
}

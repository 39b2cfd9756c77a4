import { attributeOf, type StunAddress, type StunMessage, shortTermKey } from "@whither/wire";
import type { Deadline, Instant } from "../../machine.ts";
import { StunClient } from "../../stun/client.ts";
import type { StunClientEvent, StunClientInput, StunClientOutput } from "../../stun/client-io.ts";
import type { Outlet } from "./outlet.ts";
import type { Credentials } from "./secrets.ts";

/** A Binding request of RFC 3489, to be carried to its end. */
export interface Question {
	readonly base: number;
	readonly to: StunAddress;
	/** Of the address that is checked; STUN servers ask for none. */
	readonly credentials?: Credentials;
}

/** How it ended. */
export type Answer =
	| {
			readonly kind: "success";
			readonly message: StunMessage;
			readonly rttNs: number | null;
			readonly transmissions: number;
	  }
	| { readonly kind: "error"; readonly code: number }
	| { readonly kind: "failed"; readonly why: string };

/** Who asked, called once unless it is cancelled. */
export interface Asker {
	ended(answer: Answer, now: Instant): void;
	/** One more transmission leaves. */
	left?(): void;
}

/** Every transaction of an agent. */
export class Requests {
	readonly #stun: StunClient;
	readonly #outlet: Outlet;
	readonly #askers = new Map<number, Asker>();
	#lastKey = 0;

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

	/**
	 * Sends it at once. The answer comes from where it went. Deviation: the password stays at home (§5.5 sends it along in PASSWORD, where
	 * anybody on the way would read it, and RFC 3489 §11.2.7 knows it in answers of a Shared Secret server alone).
	 */
	ask({ base, to, credentials }: Question, asker: Asker, now: Instant): number {
		const key = ++this.#lastKey;
		this.#askers.set(key, asker);
		const signed = credentials === undefined ? {} : { credentials: signing(credentials) };
		const request = { key, to, local: base, method: "binding" as const, classic: true, redirects: 0, ...signed };
		this.#step({ type: "request", request }, now);
		return key;
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
		this.#step({ type: "unreachable", to, local: base, code }, now);
	}

	overdue(now: Instant): void {
		const { deadline } = this.#stun;
		if (deadline !== null && deadline.at <= now) this.#step({ type: "timer" }, now);
	}

	#step(input: StunClientInput, now: Instant): boolean {
		let heard = true;
		for (const output of this.#stun.step(input, now))
			if (output.type === "ignored") heard = this.#isRefusal(output, now);
			else if (output.type === "send") {
				this.#outlet.send(output.local, output.to, output.bytes);
				this.#askers.get(Number(output.key))?.left?.();
			} else if (output.event.kind !== "redirected") this.#end(Number(output.event.key), answerOf(output.event), now);
		return heard;
	}

	/** Whoever does not know a user cannot sign that it does not (RFC 3489 §8.1): errors count without a digest, by the id alone. */
	#isRefusal(output: Extract<StunClientOutput, { readonly type: "ignored" }>, now: Instant): boolean {
		const { reason, key, error } = output;
		if (reason !== "unprotected" || key === null || error === null) return false;
		const asker = this.#askers.get(Number(key));
		this.cancel(Number(key), now);
		asker?.ended({ kind: "error", code: error.code }, now);
		return true;
	}

	#end(key: number, answer: Answer, now: Instant): void {
		const asker = this.#askers.get(key);
		this.#askers.delete(key);
		asker?.ended(answer, now);
	}
}

function signing({ username, password }: Credentials) {
	return { kind: "shortTerm", integrity: "sha1", username, key: shortTermKey(password) } as const;
}

function answerOf(event: Exclude<StunClientEvent, { readonly kind: "redirected" }>): Answer {
	if (event.kind === "error") return { kind: "error", code: event.error.code };
	if (event.kind === "failed") return { kind: "failed", why: event.why };
	// RFC 3489 §11.2.1: an answer without it says nothing.
	if (attributeOf(event.message, "mappedAddress") === undefined) return { kind: "failed", why: "noMappedAddress" };
	const { message, rttNs, transmissions } = event;
	return { kind: "success", message, rttNs, transmissions };
}

import type { StunAddress, StunErrorCode, StunItem, StunMessage, StunMethod } from "@whither/wire";
import type { Deadline, Instant } from "../../machine.ts";
import { StunClient } from "../../stun/client.ts";
import type {
	LongTermCredentials,
	StunClientEvent,
	StunClientInput,
	StunClientOutput,
	StunElsewhere,
} from "../../stun/client-io.ts";
import { NOWHERE } from "../../stun/verdict.ts";
import type { TurnClientConfig, TurnRefusal } from "./client-io.ts";
import { turnFailureOf } from "./failure.ts";
import type { Outlet } from "./outlet.ts";

/** How a request ended. */
export type RequestEnd = SuccessEnd | RefusedEnd;

/** The end of a request that succeeded. */
export interface SuccessEnd {
	readonly kind: "success";
	readonly message: StunMessage;
	/** The server that answered. */
	readonly server: StunAddress;
	readonly rttNs: number | null;
	/** Messages that it took, those that were challenged and those that were sent again included. */
	readonly messages: number;
}

/** The end of a request that did not succeed. */
export interface RefusedEnd extends TurnRefusal {
	readonly kind: "refused";
	readonly elsewhere: StunElsewhere;
	readonly unknownAttributes: readonly number[];
}

/** A request to the relay. */
export interface Question {
	/** What no other request under way is called. */
	readonly key: string;
	readonly method: StunMethod;
	readonly attributes: readonly StunItem[];
	/** Another connection than the one that the allocation is on. */
	readonly local?: number;
}

interface Pending {
	readonly question: Question;
	/** What it was signed with. */
	readonly credentials: LongTermCredentials | undefined;
	messages: number;
	readonly ended: (end: RequestEnd, now: Instant) => void;
}

/** Requests to the relay, carried to their ends by a STUN client, each of which somebody waits for. */
export class Requests {
	/** What requests are signed with; what is under way keeps what it began with, and begins anew if that is refused. */
	credentials: LongTermCredentials | undefined;
	readonly #stun: StunClient;
	readonly #config: TurnClientConfig;
	readonly #outlet: Outlet;
	readonly #pending = new Map<string, Pending>();
	readonly #mismatched: (end: RefusedEnd, now: Instant) => void;

	/** `mismatched`: a request says that there is no allocation on this 5-tuple. */
	constructor(config: TurnClientConfig, outlet: Outlet, mismatched: (end: RefusedEnd, now: Instant) => void) {
		const { secret, leg = "udp", schedule } = config;
		const transport = leg === "tcp" || leg === "tls" ? "stream" : "datagram";
		this.#stun = new StunClient({ secret, transport, ...(schedule !== undefined && { schedule }) });
		this.credentials = config.credentials;
		this.#config = config;
		this.#outlet = outlet;
		this.#mismatched = mismatched;
	}

	get deadline(): Deadline | null {
		return this.#stun.deadline;
	}

	/** Sends it; `ended` is called once, unless it is cancelled. */
	ask(question: Question, now: Instant, ended: Pending["ended"]): void {
		const { credentials } = this;
		const { followUnprotected, software, askedBefore } = this.#config;
		const { key, method, local = this.#outlet.local } = question;
		// Once there is an allocation, no server may send us to another.
		const redirects = method === "allocate" ? (this.#config.redirects ?? 1) : 0;
		const attributes: StunItem[] = [...question.attributes];
		if (software !== undefined) attributes.unshift({ name: "software", value: software });
		this.#pending.set(key, { question, credentials, messages: 0, ended });
		const request = {
			...{ key, to: this.#outlet.server, local, method, attributes, redirects },
			...(credentials !== undefined && { credentials }),
			...(followUnprotected !== undefined && { followUnprotected }),
			...(askedBefore !== undefined && { askedBefore }),
		};
		this.hear({ type: "request", request }, now);
	}

	#cancel(key: string, now: Instant): void {
		this.#pending.delete(key);
		this.hear({ type: "cancel", key }, now);
	}

	/** All but the one of this key. */
	cancelAll(now: Instant, kept?: string): void {
		for (const key of [...this.#pending.keys()]) if (key !== kept) this.#cancel(key, now);
	}

	/** What concerns the transactions. */
	hear(input: StunClientInput, now: Instant): void {
		for (const output of this.#stun.step(input, now)) this.#take(output, now);
	}

	#take(output: StunClientOutput, now: Instant): void {
		if (output.type === "event") this.#end(output.event, now);
		else if (output.type === "ignored") this.#outlet.ignore(output.reason);
		else {
			const pending = this.#pending.get(String(output.key));
			if (pending !== undefined) pending.messages++;
			const { type, bytes, to, local } = output;
			this.#outlet.put({ type, bytes, to, local });
		}
	}

	#end(event: StunClientEvent, now: Instant): void {
		if (event.kind === "redirected") {
			this.#outlet.tell({ kind: "redirected", to: event.to });
			return;
		}
		const pending = this.#pending.get(String(event.key));
		if (pending === undefined) return;
		this.#pending.delete(String(event.key));
		const end = endOf(event, pending.messages);
		const why = end.kind === "refused" ? end.why : null;
		if (why === "unauthorized" && pending.credentials !== this.credentials)
			this.ask(pending.question, now, pending.ended);
		else if (end.kind === "refused" && why === "allocationMismatch" && isOfAllocation(pending.question.method))
			this.#mismatched(end, now);
		else pending.ended(end, now);
	}
}

/** Whether 437 says of a request of this method that the allocation is gone. */
function isOfAllocation(method: StunMethod): boolean {
	return method === "createPermission" || method === "channelBind" || method === "connect";
}

function endOf(event: Exclude<StunClientEvent, { readonly kind: "redirected" }>, messages: number): RequestEnd {
	if (event.kind === "success")
		return { kind: "success", message: event.message, server: event.to, rttNs: event.rttNs, messages };
	if (event.kind === "failed") {
		const { why, error, alternate, alternateDomain, mayFollow } = event;
		return { kind: "refused", why, error, elsewhere: { alternate, alternateDomain, mayFollow }, unknownAttributes: [] };
	}
	const { error, unknownAttributes } = event;
	return { kind: "refused", why: turnFailureOf(error), error, elsewhere: NOWHERE, unknownAttributes };
}

/** What of an end is to be told. */
export function refusalOf({ why, error }: { readonly why: TurnRefusal["why"]; readonly error: StunErrorCode | null }) {
	return { why, error };
}

import type { Instant } from "@whither/core";
import { isSamePlace, type SipHop } from "../transport/hop.ts";
import { type ClientOrder, ClientTransaction } from "./client.ts";
import type { RequestEnvelope, ResponseEnvelope } from "./envelope.ts";
import { clientKey, originOf, serverKey } from "./matching.ts";
import { ServerTransaction } from "./server.ts";
import { NEVER } from "./timers.ts";

/** Of each kind, those that wait for nothing but copies of what has been said included; ours. */
const MOST_TRANSACTIONS = 1024;
/** Of them, those of requests within no dialog, which anybody may send: dialogs go on however many do. Ours. */
const MOST_OF_STRANGERS = MOST_TRANSACTIONS / 2;

/** What comes of a request that belongs to a transaction. */
export type Heard =
	/** Of none that we know: it is new, or the ACK of a 2xx. */
	| { readonly kind: "new" }
	/** It has come before, and has been answered as it was then; or it is the ACK of a refusal. */
	| { readonly kind: "absorbed" }
	/** It has come another way before (RFC 3261 §8.2.2.2). */
	| { readonly kind: "merged" }
	/** As one that has come before, but from another address: nobody's business. */
	| { readonly kind: "foreign" };

/** All requests under way, ours and theirs (RFC 3261 §17). */
export class Transactions {
	readonly #clients = new Map<string, ClientTransaction>();
	readonly #servers = new Map<string, ServerTransaction>();
	readonly #send: (bytes: Uint8Array, hop: SipHop) => void;

	constructor(send: (bytes: Uint8Array, hop: SipHop) => void) {
		this.#send = send;
	}

	/** How many are not settled: without a final answer of theirs, or without the ACK of a refusal of ours. */
	get waiting(): number {
		const all = [...this.#clients.values(), ...this.#servers.values()];
		return all.filter(({ isWaiting }) => isWaiting).length;
	}

	get dueAt(): Instant {
		let dueAt = NEVER;
		for (const client of this.#clients.values()) dueAt = Math.min(dueAt, client.dueAt);
		for (const server of this.#servers.values()) dueAt = Math.min(dueAt, server.dueAt);
		return dueAt;
	}

	/** Sends a request whose topmost Via has a branch of ours; null: there are too many. */
	ask(branch: string, order: Omit<ClientOrder, "send">, now: Instant): ClientTransaction | null {
		if (this.#clients.size >= MOST_TRANSACTIONS) return null;
		const transaction = new ClientTransaction({ ...order, send: this.#send }, now);
		this.#clients.set(`${order.request.method} ${branch}`, transaction);
		return transaction;
	}

	/** A transaction for a new request; null: there are too many. */
	begin(request: RequestEnvelope, hop: SipHop, now: Instant): ServerTransaction | null {
		if (this.#servers.size >= (request.toTag === null ? MOST_OF_STRANGERS : MOST_TRANSACTIONS)) return null;
		const transaction = new ServerTransaction({ request, hop, send: this.#send }, now);
		this.#servers.set(serverKey(request), transaction);
		return transaction;
	}

	/** Whether it belongs to a request of ours. */
	response(response: ResponseEnvelope, now: Instant): boolean {
		const transaction = this.#clients.get(clientKey(response));
		transaction?.response(response, now);
		return transaction !== undefined;
	}

	/** Answers what has come before, as often as `allows` lets one more answer go there. */
	request(request: RequestEnvelope, from: SipHop, allows: (hop: SipHop) => boolean, now: Instant): Heard {
		const transaction = this.#servers.get(serverKey(request));
		if (transaction === undefined) return { kind: this.#isMerged(request) ? "merged" : "new" };
		if (request.message.method !== "ACK") {
			if (!isOfSameSource(transaction.hop, from)) return { kind: "foreign" };
			transaction.again(allows);
		} else if (transaction.state === "accepted") return { kind: "new" };
		else transaction.acknowledged(now);
		return { kind: "absorbed" };
	}

	/** The INVITE that a CANCEL is about (RFC 3261 §9.2). */
	cancelled(cancel: RequestEnvelope): ServerTransaction | null {
		return this.#servers.get(serverKey(cancel, "INVITE")) ?? null;
	}

	/** Nothing gets there; what we have answered stays as it is (RFC 6026), for the request may come again. */
	transportFailed(to: SipHop, why: string, now: Instant): void {
		for (const client of [...this.#clients.values()]) if (isSamePlace(client.hop, to)) client.transportFailed(why, now);
	}

	/** Sends again what is due, and forgets what is over. */
	tick(now: Instant): void {
		for (const [key, client] of [...this.#clients]) {
			client.tick(now);
			if (client.state === "terminated") this.#clients.delete(key);
		}
		for (const [key, server] of [...this.#servers]) {
			server.tick(now);
			if (server.state === "terminated") this.#servers.delete(key);
		}
	}

	#isMerged(request: RequestEnvelope): boolean {
		if (request.toTag !== null || request.message.method === "ACK" || request.message.method === "CANCEL") return false;
		const origin = originOf(request);
		for (const server of this.#servers.values())
			if (server.origin === origin && server.request.toTag === null) return true;
		return false;
	}
}

/**
 * Whether a datagram is from where the first was, though a NAT may have given it another port: whoever copies a branch from
 * elsewhere would have us send to the one who drew it. Connections come and go.
 */
function isOfSameSource(first: SipHop, from: SipHop): boolean {
	return first.transport !== "udp" || from.transport !== "udp" || first.address === from.address;
}

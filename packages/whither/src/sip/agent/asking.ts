/** A request of ours from its making to its final answer: where it goes, where else, and what it has to show. */
import type { Instant } from "@whither/core";
import { formatSip } from "../message/format.ts";
import type { SipHeader, SipRequest } from "../message/message.ts";
import type { ClientTransaction, ClientUser, NoAnswer } from "../transactions/client.ts";
import { type ResponseEnvelope, readEnvelope } from "../transactions/envelope.ts";
import type { Transactions } from "../transactions/transactions.ts";
import type { SipHop } from "../transport/hop.ts";
import type { SipEnd } from "./agent-io.ts";
import type { Shown } from "./challenges.ts";
import type { Locator } from "./locator.ts";
import { ackOfRefusal, cancelOf } from "./made.ts";
import { type Places, type PublicAddress, publicAddressIn } from "./places.ts";

/** RFC 3261 §18.1.1: a longer request goes by a transport that holds back where the network is full. */
const LONGEST_DATAGRAM = 1300;

/** What a request is made with, each time that it is sent. */
export interface MakingFacts {
	/** The URI for its Contact. */
	readonly contact: string;
	/** Authorization and Proxy-Authorization. */
	readonly credentials: readonly SipHeader[];
}

/** A request to be asked. */
export interface Question {
	readonly method: string;
	/** The URI of the first to whom it goes. */
	readonly nextHop: string;
	/** Whether nothing but TLS will do (RFC 3261 §26.2.2). */
	readonly isSecure: boolean;
	/** Whether those who answer are who others reach us by, so that Contact is to be what they see. */
	readonly learnsPlace?: boolean;
	/** The request without Via; of a new CSeq each time. */
	make(facts: MakingFacts): SipRequest;
	/** As `ClientUser` has it; challenges have been met before, as far as they can be. */
	response(response: ResponseEnvelope, request: SipRequest, now: Instant): void;
	failed(end: SipEnd, now: Instant): void;
}

/** What every request needs. */
export interface AskingMeans {
	readonly transactions: Transactions;
	readonly locator: Locator;
	readonly places: Places;
	/** Header fields that meet a challenge; what it comes to where they do not. */
	readonly challenges: (asked: SipRequest, response: ResponseEnvelope, shown: Shown) => readonly SipHeader[] | SipEnd;
}

/** One request. */
export class Asking implements ClientUser {
	readonly #means: AskingMeans;
	readonly #question: Question;
	readonly #shown: Shown = new Map();
	#hops: readonly SipHop[] = [];
	#credentials: readonly SipHeader[] = [];
	#transaction: ClientTransaction | null = null;
	/** Why it is to be cancelled; undefined: it is not. */
	#cancel: SipHeader | null | undefined;
	#local: SipHop | null = null;
	#seenAs: PublicAddress | null = null;
	#isCancelled = false;
	#isHeard = false;
	#mayBeLong = false;
	/** Of a place that has too much to do, after which the next was tried. */
	#overloaded: { readonly response: ResponseEnvelope; readonly request: SipRequest } | null = null;

	constructor(means: AskingMeans, question: Question, now: Instant) {
		this.#means = means;
		this.#question = question;
		means.locator.find(question.nextHop, (hops, at) => this.#found(hops, at), now);
	}

	/** The request as it was sent last; null: it has not been. */
	get request(): SipRequest | null {
		return this.#transaction?.request ?? null;
	}

	/** How it went out: the hop that it took, our socket for that, and how the one who answered sees it. */
	get way(): { readonly hop: SipHop; readonly local: SipHop; readonly seenAs: PublicAddress | null } | null {
		const [hop, local, seenAs] = [this.#transaction?.hop, this.#local, this.#seenAs];
		return hop === undefined || local === null ? null : { hop, local, seenAs };
	}

	/** Credentials that were shown, for the ACK that goes with them (RFC 3261 §22.1). */
	get credentials(): readonly SipHeader[] {
		return this.#credentials;
	}

	/** Cancels an INVITE: once it has been heard of, for before that nobody may know it (§9.1). */
	cancel(reason: SipHeader | null, now: Instant): void {
		this.#cancel = reason;
		if (this.#transaction?.state === "proceeding") this.#sendCancel(this.#transaction, now);
	}

	response(response: ResponseEnvelope, now: Instant): void {
		const transaction = this.#transaction;
		if (transaction === null) return;
		const { status } = response.message;
		this.#isHeard = true;
		if (this.#question.learnsPlace === true) this.#learn(response);
		if (status < 200 && this.#cancel !== undefined) this.#sendCancel(transaction, now);
		if (this.#cancel === undefined && this.#isMet(transaction.request, response, now)) return;
		this.#question.response(response, transaction.request, now);
	}

	/** Whoever asked need not wait until the cancelled one has ended. */
	overdue(now: Instant): void {
		this.cancel(null, now);
		this.#question.failed({ code: "timeout" }, now);
	}

	failed(why: NoAnswer, now: Instant): void {
		this.#means.locator.forget(this.#question.nextHop);
		const isFresh = this.#cancel === undefined && !this.#isHeard;
		const overloaded = this.#overloaded;
		if (isFresh && this.#hops.length > 1) this.#next(now);
		// Of all places, that one said something.
		else if (isFresh && overloaded !== null) this.#question.response(overloaded.response, overloaded.request, now);
		else {
			// It may ring there for ever.
			if (this.#isHeard && this.#question.method === "INVITE" && this.#transaction !== null)
				this.#sendCancel(this.#transaction, now);
			this.#question.failed(why, now);
		}
	}

	#found(hops: readonly SipHop[], now: Instant): void {
		const { places } = this.#means;
		const { isSecure, nextHop } = this.#question;
		if (this.#cancel !== undefined) {
			this.#question.failed({ code: "timeout" }, now);
			return;
		}
		this.#hops = hops.filter((hop) => places.localFor(hop) !== null && (!isSecure || hop.transport === "tls"));
		if (hops.length === 0) this.#question.failed({ code: "notFound", uri: nextHop }, now);
		else if (this.#hops.length === 0) this.#question.failed({ code: "transport", why: "noSuchTransport" }, now);
		else this.#send(now);
	}

	/** To the next of those that can take it (RFC 3263 §4.3). */
	#next(now: Instant): void {
		this.#hops = this.#hops.slice(1);
		this.#send(now);
	}

	#send(now: Instant): void {
		const { places, transactions } = this.#means;
		const [hop, ...others] = this.#hops;
		const local = hop === undefined ? null : places.localFor(hop);
		if (hop === undefined || local === null) {
			this.#question.failed({ code: "transport", why: "noWay" }, now);
			return;
		}
		this.#local = local;
		const branch = places.branch();
		const contact = places.contactUri(local, this.#question.isSecure);
		const made = this.#question.make({ contact, credentials: this.#credentials });
		const request = { ...made, headers: [places.via(local, branch), ...made.headers] };
		const bytes = formatSip(request);
		if (this.#isTooLong(bytes, hop)) {
			this.#mayBeLong = true;
			this.#hops = [{ ...hop, transport: "tcp" }, hop, ...others];
			this.#send(now);
			return;
		}
		const acknowledge = request.method === "INVITE" ? acknowledging(request) : null;
		this.#transaction = transactions.ask(branch, { request, bytes, hop, user: this, acknowledge }, now);
		if (this.#transaction === null) this.#question.failed({ code: "transport", why: "tooMany" }, now);
	}

	/** Once: where TCP leads nowhere it is a long datagram after all. */
	#isTooLong(bytes: Uint8Array, hop: SipHop): boolean {
		const isLong = hop.transport === "udp" && bytes.length > LONGEST_DATAGRAM;
		return isLong && !this.#mayBeLong && this.#means.places.hasTcpFor(hop);
	}

	/** Whether it has been asked again: with credentials, or elsewhere. */
	#isMet(request: SipRequest, response: ResponseEnvelope, now: Instant): boolean {
		const { status } = response.message;
		if (status === 503 && this.#hops.length > 1) {
			this.#overloaded = { response, request };
			this.#isHeard = false;
			this.#next(now);
			return true;
		}
		if (status !== 401 && status !== 407) return false;
		const met = this.#means.challenges(request, response, this.#shown);
		if ("code" in met) this.#question.failed(met, now);
		else {
			this.#credentials = met;
			this.#send(now);
		}
		return true;
	}

	/** A NAT's address for a datagram socket; a connection is found by its Contact wherever that is. */
	#learn({ via }: ResponseEnvelope): void {
		const local = this.#local;
		const seen = publicAddressIn(via);
		if (local === null || seen === null) return;
		this.#seenAs = seen;
		if (seen.address !== local.address || local.transport === "udp") this.#means.places.seenAs(local, seen);
	}

	#sendCancel(transaction: ClientTransaction, now: Instant): void {
		if (this.#isCancelled) return;
		this.#isCancelled = true;
		const request = cancelOf(transaction.request, this.#cancel ?? null);
		const envelope = readEnvelope(request);
		const order = { request, bytes: formatSip(request), hop: transaction.hop, user: NOBODY, acknowledge: null };
		this.#means.transactions.ask(envelope?.branch ?? "", order, now);
		transaction.cancelled(now);
	}
}

const NOBODY: ClientUser = { response: () => {}, overdue: () => {}, failed: () => {} };

function acknowledging(invite: SipRequest): (response: ResponseEnvelope) => Uint8Array {
	return ({ message }) => formatSip(ackOfRefusal(invite, message));
}

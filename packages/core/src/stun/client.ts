import {
	attributeOf,
	decodeStun,
	isDecodeError,
	isSameEndpoint,
	type StunAddress,
	type StunErrorCode,
	type StunMessage,
} from "@whither/wire";
import type { Deadline, Instant, Machine } from "../machine.ts";
import { type Arrival, exchangeOf } from "./answers.ts";
import { type Challenge, Challenges } from "./challenges.ts";
import type {
	StunClientEvent,
	StunClientInput,
	StunClientOutput,
	StunElsewhere,
	StunFailure,
	StunIgnoreReason,
	StunRequest,
} from "./client-io.ts";
import { CLASSIC_SCHEDULE, DATAGRAM_SCHEDULE, STREAM_SCHEDULE, type TransmitSchedule } from "./schedule.ts";
import { type Signature, Transaction, type TransactionParts } from "./transaction.ts";
import { TransactionIds } from "./transaction-ids.ts";
import { Transactions } from "./transactions.ts";
import { NOWHERE, type Verdict, weigh } from "./verdict.ts";

/** What a client is made from. */
export interface StunClientConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	/** By default `datagram`; a stream carries each message once. */
	readonly transport?: "datagram" | "stream";
	/** What requests keep that bring none; by the transport when absent. */
	readonly schedule?: TransmitSchedule;
}

/**
 * Carries requests to their answers (RFC 8489 §6.2, §6.3): sends them again in time, meets challenges, goes where a server
 * sends it, and believes only what it has to. Many may be under way at once. Sockets are the driver's, by index.
 */
export class StunClient implements Machine<StunClientInput, StunClientOutput> {
	readonly #config: StunClientConfig;
	readonly #ids: TransactionIds;
	readonly #challenges = new Challenges();
	/** Which digest each server answered with that was sent both. */
	readonly #digests = new Map<string, "sha1" | "sha256">();
	readonly #transactions = new Transactions();
	#out: StunClientOutput[] = [];

	constructor(config: StunClientConfig) {
		this.#config = config;
		this.#ids = new TransactionIds(config.secret);
	}

	/** Requests under way. */
	get pending(): number {
		return this.#transactions.size;
	}

	get deadline(): Deadline | null {
		return this.#transactions.deadline;
	}

	step(input: StunClientInput, now: Instant): readonly StunClientOutput[] {
		this.#out = [];
		if (input.type === "request") this.#begin(input.request, now);
		else if (input.type === "received")
			this.#hear(input.bytes, { from: input.from, local: input.local ?? 0, at: input.at ?? now }, now);
		else if (input.type === "sent") this.#left(input.bytes, input.transmission, input.at);
		else if (input.type === "quiet") this.#quiet(input.key);
		else if (input.type === "cancel") this.#cancel(input.key);
		else if (input.type === "unreachable") this.#loseServer(input.to, input.local ?? 0);
		else if (input.type === "closed") this.#loseSocket(input.local);
		this.#overdue(now);
		return this.#out;
	}

	#begin(request: StunRequest, now: Instant): void {
		const before = this.#transactions.withKey(request.key);
		if (before !== undefined) this.#transactions.remove(before);
		const { to } = request;
		const challenge = this.#challengeOf(request, to);
		const parts: TransactionParts = {
			request,
			id: request.transactionId ?? this.#nextId(request),
			to,
			schedule: request.schedule ?? this.#scheduleFor(request),
			challenge,
			signature: this.#signature(request, to, challenge),
			challengesMet: 0,
			askedBefore: request.askedBefore ?? [],
		};
		this.#start(parts, now);
	}

	#challengeOf({ credentials, local = 0 }: StunRequest, to: StunAddress): Challenge | null {
		return credentials?.kind === "longTerm" ? (this.#challenges.get(to, credentials, local) ?? null) : null;
	}

	#nextId(request: StunRequest): Uint8Array {
		return this.#ids.next(request.classic === true ? 16 : 12);
	}

	#scheduleFor(request: StunRequest): TransmitSchedule {
		if (this.#config.schedule !== undefined) return this.#config.schedule;
		if (this.#config.transport === "stream") return STREAM_SCHEDULE;
		return request.classic === true ? CLASSIC_SCHEDULE : DATAGRAM_SCHEDULE;
	}

	#signature({ credentials }: StunRequest, to: StunAddress, challenge: Challenge | null): Signature | null {
		if (credentials?.kind === "shortTerm") {
			const known = credentials.integrity === "both" ? this.#digests.get(serverKey(to)) : undefined;
			return { integrity: known ?? credentials.integrity, key: credentials.key };
		}
		if (challenge === null) return null;
		// A server that lists algorithms knows the newer digest and wants no other (RFC 8489 §9.2.5).
		return { integrity: challenge.algorithms === undefined ? "sha1" : "sha256", key: challenge.key };
	}

	#start(parts: TransactionParts, now: Instant): void {
		const transaction = new Transaction(parts);
		this.#transactions.add(transaction);
		this.#send(transaction, now);
	}

	/** The same request under a new id. */
	#again(transaction: Transaction, changes: Partial<TransactionParts>, now: Instant): void {
		this.#transactions.remove(transaction);
		const { request } = transaction.parts;
		const parts = { ...transaction.parts, ...changes, id: this.#nextId(request) };
		this.#start({ ...parts, signature: this.#signature(request, parts.to, parts.challenge) }, now);
	}

	#send(transaction: Transaction, now: Instant): void {
		const { request, to } = transaction.parts;
		const bytes = transaction.transmit(now);
		const transmission = transaction.sentAt.length;
		this.#out.push({ type: "send", bytes, to, local: request.local ?? 0, key: request.key, transmission });
	}

	/** Round trips are counted from then; when to send again is not. */
	#left(bytes: Uint8Array, transmission: number, at: Instant): void {
		const message = decodeStun(bytes);
		const transaction = isDecodeError(message) ? undefined : this.#transactions.withId(message.transactionId);
		if (transaction !== undefined && transaction.sentAt[transmission - 1] !== undefined)
			transaction.sentAt[transmission - 1] = at;
	}

	#overdue(now: Instant): void {
		for (const transaction of this.#transactions.where(({ dueAt }) => dueAt <= now)) {
			if (!transaction.exhausted) this.#send(transaction, now);
			else this.#fail(transaction, transaction.anyDisbelieved ? "integrity" : "timeout", transaction.disbelieved);
		}
	}

	#hear(bytes: Uint8Array, arrival: Arrival, now: Instant): void {
		const message = decodeStun(bytes);
		const isAnswer = !isDecodeError(message) && (message.class === "success" || message.class === "error");
		const transaction = isAnswer ? this.#transactions.withId(message.transactionId) : undefined;
		if (isDecodeError(message)) this.#ignore("notStun");
		else if (transaction === undefined) this.#ignore(isAnswer ? "unknownTransaction" : "notAnAnswer");
		else {
			const verdict = weigh(transaction, message, arrival, this.#config.transport ?? "datagram");
			this.#obey(verdict, transaction, message, arrival, now);
		}
	}

	#obey(verdict: Verdict, transaction: Transaction, message: StunMessage, arrival: Arrival, now: Instant): void {
		if (verdict.kind === "stray") this.#ignore(verdict.reason, transaction);
		else if (verdict.kind === "disbelieved") this.#disbelieve(transaction, verdict.reason, verdict.error);
		else if (verdict.kind === "failed") this.#fail(transaction, verdict.why, verdict.error, verdict.elsewhere);
		else if (verdict.kind === "redirected") this.#redirect(transaction, verdict.to, now);
		else if (verdict.kind === "challenged") {
			const { to, challengesMet, request } = transaction.parts;
			this.#challenges.set(to, verdict.credentials, request.local ?? 0, verdict.challenge);
			this.#again(transaction, { challenge: verdict.challenge, challengesMet: challengesMet + 1 }, now);
		} else this.#answered(transaction, message, arrival, verdict);
	}

	/** As if it had never come; on a stream no other will (RFC 8489 §9.1.4). */
	#disbelieve(transaction: Transaction, reason: StunIgnoreReason, error: StunErrorCode | null): void {
		this.#ignore(reason, transaction, error);
		transaction.disbelieved = error;
		transaction.anyDisbelieved = true;
		if (this.#config.transport === "stream") this.#fail(transaction, "integrity", error);
	}

	#redirect(transaction: Transaction, to: StunAddress, now: Instant): void {
		const { request, to: before, askedBefore } = transaction.parts;
		this.#tell({ kind: "redirected", key: request.key, to });
		const challenge = this.#challengeOf(request, to);
		this.#again(transaction, { to, askedBefore: [...askedBefore, before], challenge, challengesMet: 0 }, now);
	}

	#answered(
		transaction: Transaction,
		message: StunMessage,
		arrival: Arrival,
		{ error, authenticated }: Extract<Verdict, { readonly kind: "answered" }>,
	): void {
		this.#transactions.remove(transaction);
		this.#learnDigest(transaction, message);
		const exchange = exchangeOf(transaction, message, arrival, authenticated);
		if (error === null) this.#tell({ kind: "success", ...exchange });
		else {
			const unknownAttributes = attributeOf(message, "unknownAttributes") ?? [];
			this.#tell({ kind: "error", error, unknownAttributes, ...exchange });
		}
	}

	/** RFC 8489 §9.1.5: from now on only the digest that this server answered with. */
	#learnDigest({ parts: { signature, to } }: Transaction, message: StunMessage): void {
		if (signature?.integrity !== "both") return;
		const sha256 = attributeOf(message, "messageIntegritySha256") !== undefined;
		this.#digests.set(serverKey(to), sha256 ? "sha256" : "sha1");
	}

	#quiet(key: StunRequest["key"]): void {
		const transaction = this.#transactions.withKey(key);
		if (transaction === undefined) this.#ignore("unknownRequest");
		else transaction.leaveNoMore();
	}

	#cancel(key: StunRequest["key"]): void {
		const transaction = this.#transactions.withKey(key);
		if (transaction === undefined) this.#ignore("unknownRequest");
		else this.#transactions.remove(transaction);
	}

	#loseServer(server: StunAddress, local: number): void {
		const lost = ({ parts: { to, request } }: Transaction) =>
			isSameEndpoint(to, server) && (request.local ?? 0) === local;
		for (const transaction of this.#transactions.where(lost)) this.#fail(transaction, "unreachable", null);
	}

	#loseSocket(local: number): void {
		this.#challenges.forget(local);
		const lost = ({ parts: { request } }: Transaction) => (request.local ?? 0) === local;
		for (const transaction of this.#transactions.where(lost)) this.#fail(transaction, "closed", null);
	}

	#fail(
		transaction: Transaction,
		why: StunFailure,
		error: StunErrorCode | null,
		elsewhere: StunElsewhere = NOWHERE,
	): void {
		this.#transactions.remove(transaction);
		const { request, to } = transaction.parts;
		// What it was told of how to sign was of no use: the next request asks anew.
		if (why === "unauthorized" && request.credentials?.kind === "longTerm")
			this.#challenges.delete(to, request.credentials);
		const transmissions = transaction.sentAt.length;
		this.#tell({ kind: "failed", key: request.key, to, why, transmissions, error, ...elsewhere });
	}

	#tell(event: StunClientEvent): void {
		this.#out.push({ type: "event", event });
	}

	#ignore(reason: StunIgnoreReason, transaction?: Transaction, error: StunErrorCode | null = null): void {
		this.#out.push({ type: "ignored", reason, key: transaction?.parts.request.key ?? null, error });
	}
}

/** A server as a key of a map. */
function serverKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}

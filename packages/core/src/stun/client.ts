import {
	attributeOf,
	decodeStun,
	isDecodeError,
	type StunAddress,
	type StunErrorCode,
	type StunMessage,
} from "@whither/wire";
import type { Deadline, Instant, Machine } from "../machine.ts";
import { type Arrival, exchangeOf, hasUnknownRequired, judgeIntegrity, sameAddress, strayReason } from "./answers.ts";
import { type Challenge, Challenges, challengeOf, isBidDown } from "./challenges.ts";
import type {
	LongTermCredentials,
	StunClientEvent,
	StunClientInput,
	StunClientOutput,
	StunFailure,
	StunIgnoreReason,
	StunRequest,
	StunRequestKey,
} from "./client-io.ts";
import { CLASSIC_SCHEDULE, DATAGRAM_SCHEDULE, STREAM_SCHEDULE, type TransmitSchedule } from "./schedule.ts";
import { type Signature, Transaction, type TransactionParts } from "./transaction.ts";
import { TransactionIds } from "./transaction-ids.ts";

/** What a client is made from. */
export interface StunClientConfig {
	/** 32 random bytes, new for every machine. */
	readonly secret: Uint8Array;
	/** By default `datagram`; a stream carries each message once. */
	readonly transport?: "datagram" | "stream";
	/** What requests keep that bring none; by the transport when absent. */
	readonly schedule?: TransmitSchedule;
}

/** Challenges that one request meets at most: a first one, and nonces that have gone stale meanwhile. */
const MOST_CHALLENGES = 4;

/**
 * Carries requests to their answers (RFC 8489 §6.2, §6.3): sends them again in time, meets challenges, goes where a server
 * sends it, and believes only what it has to. Many may be under way at once. Sockets are the driver's, by index.
 */
export class StunClient implements Machine<StunClientInput, StunClientOutput> {
	readonly #config: StunClientConfig;
	readonly #ids: TransactionIds;
	readonly #challenges = new Challenges();
	/** Which digest each server answered that was sent both. */
	readonly #digests = new Map<string, "sha1" | "sha256">();
	readonly #byId = new Map<string, Transaction>();
	readonly #byKey = new Map<StunRequestKey, Transaction>();
	#out: StunClientOutput[] = [];

	constructor(config: StunClientConfig) {
		this.#config = config;
		this.#ids = new TransactionIds(config.secret);
	}

	/** Requests under way. */
	get pending(): number {
		return this.#byKey.size;
	}

	get deadline(): Deadline | null {
		let at = Number.POSITIVE_INFINITY;
		let why = "";
		for (const transaction of this.#byKey.values()) {
			if (transaction.dueAt >= at) continue;
			at = transaction.dueAt;
			why = transaction.exhausted ? "give up" : "send again";
		}
		return why === "" ? null : { at, why };
	}

	step(input: StunClientInput, now: Instant): readonly StunClientOutput[] {
		this.#out = [];
		if (input.type === "request") this.#begin(input.request, now);
		else if (input.type === "received")
			this.#hear(input.bytes, { from: input.from, local: input.local ?? 0, at: input.at ?? now }, now);
		else if (input.type === "cancel") this.#cancel(input.key);
		else if (input.type === "unreachable") this.#loseServer(input.to, input.local ?? 0);
		else if (input.type === "closed") this.#loseSocket(input.local);
		this.#overdue(now);
		return this.#out;
	}

	#begin(request: StunRequest, now: Instant): void {
		const before = this.#byKey.get(request.key);
		if (before !== undefined) this.#remove(before);
		const { credentials, to } = request;
		const challenge = credentials?.kind === "longTerm" ? (this.#challenges.get(to, credentials) ?? null) : null;
		this.#start(
			{
				request,
				id: request.transactionId ?? this.#ids.next(request.classic === true ? 16 : 12),
				to,
				schedule: request.schedule ?? this.#scheduleFor(request),
				challenge,
				signature: this.#signature(request, to, challenge),
				challengesMet: 0,
				askedBefore: [],
			},
			now,
		);
	}

	#scheduleFor(request: StunRequest): TransmitSchedule {
		if (this.#config.schedule !== undefined) return this.#config.schedule;
		if (this.#config.transport === "stream") return STREAM_SCHEDULE;
		return request.classic === true ? CLASSIC_SCHEDULE : DATAGRAM_SCHEDULE;
	}

	#signature({ credentials }: StunRequest, to: StunAddress, challenge: Challenge | null): Signature | null {
		if (credentials?.kind === "shortTerm") {
			const known = credentials.integrity === "both" ? this.#digests.get(digestKey(to)) : undefined;
			return { integrity: known ?? credentials.integrity, key: credentials.key };
		}
		if (challenge === null) return null;
		return { integrity: challenge.algorithms === undefined ? "sha1" : "sha256", key: challenge.key };
	}

	#start(parts: TransactionParts, now: Instant): void {
		const transaction = new Transaction(parts);
		this.#byId.set(idKey(parts.id), transaction);
		this.#byKey.set(parts.request.key, transaction);
		this.#send(transaction, now);
	}

	/** Again, under a new id. */
	#again(transaction: Transaction, changes: Partial<TransactionParts>, now: Instant): void {
		this.#remove(transaction);
		const { request } = transaction.parts;
		const parts = { ...transaction.parts, ...changes, id: this.#ids.next(request.classic === true ? 16 : 12) };
		this.#start({ ...parts, signature: this.#signature(request, parts.to, parts.challenge) }, now);
	}

	#send(transaction: Transaction, now: Instant): void {
		const { request, to } = transaction.parts;
		const bytes = transaction.transmit(now);
		const transmission = transaction.sentAt.length;
		this.#out.push({ type: "send", bytes, to, local: request.local ?? 0, key: request.key, transmission });
	}

	#overdue(now: Instant): void {
		for (const transaction of [...this.#byKey.values()]) {
			if (transaction.dueAt > now) continue;
			if (!transaction.exhausted) this.#send(transaction, now);
			else this.#fail(transaction, transaction.anyDisbelieved ? "integrity" : "timeout", transaction.disbelieved);
		}
	}

	#hear(bytes: Uint8Array, arrival: Arrival, now: Instant): void {
		const message = decodeStun(bytes);
		if (isDecodeError(message)) {
			this.#ignore("notStun");
			return;
		}
		if (message.class !== "success" && message.class !== "error") {
			this.#ignore("notAnAnswer");
			return;
		}
		const transaction = this.#byId.get(idKey(message.transactionId));
		const stray = transaction === undefined ? "unknownTransaction" : strayReason(transaction, message, arrival);
		if (transaction === undefined || stray !== null) this.#ignore(stray ?? "unknownTransaction", transaction);
		else this.#weigh(transaction, message, arrival, now);
	}

	/** An answer to this transaction by its looks (RFC 8489 §9.1.4, §9.2.5). */
	#weigh(transaction: Transaction, message: StunMessage, arrival: Arrival, now: Instant): void {
		const error = message.class === "error" ? (attributeOf(message, "errorCode") ?? null) : null;
		const credentials = transaction.parts.request.credentials;
		if (credentials?.kind === "longTerm" && (error?.code === 401 || error?.code === 438)) {
			this.#challenged(transaction, credentials, message, error, now);
			return;
		}
		const verdict = isBidDown(message) ? "bidDown" : judgeIntegrity(transaction, message);
		if (verdict === "authenticated" || verdict === "unsigned")
			this.#answered(transaction, { message, error, arrival, authenticated: verdict === "authenticated" }, now);
		else this.#disbelieve(transaction, verdict, error);
	}

	/** As if it had never come; on a stream no other will (RFC 8489 §9.1.4). */
	#disbelieve(transaction: Transaction, reason: StunIgnoreReason, error: StunErrorCode | null): void {
		this.#ignore(reason, transaction, error);
		transaction.disbelieved = error;
		transaction.anyDisbelieved = true;
		if (this.#config.transport === "stream") this.#fail(transaction, "integrity", error);
	}

	#challenged(
		transaction: Transaction,
		credentials: LongTermCredentials,
		message: StunMessage,
		error: StunErrorCode,
		now: Instant,
	): void {
		const { to, challenge: before, challengesMet } = transaction.parts;
		const challenge = challengeOf(message, credentials, before ?? undefined);
		if (typeof challenge === "string") {
			this.#fail(transaction, challenge, error);
			return;
		}
		// What was refused with the same realm would be refused again (RFC 8489 §9.2.5); a stale nonce is another matter.
		const refused = error.code === 401 && before !== null && before.realm === challenge.realm;
		if (refused || challengesMet >= MOST_CHALLENGES) {
			this.#challenges.delete(to, credentials);
			this.#fail(transaction, "unauthorized", error);
			return;
		}
		this.#challenges.set(to, credentials, challenge);
		this.#again(transaction, { challenge, challengesMet: challengesMet + 1 }, now);
	}

	#answered(transaction: Transaction, answer: Answer, now: Instant): void {
		const { message, error, arrival, authenticated } = answer;
		if (hasUnknownRequired(message)) {
			this.#fail(transaction, "unknownAttributes", error);
			return;
		}
		this.#learnDigest(transaction, message);
		const alternate = error?.code === 300 ? attributeOf(message, "alternateServer") : undefined;
		if (alternate !== undefined) {
			this.#redirected(transaction, alternate, error, now);
			return;
		}
		if (message.class === "error" && error === null) {
			this.#fail(transaction, "noErrorCode", null);
			return;
		}
		this.#remove(transaction);
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
		this.#digests.set(digestKey(to), sha256 ? "sha256" : "sha1");
	}

	/** RFC 8489 §10. A stream would have to be another: its owner is told where to. */
	#redirected(transaction: Transaction, alternate: StunAddress, error: StunErrorCode | null, now: Instant): void {
		const { request, to, askedBefore } = transaction.parts;
		const asked = [...askedBefore, to];
		const tooOften = asked.length > (request.redirects ?? 1);
		const otherFamily = alternate.address.includes(":") !== to.address.includes(":");
		const loop = asked.some((server) => sameAddress(server, alternate));
		if (tooOften || otherFamily || loop || this.#config.transport === "stream") {
			this.#fail(transaction, "redirected", error, alternate);
			return;
		}
		this.#tell({ kind: "redirected", key: request.key, to: alternate });
		const { credentials } = request;
		const known = credentials?.kind === "longTerm" ? this.#challenges.get(alternate, credentials) : undefined;
		this.#again(transaction, { to: alternate, askedBefore: asked, challenge: known ?? null, challengesMet: 0 }, now);
	}

	#cancel(key: StunRequestKey): void {
		const transaction = this.#byKey.get(key);
		if (transaction === undefined) this.#ignore("unknownRequest");
		else this.#remove(transaction);
	}

	#loseServer(server: StunAddress, local: number): void {
		for (const transaction of [...this.#byKey.values()]) {
			const { to, request } = transaction.parts;
			if (sameAddress(to, server) && (request.local ?? 0) === local) this.#fail(transaction, "unreachable", null);
		}
	}

	#loseSocket(local: number): void {
		for (const transaction of [...this.#byKey.values()])
			if ((transaction.parts.request.local ?? 0) === local) this.#fail(transaction, "closed", null);
	}

	#fail(
		transaction: Transaction,
		why: StunFailure,
		error: StunErrorCode | null,
		alternate: StunAddress | null = null,
	): void {
		this.#remove(transaction);
		const { request, to } = transaction.parts;
		const transmissions = transaction.sentAt.length;
		this.#tell({ kind: "failed", key: request.key, to, why, transmissions, error, alternate });
	}

	#remove(transaction: Transaction): void {
		this.#byId.delete(idKey(transaction.parts.id));
		this.#byKey.delete(transaction.parts.request.key);
	}

	#tell(event: StunClientEvent): void {
		this.#out.push({ type: "event", event });
	}

	#ignore(reason: StunIgnoreReason, transaction?: Transaction, error: StunErrorCode | null = null): void {
		this.#out.push({ type: "ignored", reason, key: transaction?.parts.request.key ?? null, error });
	}
}

/** An answer that is believed. */
interface Answer {
	readonly message: StunMessage;
	/** Of an error response. */
	readonly error: StunErrorCode | null;
	readonly arrival: Arrival;
	readonly authenticated: boolean;
}

/** A transaction id as a key of a map. */
function idKey(id: Uint8Array): string {
	let key = "";
	for (const byte of id) key += String.fromCharCode(byte);
	return key;
}

function digestKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}

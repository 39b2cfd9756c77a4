import { encodeStun, type HmacKey, type StunAddress, type StunErrorCode, type StunItem } from "@whither/wire";
import type { Instant } from "../machine.ts";
import { type Challenge, challengeItems } from "./challenges.ts";
import type { StunRequest } from "./client-io.ts";
import { givenUpAfter, type TransmitSchedule, waitAfter } from "./schedule.ts";

/** What a transaction signs with: the kind of digest, and the key. */
export interface Signature {
	readonly integrity: "sha1" | "sha256" | "both";
	readonly key: HmacKey;
}

/** What a transaction is made of; each retry after a challenge or a redirection is a new one. */
export interface TransactionParts {
	readonly request: StunRequest;
	readonly id: Uint8Array;
	readonly to: StunAddress;
	readonly schedule: TransmitSchedule;
	/** The challenge that it answers, of long-term credentials. */
	readonly challenge: Challenge | null;
	/** Null: it is not signed. */
	readonly signature: Signature | null;
	/** Challenges met so far by this request. */
	readonly challengesMet: number;
	/** Servers asked before this one. */
	readonly askedBefore: readonly StunAddress[];
}

/** One request under one transaction id, until it is answered or given up. */
export class Transaction {
	readonly parts: TransactionParts;
	/** When each transmission left. */
	readonly sentAt: Instant[] = [];
	/** When it is to leave again, or to be given up. */
	dueAt: Instant = 0;
	/** What the last answer said that was not believed, and whether there was one. */
	disbelieved: StunErrorCode | null = null;
	anyDisbelieved = false;
	#bytes: Uint8Array | null = null;
	#quiet = false;

	constructor(parts: TransactionParts) {
		this.parts = parts;
	}

	/** No transmission is left. */
	get exhausted(): boolean {
		return this.#quiet || this.sentAt.length >= this.parts.schedule.transmissions;
	}

	/** It is given up when it would have been, had it left as often as it might. */
	leaveNoMore(): void {
		if (!this.exhausted) this.dueAt = (this.sentAt[0] ?? 0) + givenUpAfter(this.parts.schedule);
		this.#quiet = true;
	}

	/** The bytes of the next transmission, which leaves now. */
	transmit(now: Instant): Uint8Array {
		this.sentAt.push(now);
		this.dueAt = now + waitAfter(this.parts.schedule, this.sentAt.length);
		if (this.#bytes === null || this.parts.request.countTransmissions === true) this.#bytes = this.#encode();
		return this.#bytes;
	}

	#encode(): Uint8Array {
		const { request, id } = this.parts;
		return encodeStun({ class: "request", method: request.method, transactionId: id, attributes: this.#items() });
	}

	#items(): readonly StunItem[] {
		const { request, challenge, signature } = this.parts;
		const items: StunItem[] = [...(request.attributes ?? [])];
		if (request.credentials?.kind === "shortTerm")
			items.push({ name: "username", value: request.credentials.username });
		else if (request.credentials !== undefined && challenge !== null)
			items.push(...challengeItems(challenge, request.credentials));
		if (request.countTransmissions === true) {
			const count = Math.min(this.sentAt.length, 255);
			items.push({ name: "transactionTransmitCounter", value: { request: count, response: 0 } });
		}
		if (signature !== null) items.push(...signatureItems(signature));
		items.push(...(request.trailing ?? []));
		if (request.classic !== true && request.fingerprint !== false) items.push({ name: "fingerprint" });
		return items;
	}
}

function signatureItems({ integrity, key }: Signature): readonly StunItem[] {
	const items: StunItem[] = [];
	if (integrity !== "sha256") items.push({ name: "messageIntegrity", key });
	if (integrity !== "sha1") items.push({ name: "messageIntegritySha256", key });
	return items;
}

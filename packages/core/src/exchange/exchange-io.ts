import type { CryptoPort } from "@whither/wire";

/** What an exchange is made from. */
export interface DocumentExchangeConfig {
	readonly crypto: Pick<CryptoPort, "aes128GcmSeal" | "aes128GcmOpen">;
	readonly keys: ExchangeKeys;
	/** Of the path, where it is known. */
	readonly rttNs?: number | null;
}

/** 16 bytes for each direction. */
export interface ExchangeKeys {
	readonly send: Uint8Array;
	readonly receive: Uint8Array;
}

/** What an exchange hears. */
export type ExchangeInput =
	/** Says hello; the documents follow when they are there. */
	| { readonly type: "begin" }
	/** Ours, once; `MOST_DOCUMENT_BYTES` at most. */
	| { readonly type: "document"; readonly bytes: Uint8Array }
	| { readonly type: "received"; readonly bytes: Uint8Array }
	/** The deadline has come. */
	| { readonly type: "timer" };

/** What an exchange puts out. */
export type ExchangeOutput =
	| { readonly type: "send"; readonly bytes: Uint8Array }
	| { readonly type: "event"; readonly event: ExchangeEvent }
	| { readonly type: "ignored"; readonly reason: "notOurs" | "badSeal" | "badPacket" | "ended" };

/** What an exchange tells; `ended` is the last. */
export type ExchangeEvent =
	/** The whole of the other end's document. */
	| { readonly kind: "received"; readonly bytes: Uint8Array }
	/** The other end has the whole of ours. */
	| { readonly kind: "delivered" }
	| { readonly kind: "ended"; readonly failure: ExchangeFailure | null };

/** Why an exchange ended before both documents were there. */
export type ExchangeFailure =
	/** Nothing that could be read has ever come: the other end does not speak this. */
	| "noAnswer"
	/** It spoke, and then no more. */
	| "silent"
	/** It speaks, and does not come to an end. */
	| "outOfTime"
	/** Its document is larger than is taken, or changes its size. */
	| "badDocument";

/** Larger documents are neither sent nor taken. */
export const MOST_DOCUMENT_BYTES = 256 * 1024;

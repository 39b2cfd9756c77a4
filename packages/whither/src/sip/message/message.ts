/** A header field (RFC 3261 §7.3). */
export interface SipHeader {
	/** Long form with its usual capitals where it is a known one (`v` and `VIA` are `Via`), else as it was received. */
	readonly name: string;
	/** Without leading and trailing white space, lines unfolded. */
	readonly value: string;
}

/** What requests and responses have in common. */
interface SipParts {
	/** In their order; fields with several values as they were received. */
	readonly headers: readonly SipHeader[];
	readonly body: Uint8Array;
}

/** A request (RFC 3261 §7.1). */
export interface SipRequest extends SipParts {
	readonly kind: "request";
	/** Such as `INVITE`; case counts. */
	readonly method: string;
	/** The Request-URI as it stands. */
	readonly uri: string;
}

/** A response (RFC 3261 §7.2). */
export interface SipResponse extends SipParts {
	readonly kind: "response";
	/** 100 to 699. */
	readonly status: number;
	readonly reason: string;
}

/** One SIP message. */
export type SipMessage = SipRequest | SipResponse;

/** Why bytes are no message, and what to answer a request that is none. */
export interface SipParseError {
	readonly kind: "error";
	/** What is wrong, for people. */
	readonly why: string;
	/** The status of the answer (400, 413, 416, 505, ..); null: there is nobody to answer, or it was a response or an ACK. */
	readonly status: number | null;
	/** The headers as far as they could be read, for an answer (Via, From, To, Call-ID, CSeq). */
	readonly headers: readonly SipHeader[];
}

import {
	attributeOf,
	isComprehensionRequired,
	STUN_ATTRIBUTES,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Allocation, Credential } from "./allocation.ts";
import { count } from "./counters.ts";
import { type ReplyTo, refuse } from "./replies.ts";
import type { TurnIgnoreReason, TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

/** An authenticated request, and the allocation of its 5-tuple where there is one. */
export interface TurnRequest {
	readonly message: StunMessage;
	readonly from: StunAddress;
	readonly local: number;
	readonly transport: "datagram" | "stream";
	readonly credential: Credential;
	readonly reply: ReplyTo;
	readonly allocation: Allocation | undefined;
}

type Outputs = readonly TurnServerOutput[];

/** Handles one method. */
export type RequestHandler = (state: TurnState, request: TurnRequest, now: Instant) => Outputs;

/** An error response, counted. */
export function refused(state: TurnState, reply: ReplyTo, code: number, items: readonly StunItem[] = []): Outputs {
	count(state.counters.refusals, code);
	return [refuse(reply, code, items)];
}

/** Nothing comes of it. */
export function ignored(reason: TurnIgnoreReason): Outputs {
	return [{ type: "ignored", reason }];
}

/** Whether a message ends with a fingerprint, which its answer then does too. */
export function isMarked(message: StunMessage): boolean {
	return attributeOf(message, "fingerprint") !== undefined;
}

/** What must be understood and is: the attributes of RFC 8489, RFC 8656 and RFC 6062. */
const UNDERSTOOD: ReadonlySet<number> = new Set(
	(
		[
			"mappedAddress",
			"username",
			"messageIntegrity",
			"messageIntegritySha256",
			"errorCode",
			"unknownAttributes",
			"realm",
			"nonce",
			"passwordAlgorithm",
			"userHash",
			"xorMappedAddress",
			"channelNumber",
			"lifetime",
			"xorPeerAddress",
			"data",
			"xorRelayedAddress",
			"requestedAddressFamily",
			"evenPort",
			"requestedTransport",
			"dontFragment",
			"reservationToken",
			"connectionId",
		] as const
	).map((name) => STUN_ATTRIBUTES[name].type),
);

/** Types of 420 that are named at most, so that the answer stays short. */
const MOST_UNKNOWN = 8;

/**
 * What is wrong with a message's attributes as such: 420 with types; for a family that nobody has 440, where one is to be
 * allocated, and else 443; otherwise 400. Null: nothing.
 */
export function attributeFault(
	message: StunMessage,
	{ config }: TurnState,
): { readonly code: number; readonly unknown: readonly number[] } | null {
	const unknown = new Set<number>();
	const noFamily = message.method === "allocate" ? 440 : 443;
	let code = 0;
	const signed = message.attributes.some((attribute) => attribute.protected);
	for (const { name, type, protected: isProtected } of message.attributes) {
		if (!isComprehensionRequired(type) || (signed && !isProtected)) continue;
		const isOff = name === "dontFragment" && config.dontFragment === false;
		if (isOff || !UNDERSTOOD.has(type)) unknown.add(type);
		else if (name === "unknown") code ||= type === STUN_ATTRIBUTES.requestedAddressFamily.type ? noFamily : 400;
	}
	if (unknown.size > 0) return { code: 420, unknown: [...unknown].slice(0, MOST_UNKNOWN) };
	return code === 0 ? null : { code, unknown: [] };
}

/** The allocation that a request is about, or why it may not be: 437 without one, 441 of another user. */
export function allocationFor(request: TurnRequest): Allocation | 437 | 441 {
	const { allocation, credential } = request;
	if (allocation === undefined || allocation.pending !== null) return 437;
	return allocation.owner === credential.owner ? allocation : 441;
}

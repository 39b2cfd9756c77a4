import {
	attributeOf,
	isComprehensionRequired,
	isKnownAttribute,
	isSameEndpoint,
	mappedAddressOf,
	type StunAddress,
	type StunMessage,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
	visitAttributes,
} from "@whither/wire";
import type { Instant } from "../machine.ts";
import type { StunExchange, StunIgnoreReason } from "./client-io.ts";
import type { Transaction } from "./transaction.ts";

/** Where an answer came from and to. */
export interface Arrival {
	readonly from: StunAddress;
	readonly local: number;
	readonly at: Instant;
}

/**
 * Whether a server may send us to this address: one of the same family that a host can have, and no loopback unless it is
 * one itself. Deviation: RFC 8489 section 10 goes wherever it is told; that could be a group, or our own machine.
 */
export function mayPointAt(server: StunAddress, { address, port }: StunAddress): boolean {
	if (port === 0 || address.includes(":") !== server.address.includes(":")) return false;
	if (isLoopback(address) && !isLoopback(server.address)) return false;
	if (address.includes(":")) return address !== "::" && !address.startsWith("ff");
	const first = Number.parseInt(address, 10);
	return first !== 0 && first < 224;
}

/** The address that a server saw us by, if a socket that speaks with that server can have it; else null. */
export function mappedBy(server: StunAddress, message: StunMessage): StunAddress | null {
	const mapped = mappedAddressOf(message);
	return mapped !== null && mayPointAt(server, mapped) ? mapped : null;
}

/** Of the machine itself alone. */
export function isLoopback(address: string): boolean {
	return address === "::1" || address.startsWith("127.");
}

/** Why an answer with the right id is no answer to this transaction (RFC 8489 §6.3.1), or null. */
export function strayReason(transaction: Transaction, message: StunMessage, arrival: Arrival): StunIgnoreReason | null {
	const { request, to } = transaction.parts;
	if (arrival.local !== (request.answersTo ?? request.local ?? 0)) return "wrongSocket";
	const sources = request.answersFrom ?? [to];
	if (sources !== "anywhere" && !sources.some((source) => isSameEndpoint(source, arrival.from))) return "wrongSource";
	if (message.method !== request.method) return "wrongMethod";
	if (attributeOf(message, "fingerprint") !== undefined && !verifyFingerprint(message)) return "badFingerprint";
	return null;
}

/** Whether an answer is signed as it has to be: `authenticated`, `unsigned` where nothing was to be, or what is wrong. */
export function judgeIntegrity(
	{ parts: { signature } }: Transaction,
	message: StunMessage,
): "authenticated" | "unsigned" | "badIntegrity" | "unprotected" {
	if (signature === null) return "unsigned";
	const sha1 = attributeOf(message, "messageIntegrity") !== undefined;
	const sha256 = attributeOf(message, "messageIntegritySha256") !== undefined;
	if (!sha1 && !sha256) return "unprotected";
	// Where both were sent either may answer; one alone must be answered by the same (RFC 8489 §9.1.4).
	const wanted = signature.integrity === "both" ? (sha256 ? "sha256" : "sha1") : signature.integrity;
	if (wanted === "sha256") return verifyIntegritySha256(message, signature.key) ? "authenticated" : "badIntegrity";
	return verifyIntegrity(message, signature.key) ? "authenticated" : "badIntegrity";
}

/** Whether a response holds an attribute that must be understood and that nobody here does. */
export function hasUnknownRequired(message: StunMessage): boolean {
	let isUnknown = false;
	visitAttributes(message.bytes, (type) => {
		isUnknown = isComprehensionRequired(type) && !isKnownAttribute(type, message.classic);
		return isUnknown;
	});
	return isUnknown;
}

/** What is to be told of an answer: its round trip, and what both sides' counters say of loss. */
export function exchangeOf(
	transaction: Transaction,
	message: StunMessage,
	{ from, local, at }: Arrival,
	authenticated: boolean,
): StunExchange {
	const { request, to } = transaction.parts;
	const { sentAt } = transaction;
	const counter = request.countTransmissions === true ? attributeOf(message, "transactionTransmitCounter") : undefined;
	const answered = counter?.request ?? (sentAt.length === 1 ? 1 : 0);
	const leftAt = sentAt[answered - 1];
	return {
		key: request.key,
		message,
		from,
		to,
		local,
		authenticated,
		rttNs: leftAt === undefined ? null : at - leftAt,
		transmissions: sentAt.length,
		loss: lossOf(counter),
	};
}

/**
 * RFC 7982 §3.2: the server has seen so many of our transmissions as it has answered; of those answers this is the first
 * to arrive. A server that keeps no count says 0.
 */
function lossOf(counter: { readonly request: number; readonly response: number } | undefined): StunExchange["loss"] {
	if (counter === undefined || counter.response === 0 || counter.response > counter.request) return null;
	return { upstream: counter.request - counter.response, downstream: counter.response - 1 };
}

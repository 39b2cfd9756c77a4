import {
	attributeOf,
	type HmacKey,
	isComprehensionRequired,
	isKnownAttribute,
	STUN_ATTRIBUTES,
	type StunAttribute,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import type { StunServerConfig } from "./server-io.ts";

/** Why a request is refused: the code (430 to 432 of classic ones alone), and with 420 what was not understood. */
export interface Refusal {
	readonly code: 400 | 401 | 420 | 430 | 431 | 432;
	readonly unknown: readonly number[];
}

/** Attributes of RFC 3489 alone, which later versions reserve, and what names other hosts to answer to. */
const CLASSIC_TYPES: ReadonlySet<number> = new Set([
	STUN_ATTRIBUTES.responseAddress.type,
	STUN_ATTRIBUTES.sourceAddress.type,
	STUN_ATTRIBUTES.changedAddress.type,
	STUN_ATTRIBUTES.password.type,
	STUN_ATTRIBUTES.reflectedFrom.type,
]);

/** Types of 420 that are named at most, so that the answer stays short. */
const MOST_UNKNOWN = 8;

/** What counts in a request: what stands before its first integrity attribute, if it has one. */
export function countingAttributes(message: StunMessage): readonly StunAttribute[] {
	const signed = message.attributes.some((attribute) => attribute.protected);
	return signed ? message.attributes.filter((attribute) => attribute.protected) : message.attributes;
}

/** Attributes that must be understood and are not (RFC 8489 §6.3.1), or that fit no such type. `changes`: whether CHANGE-REQUEST can be met. */
export function refuseAttributes(message: StunMessage, changes: boolean): Refusal | null {
	const unknown = new Set<number>();
	for (const { name, type } of countingAttributes(message)) {
		if (!isComprehensionRequired(type)) continue;
		const asked = name === "changeRequest" ? attributeOf(message, "changeRequest") : undefined;
		const cannot = asked !== undefined && (asked.ip || asked.port) && !changes;
		const reserved = !message.classic && CLASSIC_TYPES.has(type);
		if (cannot || reserved || (name === "unknown" && !isKnownAttribute(type, message.classic))) unknown.add(type);
		else if (name === "unknown") return { code: 400, unknown: [] };
	}
	return unknown.size > 0 ? { code: 420, unknown: [...unknown].slice(0, MOST_UNKNOWN) } : null;
}

/** Who signed a request: nobody where nobody has to, or the item that signs the answer alike. */
export type Signer = { readonly sign: StunItem | null } | Refusal;

/** RFC 8489 §9.1.3, in its order; of classic requests RFC 3489 §8.1. */
export function authenticate(message: StunMessage, credentials: StunServerConfig["credentials"]): Signer {
	if (credentials === undefined) return { sign: null };
	if (message.classic) return authenticateClassic(message, credentials);
	const username = attributeOf(message, "username");
	const sha1 = attributeOf(message, "messageIntegrity") !== undefined;
	const sha256 = attributeOf(message, "messageIntegritySha256") !== undefined;
	if (username === undefined || (!sha1 && !sha256)) return { code: 400, unknown: [] };
	const key: HmacKey | null = credentials(username);
	const right = key !== null && (sha256 ? verifyIntegritySha256(message, key) : verifyIntegrity(message, key));
	if (key === null || !right) return { code: 401, unknown: [] };
	return { sign: sha256 ? { name: "messageIntegritySha256", key } : { name: "messageIntegrity", key } };
}

/**
 * RFC 3489 §8.1: 401 without a digest, 432 without a name, 430 for one that is unknown, 431 for a wrong digest. Spaces at
 * the end of a name fill it up to a multiple of four bytes, and are no part of it.
 */
function authenticateClassic(message: StunMessage, credentials: NonNullable<StunServerConfig["credentials"]>): Signer {
	const refused = (code: Refusal["code"]): Refusal => ({ code, unknown: [] });
	if (attributeOf(message, "messageIntegrity") === undefined) return refused(401);
	const username = attributeOf(message, "username");
	if (username === undefined) return refused(432);
	const key = credentials(username) ?? credentials(username.trimEnd());
	if (key === null) return refused(430);
	return verifyIntegrity(message, key) ? { sign: { name: "messageIntegrity", key } } : refused(431);
}

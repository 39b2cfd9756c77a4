import {
	attributeOf,
	encodeStun,
	STUN_ATTRIBUTES,
	type StunAddress,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
} from "@whither/wire";
import { AnswerCap, type AnswerLimits } from "../../answer-cap.ts";
import type { Instant } from "../../machine.ts";
import { refuseAttributes } from "../../stun/server-request.ts";
import type { OwnAddress } from "./addresses.ts";
import type { FirstDraftIgnoreReason } from "./first-draft-io.ts";
import type { Ground } from "./ground.ts";
import type { Base } from "./sites.ts";

/**
 * Answers at most: so many that refuse, and as many to checks that are rightly signed, which no stranger may use up. A peer with four sockets and thirty-two addresses of ours to check sends some three hundred at once,
 * and again while none is answered; whoever guesses passwords gets no further than it would elsewhere.
 */
const CHECK_LIMITS: AnswerLimits = {
	all: { perSecond: 1000, burst: 1000 },
	perSource: { perSecond: 200, burst: 400 },
	sources: 256,
};

/** Why a check is not answered with success: the code, and whose it is where the digest was right. */
interface Refused {
	readonly code: number;
	readonly reason: FirstDraftIgnoreReason;
	readonly unknown?: readonly number[];
	readonly address?: OwnAddress;
}

/** The STUN server behind every address of ours (rules 3 to 6): which one was checked is told by the username alone. */
export class Answering {
	readonly #ground: Ground;
	readonly #refusals = new AnswerCap(CHECK_LIMITS);
	readonly #answers = new AnswerCap(CHECK_LIMITS);

	constructor(ground: Ground) {
		this.#ground = ground;
	}

	/** Whether a message is a check of an address of ours, right or not (rule 4). */
	knows(message: StunMessage): boolean {
		const username = attributeOf(message, "username");
		return username !== undefined && this.#ground.addresses.withUsername(username) !== null;
	}

	/** A request of RFC 3489 that came to this socket. */
	hear(message: StunMessage, base: Base, from: StunAddress, now: Instant): void {
		const { outlet } = this.#ground;
		const address = this.#judge(message, base);
		const cap = "alt" in address ? this.#answers : this.#refusals;
		if (!cap.allows(from.address, now)) {
			outlet.ignore("tooMany");
			return;
		}
		if (!("alt" in address)) {
			outlet.ignore(address.reason);
			outlet.send(base.number, from, refusal(message, address));
			return;
		}
		const verdict = address.memory.judge(message.transactionId, base.number, from, now);
		if (verdict === "replayed" || verdict === "tooMany") {
			outlet.ignore(verdict);
			return;
		}
		outlet.send(base.number, from, success(message, base, from, address));
		if (verdict === "first" && !address.heard.has(base.component)) this.#hasReached(address, base, from);
	}

	/** A request of a later STUN is no check, but whoever traces the way to us by such requests is told that it ends here. */
	refuseModern({ transactionId }: StunMessage, base: Base, from: StunAddress, now: Instant): void {
		const { outlet } = this.#ground;
		const isAllowed = this.#refusals.allows(from.address, now);
		outlet.ignore(isAllowed ? "notClassic" : "tooMany");
		if (!isAllowed) return;
		const attributes: StunItem[] = [{ name: "errorCode", value: { code: 400, reason: "" } }, { name: "fingerprint" }];
		outlet.send(base.number, from, encodeStun({ class: "error", method: "binding", transactionId, attributes }));
	}

	/** RFC 3489 §8.1, in its order. */
	#judge(message: StunMessage, base: Base): OwnAddress | Refused {
		if (attributeOf(message, "messageIntegrity") === undefined) return { code: 401, reason: "unprotected" };
		const username = attributeOf(message, "username");
		if (username === undefined) return { code: 432, reason: "unprotected" };
		const address = this.#ground.addresses.withUsername(username);
		// What was told with one socket is worth nothing at another.
		if (address === null || !address.site.bases.includes(base)) return { code: 430, reason: "unknownUser" };
		if (!verifyIntegrity(message, address.key)) return { code: 431, reason: "badIntegrity" };
		return refusedAttributes(message, address) ?? address;
	}

	#hasReached(address: OwnAddress, { component }: Base, from: StunAddress): void {
		address.heard.add(component);
		if (address.reached) this.#ground.outlet.tell({ kind: "reached", address: address.report(), from });
	}
}

/** There is one socket, and it answers to where it was asked from: neither CHANGE-REQUEST nor RESPONSE-ADDRESS can be met (rules 3 and 13). */
function refusedAttributes(message: StunMessage, address: OwnAddress): Refused | null {
	const reason = "refusedAttributes";
	if (attributeOf(message, "responseAddress") !== undefined)
		return { code: 420, reason, unknown: [STUN_ATTRIBUTES.responseAddress.type], address };
	const refused = refuseAttributes(message, false);
	return refused === null ? null : { ...refused, reason, address };
}

function refusal({ transactionId }: StunMessage, { code, unknown = [], address }: Refused): Uint8Array {
	const attributes: StunItem[] = [{ name: "errorCode", value: { code, reason: "" } }];
	// RFC 3489 §11.2.10: an even number of them, by naming one twice.
	const [first] = unknown;
	const even = first !== undefined && unknown.length % 2 === 1 ? [...unknown, first] : unknown;
	if (even.length > 0) attributes.push({ name: "unknownAttributes", value: even });
	if (address !== undefined) attributes.push({ name: "messageIntegrity", key: address.key });
	return encodeStun({ class: "error", method: "binding", transactionId, attributes });
}

/** RFC 3489 §8.1: all three addresses; a server without a second one repeats its own. */
function success({ transactionId }: StunMessage, base: Base, from: StunAddress, { key }: OwnAddress): Uint8Array {
	const attributes: StunItem[] = [
		{ name: "mappedAddress", value: from },
		{ name: "sourceAddress", value: base.place },
		{ name: "changedAddress", value: base.place },
		{ name: "messageIntegrity", key },
	];
	return encodeStun({ class: "success", method: "binding", transactionId, attributes });
}

import {
	attributeOf,
	encodeStun,
	isComprehensionRequired,
	isKnownAttribute,
	type StunAddress,
	type StunItem,
	type StunMessage,
	verifyFingerprint,
	verifyIntegrity,
} from "@whither/wire";
import { AnswerCap } from "../answer-cap.ts";
import type { Instant } from "../machine.ts";
import type { Credentials, Ground } from "./ground.ts";
import type { IceIgnoreReason } from "./ice-io.ts";

/** A check whose sender has shown that it knows our password. */
export interface PeerCheck {
	readonly base: number;
	readonly from: StunAddress;
	readonly priority: number;
	/** The peer's own user fragment, as its request names it. */
	readonly ufrag: string;
	/** Null: it nominates nothing. 0 where it does not count. */
	readonly nomination: number | null;
}

/** The generation that a check is for. */
export interface Addressee {
	readonly own: Credentials;
}

interface Refusal {
	readonly code: 400 | 401 | 420 | 487;
	readonly reason: IceIgnoreReason;
	readonly unknown: readonly number[];
	/** Who asks has shown that it knows the password, so that the refusal can be signed. */
	readonly key: Credentials["key"] | null;
}

/** Weighs and answers the peer's checks (RFC 8445 §7.3); nothing is done about one before its digest is found right. */
export class IncomingChecks {
	readonly #ground: Ground;
	/** Refusals go to anybody who asks. */
	readonly #cap = new AnswerCap();

	constructor(ground: Ground) {
		this.#ground = ground;
	}

	/** The check and the generation that it is for; null: it is refused, which has been answered where it is to be. */
	weigh<Session extends Addressee>(
		message: StunMessage,
		base: number,
		from: StunAddress,
		sessions: readonly Session[],
		now: Instant,
	): { readonly check: PeerCheck; readonly session: Session } | null {
		if (attributeOf(message, "fingerprint") !== undefined && !verifyFingerprint(message)) {
			this.#ground.outlet.ignore("badFingerprint");
			return null;
		}
		const [own = "", theirs = ""] = (attributeOf(message, "username") ?? "").split(":", 2);
		const session = sessions.find((each) => each.own.ufrag === own);
		if (session === undefined && sessions.some((each) => each.own.ufrag === theirs)) {
			// Our own, which a NAT that hairpins has brought back: there is nobody to answer.
			this.#ground.outlet.ignore("unknownUser");
			return null;
		}
		const refusal = this.#refusal(message, session);
		if (refusal !== null || session === undefined) {
			this.#refuse(message, base, from, refusal, now);
			return null;
		}
		const isNominating = attributeOf(message, "useCandidate") !== undefined;
		const nomination = isNominating ? (attributeOf(message, "nomination") ?? 0) : null;
		const priority = attributeOf(message, "priority") ?? 0;
		return { session, check: { base, from, priority, ufrag: theirs, nomination } };
	}

	/** RFC 8489 §9.1.3, §6.3.1, then RFC 8445 §7.3.1.1. */
	#refusal(message: StunMessage, session: Addressee | undefined): Refusal | null {
		const has = (name: "username" | "messageIntegrity") => attributeOf(message, name) !== undefined;
		const plain = { unknown: [], key: null };
		if (!has("username") || !has("messageIntegrity")) return { code: 400, reason: "unprotected", ...plain };
		if (session === undefined) return { code: 401, reason: "unknownUser", ...plain };
		const { key } = session.own;
		if (!verifyIntegrity(message, key)) return { code: 401, reason: "badIntegrity", ...plain };
		const unknown = message.attributes
			.map(({ type }) => type)
			.filter((type) => isComprehensionRequired(type) && !isKnownAttribute(type));
		if (unknown.length > 0) return { code: 420, reason: "unknownAttributes", unknown, key };
		if (attributeOf(message, "priority") === undefined) return { code: 400, reason: "unprotected", unknown, key };
		return this.#conflicts(message) ? { code: 487, reason: "roleConflict", unknown, key } : null;
	}

	/** Whether the peer has to change its role; where we have to, we have after this. */
	#conflicts(message: StunMessage): boolean {
		const { role } = this.#ground;
		const theirs = attributeOf(message, role.isControlling ? "iceControlling" : "iceControlled");
		if (theirs === undefined || this.#ground.config.lite === true) return false;
		if (role.judge(theirs) === "refuse") return true;
		role.switch();
		return false;
	}

	#refuse(message: StunMessage, base: number, from: StunAddress, refusal: Refusal | null, now: Instant): void {
		if (refusal === null) return;
		const { code, reason, unknown, key } = refusal;
		const isAllowed = key !== null || this.#cap.allows(from.address, now);
		this.#ground.outlet.ignore(isAllowed ? reason : "tooMany");
		if (!isAllowed) return;
		const items: StunItem[] = [{ name: "errorCode", value: { code, reason: "" } }];
		if (unknown.length > 0) items.push({ name: "unknownAttributes", value: unknown });
		this.#answer("error", message, base, from, items, key);
	}

	/** RFC 8445 §7.3.1.2. */
	accept(message: StunMessage, { base, from }: PeerCheck, { own }: Addressee): void {
		this.#answer("success", message, base, from, [{ name: "xorMappedAddress", value: from }], own.key);
	}

	#answer(
		kind: "success" | "error",
		{ transactionId }: StunMessage,
		base: number,
		to: StunAddress,
		items: readonly StunItem[],
		key: Credentials["key"] | null,
	): void {
		const attributes: StunItem[] = [...items];
		if (key !== null) attributes.push({ name: "messageIntegrity", key });
		attributes.push({ name: "fingerprint" });
		this.#ground.outlet.send(base, to, encodeStun({ class: kind, method: "binding", transactionId, attributes }));
	}
}

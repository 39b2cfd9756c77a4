import {
	attributeOf,
	decodeStun,
	encodeStun,
	type HmacKey,
	isDecodeError,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
} from "@whither/wire";
import { AnswerCap } from "../../../answer-cap.ts";
import { type Deadline, type Instant, type Machine, SECOND } from "../../../machine.ts";
import { count } from "../../server/counters.ts";
import { LONGEST_NONCE_SECONDS, Nonces } from "../../server/nonces.ts";
import { TURN_ANSWER_LIMITS } from "../../server/server-io.ts";
import { UserTable } from "../../server/users.ts";
import { classicText } from "../relay-users.ts";
import type {
	SharedSecretCounters,
	SharedSecretServerConfig,
	SharedSecretServerInput,
	SharedSecretServerOutput,
} from "./shared-secret-io.ts";

type Received = Extract<SharedSecretServerInput, { readonly type: "received" }>;

/** Who asks, or why nothing is given. */
type Asker = { readonly owner: string; readonly key: HmacKey } | Refusal;
/** `challenge`: how to ask is told with it. */
interface Refusal {
	readonly code: 401 | 431 | 432 | 434 | 435 | 436;
	readonly challenge: boolean;
}

/**
 * Gives a name and a password for one binding to whoever shows a user's long-term password over TLS. It keeps nothing.
 * Deviation: draft-rosenberg-midcom-turn-01 uses REALM and NONCE without numbers; these are RFC 5389's (the drafts after it
 * have them the other way round). What fills a realm or a name up to a multiple of four bytes is no part of it.
 */
export class SharedSecretServer implements Machine<SharedSecretServerInput, SharedSecretServerOutput> {
	/** It never waits for anything. */
	readonly deadline: Deadline | null = null;
	readonly counters: SharedSecretCounters = { given: 0, refusals: {} };
	readonly #config: SharedSecretServerConfig;
	readonly #cap: AnswerCap;
	readonly #nonces: Nonces;
	#users: UserTable;

	constructor(config: SharedSecretServerConfig) {
		this.#config = config;
		this.#cap = new AnswerCap(config.answers ?? TURN_ANSWER_LIMITS);
		this.#users = new UserTable(config.users, config.realm);
		const features = { passwordAlgorithms: false, usernameAnonymity: false, algorithms: ["shared secret"] };
		this.#nonces = new Nonces(config.secret, features, LONGEST_NONCE_SECONDS);
	}

	step(input: SharedSecretServerInput, now: Instant): readonly SharedSecretServerOutput[] {
		if (input.type === "users") {
			this.#users = new UserTable(input.users, this.#config.realm);
			return [];
		}
		const message = decodeStun(input.bytes);
		if (isDecodeError(message) || !isSharedSecret(message)) return [{ type: "ignored", reason: "notSharedSecret" }];
		return this.#answer(message, input, now);
	}

	#answer(message: StunMessage, input: Received, now: Instant): readonly SharedSecretServerOutput[] {
		const unixSeconds = Math.floor(this.#config.unixSecondsAtZero + now / SECOND);
		const asker = input.isSecure ? this.#askerOf(message, input, unixSeconds) : null;
		if (asker !== null && "owner" in asker) return [this.#give(message, asker, unixSeconds)];
		if (!this.#cap.allows(input.from.address, now)) return [{ type: "ignored", reason: "tooMany" }];
		const code = asker?.code ?? 433;
		count(this.counters.refusals, code);
		const items: StunItem[] = [{ name: "errorCode", value: { code, reason: "" } }];
		if (asker?.challenge === true) items.push(...this.#challenge(input, unixSeconds));
		return [send("error", message, items)];
	}

	/**
	 * In the order of RFC 3489 §8.2, with what the draft puts between. Deviation: it has no code for an old nonce, which is asked
	 * for anew, as at first.
	 */
	#askerOf(message: StunMessage, { from }: Received, unixSeconds: number): Asker {
		if (attributeOf(message, "messageIntegrity") === undefined) return refusal(401, true);
		const username = attributeOf(message, "username")?.trimEnd();
		if (username === undefined) return refusal(432);
		const realm = attributeOf(message, "realm")?.trimEnd();
		if (realm === undefined) return refusal(434, true);
		const nonce = attributeOf(message, "nonce")?.trimEnd();
		if (nonce === undefined) return refusal(435, true);
		if (!this.#nonces.isValid(nonce, from, unixSeconds)) return refusal(401, true);
		const user = realm === this.#config.realm ? this.#users.find(username, "md5") : undefined;
		const ended = (user?.endsAtUnixSeconds ?? Number.POSITIVE_INFINITY) <= unixSeconds;
		if (user === undefined || ended) return refusal(436);
		const key = user.keys.find((each) => verifyIntegrity(message, each));
		return key === undefined ? refusal(431) : { owner: user.owner, key };
	}

	#challenge({ from }: Received, unixSeconds: number): readonly StunItem[] {
		return [
			{ name: "realm", value: classicText(this.#config.realm) },
			{ name: "nonce", value: classicText(this.#nonces.make(from, unixSeconds)) },
		];
	}

	#give(message: StunMessage, { owner, key }: Extract<Asker, { owner: string }>, unixSeconds: number) {
		const { username, password } = this.#config.given.give(owner, unixSeconds);
		this.counters.given++;
		return send("success", message, [
			{ name: "username", value: username },
			{ name: "password", value: password },
			{ name: "messageIntegrity", key },
		]);
	}
}

/** Whether a message asks for a shared secret: what only classic messages do. */
export function isSharedSecret(message: StunMessage): boolean {
	return message.classic && message.class === "request" && message.method === "sharedSecret";
}

function refusal(code: Refusal["code"], challenge = false): Refusal {
	return { code, challenge };
}

function send(kind: "success" | "error", { transactionId }: StunMessage, attributes: readonly StunItem[]) {
	const bytes = encodeStun({ class: kind, method: "sharedSecret", transactionId, attributes });
	return { type: "send", bytes } as const;
}

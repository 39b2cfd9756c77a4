import {
	attributeOf,
	decodeStun,
	encodeStun,
	equalBytes,
	type HmacKey,
	isDecodeError,
	longTermKey,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
} from "@whither/wire";
import { type Deadline, type Instant, type Machine, MILLISECOND } from "../../../machine.ts";
import { TransactionIds } from "../../../stun/transaction-ids.ts";
import { classicText } from "../relay-users.ts";
import type {
	SharedSecretClientConfig,
	SharedSecretClientInput,
	SharedSecretClientOutput,
} from "./shared-secret-io.ts";

/** For connecting, TLS and both answers together. */
const PATIENCE_MS = 10_000;

/** Requests in all: one to be told how to ask, one that asks so, and one more where the nonce has become old meanwhile. */
const MOST_REQUESTS = 3;

type Failure = Extract<SharedSecretClientOutput, { readonly type: "failed" }>;

/** Gets a name and a password for one binding, over one stream that TLS protects; once. */
export class SharedSecretClient implements Machine<SharedSecretClientInput, SharedSecretClientOutput> {
	readonly #config: SharedSecretClientConfig;
	readonly #ids: TransactionIds;
	/** Null: it has not begun; or it is over. */
	#deadline: Deadline | null = null;
	#id: Uint8Array = new Uint8Array(0);
	#key: HmacKey | null = null;
	#requests = 0;
	#isOver = false;

	constructor(config: SharedSecretClientConfig) {
		this.#config = config;
		this.#ids = new TransactionIds(config.secret);
	}

	get deadline(): Deadline | null {
		return this.#deadline;
	}

	step(input: SharedSecretClientInput, now: Instant): readonly SharedSecretClientOutput[] {
		if (this.#isOver) return [];
		this.#deadline ??= { at: now + (this.#config.timeoutMs ?? PATIENCE_MS) * MILLISECOND, why: "give up" };
		if (input.type === "closed") return this.#fail("closed");
		if (now >= this.#deadline.at) return this.#fail("timeout");
		if (input.type === "opened") return [this.#ask([])];
		return input.type === "received" ? this.#hear(input.bytes) : [];
	}

	#ask(attributes: readonly StunItem[]): SharedSecretClientOutput {
		this.#requests++;
		this.#id = this.#ids.next(16);
		const fields = { class: "request", method: "sharedSecret", transactionId: this.#id, attributes } as const;
		return { type: "send", bytes: encodeStun(fields) };
	}

	#hear(bytes: Uint8Array): readonly SharedSecretClientOutput[] {
		const message = decodeStun(bytes);
		if (isDecodeError(message) || message.method !== "sharedSecret") return [];
		if (!equalBytes(message.transactionId, this.#id)) return [];
		if (message.class === "success") return this.#take(message);
		return message.class === "error" ? this.#refused(message) : [];
	}

	/** 401 tells how to ask. */
	#refused(message: StunMessage): readonly SharedSecretClientOutput[] {
		const error = attributeOf(message, "errorCode") ?? null;
		const realm = attributeOf(message, "realm");
		const nonce = attributeOf(message, "nonce");
		const again = error?.code === 401 && this.#requests < MOST_REQUESTS;
		if (!again || realm === undefined || nonce === undefined) return this.#fail("refused", error);
		const { username, password } = this.#config.user;
		this.#key = longTermKey({ username, realm: realm.trimEnd(), password, algorithm: "md5" });
		return [
			this.#ask([
				{ name: "username", value: classicText(username) },
				{ name: "realm", value: classicText(realm) },
				{ name: "nonce", value: classicText(nonce) },
				{ name: "messageIntegrity", key: this.#key },
			]),
		];
	}

	/** Where it was asked with a password, it is answered with the same. */
	#take(message: StunMessage): readonly SharedSecretClientOutput[] {
		if (this.#key !== null && !verifyIntegrity(message, this.#key)) return this.#fail("integrity");
		const username = attributeOf(message, "username");
		const password = attributeOf(message, "password");
		if (username === undefined || password === undefined) return this.#fail("badAnswer");
		this.#end();
		return [{ type: "given", user: { username, password } }];
	}

	#fail(why: Failure["why"], error: Failure["error"] = null): readonly SharedSecretClientOutput[] {
		this.#end();
		return [{ type: "failed", why, error }];
	}

	#end(): void {
		this.#isOver = true;
		this.#deadline = null;
	}
}

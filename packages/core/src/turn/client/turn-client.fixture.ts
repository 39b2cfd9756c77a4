/** A TURN client under test, and a relay that answers it as a test says. */
import {
	attributeOf,
	decodeChannelData,
	decodeStun,
	encodeStun,
	isDecodeError,
	longTermKey,
	type StunAddress,
	type StunItem,
	type StunMessage,
	type StunMethod,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { TurnClientConfig, TurnClientEvent, TurnClientInput, TurnClientOutput } from "./client-io.ts";
import { TurnClient } from "./turn-client.ts";

export const RELAY: StunAddress = { address: "192.0.2.1", port: 3478 };
export const OTHER_RELAY: StunAddress = { address: "192.0.2.2", port: 3478 };
export const RELAYED: StunAddress = { address: "192.0.2.1", port: 50_000 };
export const RELAYED6: StunAddress = { address: "2001:db8::1", port: 50_000 };
export const MAPPED: StunAddress = { address: "203.0.113.7", port: 40_000 };
export const PEER: StunAddress = { address: "198.51.100.9", port: 7000 };
export const PEER6: StunAddress = { address: "2001:db8::9", port: 7000 };
export const SECRET = new Uint8Array(32).fill(5);
export const USER = { kind: "longTerm", username: "user", password: "password" } as const;

/** What left, and when: a STUN message or channel data. */
export interface Left {
	readonly at: Instant;
	readonly to: StunAddress;
	readonly local: number;
	readonly bytes: Uint8Array;
	readonly message: StunMessage | null;
	readonly channel: number | null;
}

/** What a relay says; null: nothing. */
export type Answer =
	| { readonly success: readonly StunItem[] }
	| { readonly error: number; readonly more?: readonly StunItem[] };
export type Script = Partial<Record<StunMethod, (message: StunMessage) => Answer | null>>;

/** Granting everything, to whoever signs. */
export const WILLING: Script = {
	allocate: () => ({
		success: [
			{ name: "xorRelayedAddress", value: RELAYED },
			{ name: "xorMappedAddress", value: MAPPED },
			{ name: "lifetime", value: 600 },
		],
	}),
	refresh: (message) => ({ success: [{ name: "lifetime", value: attributeOf(message, "lifetime") ?? 600 }] }),
	createPermission: () => ({ success: [] }),
	channelBind: () => ({ success: [] }),
	connect: () => ({ success: [{ name: "connectionId", value: 77 }] }),
	connectionBind: () => ({ success: [] }),
};

/** A client with a clock of the test's, and a relay that answers at once. */
export class TurnUnderTest {
	readonly client: TurnClient;
	readonly left: Left[] = [];
	readonly events: TurnClientEvent[] = [];
	readonly ignored: string[] = [];
	script: Script;
	/** What the relay takes, for users that sign. */
	nonce = "n1";
	algorithm: "md5" | "sha256" = "md5";
	challenge: readonly StunItem[] = [];
	now: Instant = 0;

	constructor(config: Partial<TurnClientConfig> = {}, script: Script = {}) {
		this.client = new TurnClient({ secret: SECRET, server: RELAY, credentials: USER, ...config });
		this.script = { ...WILLING, ...script };
	}

	/** One that has its allocation. */
	static allocated(config: Partial<TurnClientConfig> = {}, script: Script = {}): TurnUnderTest {
		const under = new TurnUnderTest(config, script);
		under.step({ type: "allocate" });
		under.left.length = 0;
		return under;
	}

	step(input: TurnClientInput): void {
		for (const output of this.client.step(input, this.now)) this.#take(output);
	}

	/** Lets time pass, deadline by deadline. */
	pass(seconds: number): void {
		const until = this.now + seconds * 1e9;
		for (let at = this.client.deadline?.at; at !== undefined && at <= until; at = this.client.deadline?.at) {
			this.now = Math.max(at, this.now);
			this.step({ type: "timer" });
		}
		this.now = until;
	}

	hear(bytes: Uint8Array, from = RELAY, local = 0): void {
		this.step({ type: "received", bytes, from, local });
	}

	indication(method: "data" | "connectionAttempt", attributes: readonly StunItem[]): void {
		const transactionId = new Uint8Array(12).fill(9);
		this.hear(encodeStun({ class: "indication", method, transactionId, attributes }));
	}

	/** Those of this kind. */
	told<Kind extends TurnClientEvent["kind"]>(kind: Kind): readonly Extract<TurnClientEvent, { kind: Kind }>[] {
		return this.events.filter((event): event is Extract<TurnClientEvent, { kind: Kind }> => event.kind === kind);
	}

	/** Messages of this method that left, in their order. */
	sent(method: StunMethod): readonly (Left & { readonly message: StunMessage })[] {
		return this.left.filter(
			(left): left is Left & { readonly message: StunMessage } => left.message?.method === method,
		);
	}

	#take(output: TurnClientOutput): void {
		if (output.type === "event") this.events.push(output.event);
		else if (output.type === "ignored") this.ignored.push(output.reason);
		else {
			const { bytes, to, local } = output;
			const decoded = decodeStun(bytes);
			const message = isDecodeError(decoded) ? null : decoded;
			const channel = message === null ? decodeChannelData(bytes) : null;
			const number = channel === null || isDecodeError(channel) ? null : channel.channel;
			this.left.push({ at: this.now, to, local, bytes, message, channel: number });
			if (message?.class === "request") this.#answer(message, to, local);
		}
	}

	#answer(message: StunMessage, from: StunAddress, local: number): void {
		const answer = this.#challengeTo(message) ?? this.script[message.method as StunMethod]?.(message) ?? null;
		if (answer !== null) this.hear(this.encode(message, answer), from, local);
	}

	#challengeTo(message: StunMessage): Answer | null {
		const nonce = attributeOf(message, "nonce");
		if (nonce === this.nonce) return null;
		const more: StunItem[] = [
			{ name: "realm", value: "example.org" },
			{ name: "nonce", value: this.nonce },
			...this.challenge,
		];
		return { error: nonce === undefined ? 401 : 438, more };
	}

	/** The relay's answer, signed as the request is. */
	encode(message: StunMessage, answer: Answer): Uint8Array {
		const attributes: StunItem[] =
			"success" in answer
				? [...answer.success]
				: [{ name: "errorCode", value: { code: answer.error, reason: "" } }, ...(answer.more ?? [])];
		const isChallenge = "error" in answer && (answer.error === 401 || answer.error === 438);
		const key = longTermKey({ ...USER, realm: "example.org", algorithm: this.algorithm });
		if (!isChallenge && attributeOf(message, "messageIntegrity") !== undefined)
			attributes.push({ name: "messageIntegrity", key });
		else if (!isChallenge && attributeOf(message, "messageIntegritySha256") !== undefined)
			attributes.push({ name: "messageIntegritySha256", key });
		const { method, transactionId } = message;
		return encodeStun({ class: "success" in answer ? "success" : "error", method, transactionId, attributes });
	}
}

/** The peers in a message, by address. */
export function peersOf(message: StunMessage): readonly string[] {
	return message.attributes.flatMap((attribute) =>
		attribute.name === "xorPeerAddress" ? [attribute.value.address] : [],
	);
}

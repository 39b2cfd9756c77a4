/** A client under test, and servers that answer it as a test says. */
import {
	decodeStun,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import type { Instant } from "../machine.ts";
import { StunClient, type StunClientConfig } from "./client.ts";
import type { StunClientEvent, StunClientInput, StunClientOutput, StunRequest } from "./client-io.ts";

export const SECRET = new Uint8Array(32).fill(3);
export const SERVER: StunAddress = { address: "192.0.2.1", port: 3478 };
export const OTHER: StunAddress = { address: "192.0.2.2", port: 3478 };
export const MAPPED: StunItem = { name: "xorMappedAddress", value: { address: "203.0.113.7", port: 50_000 } };

/** A datagram that left. */
export interface Sent {
	readonly at: Instant;
	readonly to: StunAddress;
	readonly local: number;
	readonly message: StunMessage;
}

/** A client with a clock of the test's. */
export class ClientUnderTest {
	readonly client: StunClient;
	readonly sent: Sent[] = [];
	readonly events: { readonly at: Instant; readonly event: StunClientEvent }[] = [];
	readonly ignored: string[] = [];
	now: Instant = 0;

	constructor(config: Partial<StunClientConfig> = {}) {
		this.client = new StunClient({ secret: SECRET, ...config });
	}

	step(input: StunClientInput): void {
		for (const output of this.client.step(input, this.now)) this.#take(output);
	}

	request(request: Partial<StunRequest> = {}): void {
		this.step({ type: "request", request: { key: "a", to: SERVER, method: "binding", ...request } });
	}

	/** An answer to the last request that left. */
	answer(kind: "success" | "error", attributes: readonly StunItem[], from?: StunAddress): void {
		const { to, local, message } = this.last;
		const fields = { method: message.method, transactionId: message.transactionId, attributes };
		this.hear(encodeStun({ class: kind, ...fields }), from ?? to, local);
	}

	hear(bytes: Uint8Array, from: StunAddress = SERVER, local = 0): void {
		this.step({ type: "received", bytes, from, local });
	}

	/** Lets time pass, deadline by deadline. */
	pass(until: Instant): void {
		for (let at = this.client.deadline?.at; at !== undefined && at <= until; at = this.client.deadline?.at) {
			this.now = at;
			this.step({ type: "timer" });
		}
		this.now = until;
	}

	get last(): Sent {
		const last = this.sent.at(-1);
		if (last === undefined) throw new Error("nothing was sent");
		return last;
	}

	/** How the last request ended. */
	get end(): StunClientEvent | undefined {
		return this.events.at(-1)?.event;
	}

	#take(output: StunClientOutput): void {
		if (output.type === "event") this.events.push({ at: this.now, event: output.event });
		else if (output.type === "ignored") this.ignored.push(output.reason);
		else {
			const message = decodeStun(output.bytes);
			if (isDecodeError(message)) throw new Error(message.error);
			this.sent.push({ at: this.now, to: output.to, local: output.local, message });
		}
	}
}

/** The names of a message's attributes. */
export function names(message: StunMessage): readonly string[] {
	return message.attributes.map(({ name }) => name);
}

/** A challenge of RFC 8489 §9.2.4. */
export function challenge(code: 401 | 438, nonce: string, more: readonly StunItem[] = []): readonly StunItem[] {
	return [
		{ name: "errorCode", value: { code, reason: "" } },
		{ name: "realm", value: "example.org" },
		{ name: "nonce", value: nonce },
		...more,
	];
}

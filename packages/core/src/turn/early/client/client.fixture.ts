/** A client of an early relay, with its server's side played by the test. */
import {
	decodeStun,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
	shortTermKey,
} from "@whither/wire";
import { SECOND } from "../../../machine.ts";
import { EarlyTurnClient } from "./client.ts";
import type { EarlyTurnClientConfig, EarlyTurnClientInput, EarlyTurnClientOutput } from "./client-io.ts";

/** Of the draft's examples; what it gives, and to whom. */
export const SERVER = { address: "192.0.2.10", port: 5556 };
export const RELAYED = { address: "192.0.2.10", port: 50_076 };
export const USER = { username: "user", password: "pass" };
export const KEY = shortTermKey(USER.password);

/** Time passes by `pass`; what was put out is kept. */
export class ClientUnderTest {
	readonly client: EarlyTurnClient;
	readonly outputs: EarlyTurnClientOutput[] = [];
	now = 0;

	constructor(config: Partial<EarlyTurnClientConfig> = {}) {
		this.client = new EarlyTurnClient({ secret: new Uint8Array(32).fill(1), server: SERVER, user: USER, ...config });
	}

	step(input: EarlyTurnClientInput): this {
		this.outputs.push(...this.client.step(input, this.now));
		return this;
	}

	/** Time passes, and all that is due happens. */
	pass(seconds: number): this {
		const until = this.now + seconds * SECOND;
		for (let due = this.client.deadline; due !== null && due.at <= until; due = this.client.deadline) {
			this.now = Math.max(this.now, due.at);
			this.step({ type: "timer" });
		}
		this.now = until;
		return this;
	}

	get sent() {
		return this.outputs.flatMap((output) => (output.type === "send" ? [{ ...output, at: this.now }] : []));
	}

	get events() {
		return this.outputs.flatMap((output) => (output.type === "event" ? [output.event] : []));
	}

	get ignored() {
		return this.outputs.flatMap((output) => (output.type === "ignored" ? [output.reason] : []));
	}

	/** The last request that was sent. */
	get request(): StunMessage {
		const message = decodeStun(this.sent.at(-1)?.bytes ?? new Uint8Array());
		if (isDecodeError(message)) throw new Error("nothing was sent");
		return message;
	}

	answer(
		kind: "success" | "error",
		items: readonly StunItem[],
		more: { readonly from?: StunAddress; readonly key?: typeof KEY | null } = {},
	): this {
		const { from = SERVER, key = KEY } = more;
		const attributes: StunItem[] = [...items, ...(key === null ? [] : [{ name: "messageIntegrity", key } as const])];
		const { transactionId } = this.request;
		const bytes = encodeStun({ class: kind, method: "allocate", transactionId, attributes });
		return this.step({ type: "received", bytes, from });
	}

	refuse(code: number, more: Parameters<ClientUnderTest["answer"]>[2] & { readonly items?: StunItem[] } = {}): this {
		const { items = [], ...rest } = more;
		return this.answer("error", [{ name: "errorCode", value: { code, reason: "" } }, ...items], rest);
	}

	grant(lifetime = 600): this {
		return this.answer("success", [
			{ name: "mappedAddress", value: RELAYED },
			{ name: "lifetime", value: lifetime },
		]);
	}

	allocated(): this {
		return this.step({ type: "allocate" }).grant();
	}
}

/** A new one. */
export const under = (config: Partial<EarlyTurnClientConfig> = {}) => new ClientUnderTest(config);

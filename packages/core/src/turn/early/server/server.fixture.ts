/** A server of early relays in virtual time, its relays open as soon as they are asked for, and clients of it. */
import {
	attributeOf,
	decodeStun,
	EARLY_TURN_COOKIE,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
	shortTermKey,
	verifyIntegrity,
} from "@whither/wire";
import { SECOND } from "../../../machine.ts";
import { EarlyTurnServer } from "./server.ts";
import type {
	EarlyRelayUsers,
	EarlyTurnServerConfig,
	EarlyTurnServerInput,
	EarlyTurnServerOutput,
} from "./server-io.ts";

export const UNIX_AT_ZERO = 1_800_000_000;
export const CLIENT: StunAddress = { address: "9.9.0.7", port: 40_000 };
export const PEER: StunAddress = { address: "9.9.9.9", port: 7000 };
export const STRANGER: StunAddress = { address: "9.9.9.8", port: 7000 };
export const RELAY_ADDRESS = "8.8.0.1";

/** Names end in their owner's letter: `once1-a` is good for one binding of `a`, `many-a` for any number; `late-a` ends a minute after zero. */
export const USERS: EarlyRelayUsers = (username) => {
	const [, kind = "", owner = ""] = /^(once|many|late)[0-9]*-([a-z])$/.exec(username) ?? [];
	if (kind === "") return null;
	const endsAtUnixSeconds = UNIX_AT_ZERO + (kind === "late" ? 60 : 1800);
	return { keys: [shortTermKey(`pass ${username}`)], owner, endsAtUnixSeconds, once: kind === "once" };
};

export const CONFIG: EarlyTurnServerConfig = {
	secret: new Uint8Array(32).fill(7),
	unixSecondsAtZero: UNIX_AT_ZERO,
	users: USERS,
	relays: [{ address: RELAY_ADDRESS }, { address: "2606:4700::1" }],
};

/** An error's code, or what else it is. */
export const codeOf = (message: StunMessage | null) =>
	message === null ? null : (attributeOf(message, "errorCode")?.code ?? message.class);

type Output<Type extends EarlyTurnServerOutput["type"]> = Extract<EarlyTurnServerOutput, { readonly type: Type }>;

/** A server with all that it has put out. */
export class ServerUnderTest {
	readonly server: EarlyTurnServer;
	readonly outputs: EarlyTurnServerOutput[] = [];
	seconds = 0;
	/** Whether relays are opened at once. */
	opens = true;

	constructor(config: Partial<EarlyTurnServerConfig> = {}) {
		this.server = new EarlyTurnServer({ ...CONFIG, ...config });
	}

	step(input: EarlyTurnServerInput): readonly EarlyTurnServerOutput[] {
		const outputs = [...this.server.step(input, Math.round(this.seconds * SECOND))];
		this.outputs.push(...outputs);
		if (!this.opens) return outputs;
		const opened = outputs.flatMap((output) =>
			output.type === "openRelay" ? this.step({ type: "relayOpened", relay: output.relay }) : [],
		);
		return [...outputs, ...opened];
	}

	at(seconds: number): this {
		this.seconds = seconds;
		this.step({ type: "timer" });
		return this;
	}

	all<Type extends EarlyTurnServerOutput["type"]>(type: Type): readonly Output<Type>[] {
		return this.outputs.filter((output): output is Output<Type> => output.type === type);
	}

	get events() {
		return this.all("event").map(({ event }) => event.kind);
	}

	/** What a relay hears. */
	relayed(relay: number, from: StunAddress, ...bytes: readonly number[]): readonly EarlyTurnServerOutput[] {
		return this.step({ type: "relayReceived", relay, from, bytes: Uint8Array.from(bytes) });
	}

	client(username: string, from: StunAddress = CLIENT, password = `pass ${username}`): ClientUnderTest {
		return new ClientUnderTest(this, username, from, password);
	}
}

let ids = 0;

/** A new transaction id. */
function newId(): Uint8Array {
	const id = new Uint8Array(16).fill(3);
	new DataView(id.buffer).setUint32(12, ++ids);
	return id;
}

/** A text in multiples of four bytes. */
export const padded = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4);

/** A client by its user and its address and port. */
export class ClientUnderTest {
	readonly under: ServerUnderTest;
	readonly username: string;
	readonly from: StunAddress;
	readonly key: ReturnType<typeof shortTermKey>;

	constructor(under: ServerUnderTest, username: string, from: StunAddress, password: string) {
		this.under = under;
		this.username = username;
		this.from = from;
		this.key = shortTermKey(password);
	}

	/** The bytes of an Allocate, signed unless these are all that it has. */
	request(items: readonly StunItem[], alone = false, transactionId = newId()): Uint8Array {
		const attributes: StunItem[] = [{ name: "magicCookie", value: EARLY_TURN_COOKIE }, ...items];
		if (!alone) {
			attributes.push({ name: "username", value: padded(this.username) });
			attributes.push({ name: "messageIntegrity", key: this.key });
		}
		return encodeStun({ class: "request", method: "allocate", transactionId, attributes });
	}

	/** What a request is answered; null: nothing. */
	send(bytes: Uint8Array): StunMessage | null {
		const outputs = this.under.step({ type: "received", bytes, from: this.from, local: 0 });
		const sent = outputs.filter((output): output is Output<"send"> => output.type === "send");
		const message = decodeStun(sent[0]?.bytes ?? new Uint8Array());
		return isDecodeError(message) ? null : message;
	}

	allocate(...items: readonly StunItem[]): StunMessage | null {
		return this.send(this.request(items));
	}

	/** The relayed address of a binding that is granted, signed as it was asked for. */
	bind(...items: readonly StunItem[]): StunAddress {
		const answer = this.allocate(...items);
		const mapped = answer === null ? undefined : attributeOf(answer, "mappedAddress");
		if (answer === null || mapped === undefined || !verifyIntegrity(answer, this.key))
			throw new Error(`no binding: ${codeOf(answer)}`);
		return mapped;
	}

	/** Data, by the address that requests go to. */
	data(...bytes: readonly number[]): readonly EarlyTurnServerOutput[] {
		return this.under.step({ type: "received", bytes: Uint8Array.from(bytes), from: this.from, local: 0 });
	}
}

export const LIFETIME = (value: number): StunItem => ({ name: "lifetime", value });

/** A client and a driver of a relay server in virtual time, for its tests. */
import {
	attributeOf,
	decodeStun,
	encodeStun,
	type HmacKey,
	isDecodeError,
	longTermKey,
	type StunAddress,
	type StunFields,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import { SECOND } from "../../machine.ts";
import { TurnServer } from "./server.ts";
import type { TurnServerConfig, TurnServerInput, TurnServerOutput } from "./server-io.ts";

export const REALM = "example.org";
export const USER = { username: "alice", password: "secret" } as const;
export const OTHER_USER = { username: "bob", password: "word" } as const;

/** Relays of both families at global addresses, and two users. */
export const CONFIG: TurnServerConfig = {
	secret: new Uint8Array(32).fill(7),
	unixSecondsAtZero: 1_800_000_000,
	realm: REALM,
	users: { passwords: [USER, OTHER_USER] },
	relays: [{ address: "8.8.0.1" }, { address: "2606:4700::1" }],
};

export const CLIENT: StunAddress = { address: "9.9.0.7", port: 40_000 };
export const PEER = { 4: { address: "9.9.9.9", port: 7000 }, 6: { address: "2606:4700::9", port: 7000 } } as const;

export const UDP: StunItem = { name: "requestedTransport", value: 17 };
export const TCP: StunItem = { name: "requestedTransport", value: 6 };
export const peer = (value: StunAddress): StunItem => ({ name: "xorPeerAddress", value });
export const family = (value: 4 | 6): StunItem => ({ name: "requestedAddressFamily", value });
export const codeOf = (message: StunMessage | null) =>
	message === null ? null : (attributeOf(message, "errorCode")?.code ?? message.class);

type Output<Type extends TurnServerOutput["type"]> = Extract<TurnServerOutput, { readonly type: Type }>;

/** A server with its outputs, and relays that open as soon as they are asked for. */
export class ServerUnderTest {
	readonly server: TurnServer;
	readonly outputs: TurnServerOutput[] = [];
	seconds = 0;
	/** Whether relays are opened at once. */
	opens = true;

	constructor(config: Partial<TurnServerConfig> = {}) {
		this.server = new TurnServer({ ...CONFIG, ...config });
	}

	step(input: TurnServerInput): readonly TurnServerOutput[] {
		const outputs = [...this.server.step(input, this.seconds * SECOND)];
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

	/** All outputs of a kind so far. */
	all<Type extends TurnServerOutput["type"]>(type: Type): readonly Output<Type>[] {
		return this.outputs.filter((output): output is Output<Type> => output.type === type);
	}

	last<Type extends TurnServerOutput["type"]>(type: Type): Output<Type> {
		const output = this.all(type).at(-1);
		if (output === undefined) throw new Error(`no ${type} was put out`);
		return output;
	}

	client(more: Partial<ClientFields> = {}): ClientUnderTest {
		return new ClientUnderTest(this, { ...USER, from: CLIENT, local: 0, transport: "datagram", ...more });
	}
}

interface ClientFields {
	readonly username: string;
	readonly password: string;
	readonly from: StunAddress;
	readonly local: number;
	readonly transport: "datagram" | "stream";
	/** Undefined: a client of RFC 5389, with MD5 and SHA-1. */
	readonly algorithm?: "md5" | "sha256";
}

let ids = 0;

/** A new transaction id. */
export function newId(): Uint8Array {
	const id = new Uint8Array(12).fill(3);
	new DataView(id.buffer).setUint32(8, ++ids);
	return id;
}

/** A client by its credentials and its 5-tuple. */
export class ClientUnderTest {
	readonly fields: ClientFields;
	readonly under: ServerUnderTest;
	nonce: string | null = null;
	realm = REALM;
	algorithms: StunItem | null = null;
	readonly key: HmacKey;

	constructor(under: ServerUnderTest, fields: ClientFields) {
		this.under = under;
		this.fields = fields;
		const { username, password, algorithm = "md5" } = fields;
		this.key = longTermKey({ username, password, algorithm, realm: REALM });
	}

	/** Bytes of whatever, as from this client. */
	hand(bytes: Uint8Array): readonly TurnServerOutput[] {
		const { from, local, transport } = this.fields;
		return this.under.step({ type: "received", bytes, from, local, transport });
	}

	/** What is answered to a request without credentials; null: nothing. */
	bare(method: StunFields["method"], attributes: readonly StunItem[] = []): StunMessage | null {
		return answerIn(this.hand(encodeStun({ class: "request", method, transactionId: newId(), attributes })));
	}

	/** Learns nonce and algorithms. */
	learn(): this {
		const refusal = this.bare("allocate", [UDP]);
		if (refusal === null) throw new Error("nothing was answered");
		this.nonce = attributeOf(refusal, "nonce") ?? null;
		const value = attributeOf(refusal, "passwordAlgorithms");
		this.algorithms = value === undefined ? null : { name: "passwordAlgorithms", value };
		return this;
	}

	/** What signs a request, with the integrity attribute itself. */
	signature(): readonly StunItem[] {
		const { username, algorithm } = this.fields;
		const items: StunItem[] = [
			{ name: "username", value: username },
			{ name: "realm", value: this.realm },
			{ name: "nonce", value: this.nonce ?? "" },
		];
		if (algorithm === undefined) return [...items, { name: "messageIntegrity", key: this.key }];
		if (this.algorithms !== null) items.push(this.algorithms);
		items.push({ name: "passwordAlgorithm", value: { algorithm, parameters: new Uint8Array(0) } });
		return [...items, { name: "messageIntegritySha256", key: this.key }];
	}

	request(method: StunFields["method"], attributes: readonly StunItem[], transactionId = newId()): Uint8Array {
		if (this.nonce === null) this.learn();
		return encodeStun({ class: "request", method, transactionId, attributes: [...attributes, ...this.signature()] });
	}

	/** What is answered to a signed request, whose signature has to be right; null: nothing. */
	ask(
		method: StunFields["method"],
		attributes: readonly StunItem[] = [],
		transactionId?: Uint8Array,
	): StunMessage | null {
		const answer = answerIn(this.hand(this.request(method, attributes, transactionId)));
		if (answer !== null && ![401, 438].includes(codeOf(answer) as number)) {
			const { algorithm } = this.fields;
			const right =
				algorithm === undefined ? verifyIntegrity(answer, this.key) : verifyIntegritySha256(answer, this.key);
			if (!right && codeOf(answer) !== 400) throw new Error("the answer is not signed");
		}
		return answer;
	}

	code(method: StunFields["method"], attributes: readonly StunItem[] = []): number | string | null {
		return codeOf(this.ask(method, attributes));
	}

	allocate(...more: readonly StunItem[]): this {
		const answer = this.ask("allocate", [UDP, ...more]);
		if (answer?.class !== "success") throw new Error(`not allocated: ${codeOf(answer)}`);
		return this;
	}

	/** An indication. */
	indicate(attributes: readonly StunItem[]): readonly TurnServerOutput[] {
		return this.hand(encodeStun({ class: "indication", method: "send", transactionId: newId(), attributes }));
	}

	get allocation() {
		const allocation = this.under.server.allocationAt(this.fields.local, this.fields.from);
		if (allocation === undefined) throw new Error("there is no allocation");
		return allocation;
	}

	/** The number of its relay of a family. */
	relay(of: 4 | 6 = 4): number {
		const relay = this.allocation.relays.find((one) => one.family === of);
		if (relay === undefined) throw new Error("there is no relay");
		return relay.id;
	}
}

/** The STUN message that is sent last among outputs; null: none is. */
export function answerIn(outputs: readonly TurnServerOutput[]): StunMessage | null {
	const sent = outputs.filter((output) => output.type === "send").at(-1);
	if (sent === undefined) return null;
	const message = decodeStun(sent.bytes);
	return isDecodeError(message) ? null : message;
}

/** Why an input was ignored; undefined: it was not. */
export function reasonIn(outputs: readonly TurnServerOutput[]): string | undefined {
	return outputs.find((output) => output.type === "ignored")?.reason;
}

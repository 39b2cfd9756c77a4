/** What tests of the STUN server share: its sockets, a client of each family, and a way to ask. */
import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunFields,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import type { StunServer } from "./server.ts";
import type { StunServerConfig, StunServerOutput } from "./server-io.ts";

/** Of requests since RFC 5389, and of those of RFC 3489. */
export const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
export const CLASSIC_ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
/** The two of a server, and the client of each family. */
export const ADDRESSES = { 4: ["192.0.2.1", "192.0.2.2"], 6: ["2001:db8::1", "2001:db8::2"] } as const;
export const CLIENTS = {
	4: { address: "203.0.113.7", port: 50_000 },
	6: { address: "2001:db8:9::7", port: 50_000 },
} as const;
/** Tests run over both. */
export const FAMILIES = [4, 6] as const;

/** Sockets 0 to 3: first address, first and second port; then the second address. */
export function fourSockets(family: 4 | 6): StunServerConfig["sockets"] {
	return ADDRESSES[family].flatMap((address) => [3478, 3479].map((port) => ({ address: { address, port } })));
}

/** An answer, where it goes, and what it answers. */
interface Asked {
	readonly outputs: readonly StunServerOutput[];
	readonly to: StunAddress;
	readonly local: number;
	readonly response: StunMessage;
	readonly request: Uint8Array;
}

/** What a server answers to a request of this family's client. */
export function ask(
	server: StunServer,
	attributes: readonly StunItem[],
	more: Partial<StunFields> & {
		readonly family?: 4 | 6;
		readonly local?: number;
		readonly transport?: "stream";
		readonly now?: number;
	} = {},
): Asked {
	const { family = 4, local = 0, transport, now = 0, ...fields } = more;
	const request = encodeStun({ class: "request", method: "binding", transactionId: ID, attributes, ...fields });
	const input = { type: "received", bytes: request, from: CLIENTS[family], local } as const;
	const outputs = server.step(transport === undefined ? input : { ...input, transport }, now);
	const [output] = outputs;
	if (output?.type !== "send") throw new Error(`nothing was answered: ${output?.reason}`);
	const response = decodeStun(output.bytes);
	if (isDecodeError(response)) throw new Error(response.error);
	return { outputs, to: output.to, local: output.local, response, request };
}

/** The error code of a response; undefined: it is none. */
export const code = (response: StunMessage) => attributeOf(response, "errorCode")?.code;
/** The attributes of a response, by name. */
export const names = (response: StunMessage) => response.attributes.map(({ name }) => name);
/** Asks for an answer from elsewhere (RFC 5780 §7.2). */
export const CHANGE = (ip: boolean, port: boolean): StunItem => ({ name: "changeRequest", value: { ip, port } });
/** A server with one address, which it does not know. */
export const PLAIN: StunServerConfig = { sockets: [{ address: { address: "0.0.0.0", port: 3478 } }] };

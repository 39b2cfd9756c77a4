/** Every way of bytes from outside into STUN's machines, as functions of those bytes, for whoever throws inputs at them. */
import { encodeStun, NO_NETWORK_STATUS, type StunFields, type StunItem, shortTermKey } from "@whither/wire";
import { SECOND } from "../machine.ts";
import { NatBehaviourDiscovery } from "./behaviour/nat-behaviour.ts";
import { StunClient } from "./client.ts";
import type { StunRequest } from "./client-io.ts";
import { StunServer } from "./server.ts";

/** Something that answers for any bytes at all and never throws, with inputs that reach its depths. */
export interface StunFuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
	/** Where each input is a program: how many messages all of them have made so far. */
	readonly messages?: () => number;
}

const SECRET = new Uint8Array(32).fill(1);
const SERVER = { address: "192.0.2.1", port: 3478 };
const FROM = { address: "203.0.113.7", port: 50_000 };
const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const KEY = shortTermKey("password");

const SIGNED: readonly StunItem[] = [
	{ name: "xorMappedAddress", value: FROM },
	{ name: "otherAddress", value: { address: "192.0.2.2", port: 3479 } },
	{ name: "transactionTransmitCounter", value: { request: 1, response: 1 } },
	{ name: "messageIntegrity", key: KEY },
	{ name: "fingerprint" },
];
const CHALLENGE: readonly StunItem[] = [
	{ name: "errorCode", value: { code: 401, reason: "" } },
	{ name: "realm", value: "r" },
	{ name: "nonce", value: "obMatJos2AAADn" },
	{ name: "passwordAlgorithms", value: [{ algorithm: "sha256", parameters: new Uint8Array(0) }] },
];
const ALTERNATE: readonly StunItem[] = [
	{ name: "errorCode", value: { code: 300, reason: "" } },
	{ name: "alternateServer", value: FROM },
];

const message = (kind: StunFields["class"], attributes: readonly StunItem[], transactionId = ID) =>
	encodeStun({ class: kind, method: "binding", transactionId, attributes });

const ANSWERS = [message("success", SIGNED), message("error", CHALLENGE), message("error", ALTERNATE)];
const REQUESTS = [
	message("request", [
		{ name: "username", value: "user" },
		{ name: "changeRequest", value: { ip: true, port: true } },
		{ name: "padding", value: new Uint8Array(40) },
		{ name: "messageIntegrity", key: KEY },
		{ name: "networkStatus", value: NO_NETWORK_STATUS },
	]),
	message("request", [{ name: "responsePort", value: 9 }]),
	message("request", [{ name: "changeRequest", value: { ip: false, port: true } }], new Uint8Array(16).fill(9)),
];

/** A client that waits for an answer to a request with this id. */
function hearing(credentials?: StunRequest["credentials"]): (bytes: Uint8Array) => unknown {
	return (bytes) => {
		const client = new StunClient({ secret: SECRET });
		const request: StunRequest = {
			key: 1,
			to: SERVER,
			method: "binding",
			transactionId: ID,
			followUnprotected: true,
			countTransmissions: true,
			...(credentials !== undefined && { credentials }),
		};
		client.step({ type: "request", request }, 0);
		return client.step({ type: "received", bytes, from: SERVER }, 1);
	};
}

/** A server with all that it can do. */
function asked(credentials: boolean): (bytes: Uint8Array) => unknown {
	const sockets = ["192.0.2.1", "192.0.2.2"].flatMap((address) =>
		[3478, 3479].map((port) => ({ address: { address, port } })),
	);
	const server = new StunServer({ sockets, classic: true, ...(credentials && { credentials: () => KEY }) });
	let now = 0;
	return (bytes) => {
		now += SECOND;
		return server.step({ type: "received", bytes, from: FROM, local: 0 }, now);
	};
}

/** A discovery whose first request has been answered by these bytes, whatever id they bear. */
function discovering(bytes: Uint8Array): unknown {
	const sockets = [0, 1, 2].map((index) => ({ address: "10.0.0.1", port: 5000 + index }));
	const discovery = new NatBehaviourDiscovery({ secret: SECRET, server: SERVER, sockets });
	const [first] = discovery.step({ type: "start" }, 0);
	const answer = bytes.slice();
	if (first?.type === "send") for (let at = 8; at < 20 && at < answer.length; at++) answer[at] = first.bytes[at] ?? 0;
	return discovery.step({ type: "received", bytes: answer, from: SERVER, local: 0 }, 1);
}

const LONG_TERM = { kind: "longTerm", username: "user", password: "password" } as const;
const SHORT_TERM = { kind: "shortTerm", username: "user", key: KEY, integrity: "sha1" } as const;

/** STUN's machines, each with what it would hear. */
export const STUN_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "StunClient", decode: hearing(), seeds: ANSWERS },
	{ name: "StunClient shortTerm", decode: hearing(SHORT_TERM), seeds: ANSWERS },
	{ name: "StunClient longTerm", decode: hearing(LONG_TERM), seeds: ANSWERS },
	{ name: "StunServer", decode: asked(false), seeds: REQUESTS },
	{ name: "StunServer credentials", decode: asked(true), seeds: REQUESTS },
	{ name: "NatBehaviourDiscovery", decode: discovering, seeds: ANSWERS },
];

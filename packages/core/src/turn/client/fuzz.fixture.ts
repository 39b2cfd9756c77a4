/** Every way of bytes from outside into the TURN client, as functions of those bytes, for whoever throws inputs at it. */
import { encodeChannelData, encodeStun, type StunFields, type StunItem } from "@whither/wire";
import { SECOND } from "../../machine.ts";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import type { TurnClientConfig, TurnClientInput, TurnClientOutput } from "./client-io.ts";
import { TurnClient } from "./turn-client.ts";

const SECRET = new Uint8Array(32).fill(1);
const SERVER = { address: "192.0.2.1", port: 3478 };
const PEER = { address: "203.0.113.7", port: 50_000 };
const ID = new Uint8Array(12);
const DATA = Uint8Array.of(1, 2, 3);

const RELAYED: readonly StunItem[] = [
	{ name: "xorRelayedAddress", value: { address: "192.0.2.1", port: 50_000 } },
	{ name: "xorMappedAddress", value: PEER },
	{ name: "lifetime", value: 600 },
	{ name: "mobilityTicket", value: DATA },
];
const REFUSED: readonly StunItem[] = [
	{ name: "errorCode", value: { code: 420, reason: "" } },
	{ name: "unknownAttributes", value: [0x001a] },
];
const FROM_PEER: readonly StunItem[] = [
	{ name: "xorPeerAddress", value: PEER },
	{ name: "data", value: DATA },
	{ name: "connectionId", value: 5 },
];
const ICMP: readonly StunItem[] = [
	{ name: "xorPeerAddress", value: PEER },
	{ name: "icmp", value: { type: 3, code: 4, data: 1200 } },
];

const message = (kind: StunFields["class"], method: StunFields["method"], attributes: readonly StunItem[]) =>
	encodeStun({ class: kind, method, transactionId: ID, attributes });

const ALLOCATE_ANSWERS = [
	message("success", "allocate", RELAYED),
	message("success", "allocate", [
		...RELAYED,
		{ name: "addressErrorCode", value: { family: 6, code: 440, reason: "" } },
	]),
	message("error", "allocate", REFUSED),
];

/** The bytes as an answer to the last request that left. */
function answering(bytes: Uint8Array, outputs: readonly TurnClientOutput[]): Uint8Array {
	const answer = bytes.slice();
	const last = outputs.findLast(({ type }) => type === "send");
	if (last?.type === "send") for (let at = 8; at < 20 && at < answer.length; at++) answer[at] = last.bytes[at] ?? 0;
	return answer;
}

const received = (bytes: Uint8Array): TurnClientInput => ({ type: "received", bytes, from: SERVER });

/** A client without credentials, so that answers need no digest. */
function begun(config: Partial<TurnClientConfig>): readonly [TurnClient, readonly TurnClientOutput[]] {
	const allocation = { family: "both", dontFragment: true, mobility: true } as const;
	const client = new TurnClient({ secret: SECRET, server: SERVER, allocation, ...config });
	return [client, client.step({ type: "allocate" }, 0)];
}

function allocated(config: Partial<TurnClientConfig> = {}): TurnClient {
	const [client, asked] = begun(config);
	client.step(received(answering(message("success", "allocate", RELAYED), asked)), 1);
	client.step({ type: "permit", addresses: [PEER.address] }, 1);
	return client;
}

/** One that waits for its allocation. */
function allocating(bytes: Uint8Array): unknown {
	const [client, asked] = begun({ followUnprotected: true });
	return client.step(received(answering(bytes, asked)), 1);
}

/** One that has all, and hears this twice: as it is, and as an answer to what it asks last. */
function relaying(input: TurnClientInput, config?: Partial<TurnClientConfig>): (bytes: Uint8Array) => unknown {
	return (bytes) => {
		const client = allocated(config);
		const asked = client.step(input, 2);
		const heard = client.step(received(bytes), 3);
		return [...heard, ...client.step(received(answering(bytes, asked)), 3)];
	};
}

/** One whose lifetime is nearly over. */
function refreshing(bytes: Uint8Array): unknown {
	const client = allocated();
	const asked = client.step({ type: "timer" }, 545 * SECOND);
	return client.step(received(answering(bytes, asked)), 546 * SECOND);
}

const TCP = { leg: "tcp", allocation: { transport: "tcp" } } as const;

export const TURN_CLIENT_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "TurnClient allocate", decode: allocating, seeds: ALLOCATE_ANSWERS },
	{
		name: "TurnClient permit",
		decode: relaying({ type: "permit", addresses: [PEER.address, "192.0.2.9"] }),
		seeds: [
			message("success", "createPermission", []),
			message("error", "createPermission", [{ name: "errorCode", value: { code: 403, reason: "" } }]),
			message("indication", "data", FROM_PEER),
			message("indication", "data", ICMP),
		],
	},
	{
		name: "TurnClient bind",
		decode: relaying({ type: "bind", peer: PEER }),
		seeds: [message("success", "channelBind", []), encodeChannelData({ channel: 0x4000, data: DATA }, "datagram")],
	},
	{
		name: "TurnClient connect",
		decode: relaying({ type: "connect", peer: PEER }, TCP),
		seeds: [message("success", "connect", FROM_PEER), message("indication", "connectionAttempt", FROM_PEER)],
	},
	{
		name: "TurnClient move",
		decode: relaying({ type: "move", local: 0 }),
		seeds: [message("success", "refresh", RELAYED), message("error", "refresh", REFUSED)],
	},
	{ name: "TurnClient refresh", decode: refreshing, seeds: [message("success", "refresh", RELAYED)] },
];

/** Every way of bytes from outside into the relay server, as functions of those bytes, for whoever throws inputs at it. */
import { encodeChannelData, encodeStun, longTermKey, type StunFields, type StunItem } from "@whither/wire";
import { MICROSECOND } from "../../machine.ts";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import { TurnServer } from "./server.ts";
import type { TurnServerOutput } from "./server-io.ts";

const REALM = "r";
const USER = { username: "user", password: "password" } as const;
const CLIENT = { address: "9.9.0.7", port: 40_000 };
const STRANGER = { address: "9.9.0.8", port: 40_000 };
const PEER = { address: "9.9.9.9", port: 7000 };
const KEY = longTermKey({ ...USER, realm: REALM, algorithm: "md5" });
const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const BYTES = Uint8Array.of(1, 2, 3);
const UNBOUNDED = { perSecond: 1e9, burst: 1e9 };

const ATTRIBUTES: readonly (readonly [StunFields["method"], readonly StunItem[]])[] = [
	[
		"allocate",
		[
			{ name: "requestedTransport", value: 17 },
			{ name: "evenPort", value: true },
			{ name: "lifetime", value: 900 },
			{ name: "mobilityTicket", value: new Uint8Array(0) },
		],
	],
	["allocate", [{ name: "reservationToken", value: new Uint8Array(8) }]],
	["refresh", [{ name: "requestedAddressFamily", value: 4 }]],
	["refresh", [{ name: "mobilityTicket", value: new Uint8Array(24) }]],
	["createPermission", [{ name: "xorPeerAddress", value: PEER }]],
	[
		"channelBind",
		[
			{ name: "channelNumber", value: 0x4000 },
			{ name: "xorPeerAddress", value: PEER },
		],
	],
	["connect", [{ name: "xorPeerAddress", value: PEER }]],
	["connectionBind", [{ name: "connectionId", value: 7 }]],
];

const message = (kind: StunFields["class"], method: StunFields["method"], attributes: readonly StunItem[]) =>
	encodeStun({ class: kind, method, transactionId: ID, attributes });

const signed = (nonce: string): readonly StunItem[] => [
	{ name: "username", value: USER.username },
	{ name: "realm", value: REALM },
	{ name: "nonce", value: nonce },
	{ name: "messageIntegrity", key: KEY },
];

/** A server with a client that has a relay, a permission and a channel, and that client's nonce. */
function serving(): { readonly server: TurnServer; readonly nonce: string; readonly relay: number } {
	const server = new TurnServer({
		secret: new Uint8Array(32).fill(1),
		unixSecondsAtZero: 0,
		realm: REALM,
		users: { passwords: [USER], restSecrets: ["hush"] },
		relays: [{ address: "8.8.0.1" }, { address: "2606:4700::1" }],
		answers: { all: UNBOUNDED, perSource: UNBOUNDED, sources: 8 },
	});
	const hand = (bytes: Uint8Array) => server.step({ type: "received", bytes, from: CLIENT, local: 0 }, 0);
	const nonce = nonceIn(hand(message("request", "allocate", [])));
	let relay = 0;
	for (const [method, attributes] of ATTRIBUTES)
		for (const output of method === "refresh"
			? []
			: hand(message("request", method, [...attributes, ...signed(nonce)])))
			if (output.type === "openRelay") {
				relay = output.relay;
				server.step({ type: "relayOpened", relay }, 0);
			}
	return { server, nonce, relay };
}

function nonceIn([output]: readonly TurnServerOutput[]): string {
	if (output?.type !== "send") return "";
	const text = String.fromCharCode(...output.bytes);
	const from = text.indexOf("obMatJos2");
	return text.slice(from, text.indexOf(".", from) + 17);
}

const { nonce: NONCE } = serving();

const SEEDS: readonly Uint8Array[] = [
	...ATTRIBUTES.map(([method, attributes]) => message("request", method, [...attributes, ...signed(NONCE)])),
	message("indication", "send", [
		{ name: "xorPeerAddress", value: PEER },
		{ name: "dontFragment", value: true },
		{ name: "data", value: BYTES },
	]),
	encodeChannelData({ channel: 0x4000, data: BYTES }, "stream"),
];

/** A server that bytes come to from one who is let in (`member`) or from one who never was. */
function heard(from: typeof CLIENT): (bytes: Uint8Array) => unknown {
	const { server } = serving();
	let now = 0;
	return (bytes) => {
		// So slowly that nonce and allocation outlast millions of inputs.
		now += MICROSECOND;
		const outputs = server.step({ type: "received", bytes, from, local: 0, transport: "stream" }, now);
		for (const output of outputs) {
			if (output.type === "openRelay") server.step({ type: "relayOpened", relay: output.relay }, now);
			if (output.type === "connectPeer") server.step({ type: "peerConnected", connection: output.connection }, now);
		}
		if (from === STRANGER && server.allocationAt(0, STRANGER) !== undefined) throw new Error("a stranger was let in");
		return outputs;
	};
}

/** A server whose relay bytes come to, from a peer that is let in. */
function relayed(bytes: Uint8Array): unknown {
	const { server, relay } = RELAYING;
	return server.step({ type: "relayReceived", relay, from: PEER, bytes }, 1);
}

const RELAYING = serving();

export const TURN_SERVER_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "TurnServer member", decode: heard(CLIENT), seeds: SEEDS },
	{ name: "TurnServer stranger", decode: heard(STRANGER), seeds: SEEDS },
	{ name: "TurnServer relay", decode: relayed, seeds: SEEDS },
];

/** Every way of bytes from outside into early relays, as functions of those bytes, for whoever throws inputs at them. */
import { encodeStun, longTermKey, type StunItem } from "@whither/wire";
import { MICROSECOND } from "../../machine.ts";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import { KEY, RELAYED, SERVER, under } from "./client/client.fixture.ts";
import { CLIENT, PEER, ServerUnderTest, STRANGER } from "./server/server.fixture.ts";
import { EarlySessions } from "./sessions.fixture.ts";
import { OneTimeUsers } from "./shared-secret/one-time-users.ts";
import { SharedSecretServer } from "./shared-secret/shared-secret-server.ts";

const SECRET = new Uint8Array(32).fill(4);
const UNBOUNDED = { perSecond: 1e9, burst: 1e9 };
const ANSWERS = { all: UNBOUNDED, perSource: UNBOUNDED, sources: 8 } as const;
const ALICE = { username: "alice", password: "sesame" } as const;

/** A server with a locked relay, whose outputs are not kept. */
function serving() {
	const world = new ServerUnderTest({ answers: ANSWERS });
	const client = world.client("many-a");
	client.bind();
	const relay = world.all("openRelay")[0]?.relay ?? 0;
	world.relayed(relay, PEER, 1);
	return { server: world.server, client, relay };
}

const ITEMS: readonly (readonly StunItem[])[] = [
	[],
	[{ name: "lifetime", value: 600 }],
	[{ name: "transportPreferences", value: { port: "even", next: true } }],
	[{ name: "transportPreferences", value: { port: "preallocated", at: RELAYED } }],
	[{ name: "bandwidth", value: 64 }],
];
const SEEDS: readonly Uint8Array[] = [
	...ITEMS.map((items) => serving().client.request(items)),
	serving().client.request([], true),
	Uint8Array.of(0x80, 1, 2, 3),
];

function heard(from: typeof CLIENT): (bytes: Uint8Array) => unknown {
	const { server } = serving();
	let now = 0;
	return (bytes) => {
		// So slowly that the binding outlasts millions of inputs.
		now += MICROSECOND;
		const outputs = server.step({ type: "received", bytes, from, local: 0 }, now);
		for (const output of outputs)
			if (output.type === "relaySend" && from === STRANGER) throw new Error("a stranger's data was passed on");
		return outputs;
	};
}

const RELAYING = serving();

function sharedSecrets(): (bytes: Uint8Array) => unknown {
	const server = new SharedSecretServer({
		secret: SECRET,
		unixSecondsAtZero: 0,
		realm: "r",
		users: { passwords: [ALICE] },
		given: new OneTimeUsers(SECRET),
		answers: ANSWERS,
	});
	return (bytes) => {
		const outputs = server.step({ type: "received", bytes, from: CLIENT, isSecure: true }, 0);
		if (server.counters.given > 0) throw new Error("a secret was given to somebody without a nonce");
		return outputs;
	};
}

/** Signed rightly, but for a nonce that nobody has given. */
const SECRET_SEEDS = [
	[],
	[
		{ name: "username", value: "alice   " },
		{ name: "realm", value: "r   " },
		{ name: "nonce", value: "obMatJos2AAAA0. " },
		{ name: "messageIntegrity", key: longTermKey({ ...ALICE, realm: "r", algorithm: "md5" }) },
	],
] as const satisfies readonly (readonly StunItem[])[];

function secretSeed(attributes: readonly StunItem[]): Uint8Array {
	const transactionId = new Uint8Array(16).fill(1);
	return encodeStun({ class: "request", method: "sharedSecret", transactionId, attributes });
}

/** A client that has asked, and hears these bytes of its server. */
function answered(bytes: Uint8Array): unknown {
	return under().step({ type: "allocate" }).step({ type: "received", bytes, from: SERVER }).outputs;
}

const ANSWER = encodeStun({
	class: "success",
	method: "allocate",
	transactionId: under().step({ type: "allocate" }).request.transactionId,
	attributes: [
		{ name: "mappedAddress", value: RELAYED },
		{ name: "lifetime", value: 60 },
		{ name: "messageIntegrity", key: KEY },
	],
});

/** The first four bytes are a seed of sessions. */
function sessions(bytes: Uint8Array): unknown {
	const seed = new DataView(Uint8Array.from({ length: 4 }, (_, index) => bytes[index] ?? 0).buffer).getUint32(0);
	return new EarlySessions(seed).run(60).end();
}

/** What `npm run fuzz` throws inputs at. */
export const EARLY_TURN_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{ name: "EarlyTurnServer member", decode: heard(CLIENT), seeds: SEEDS },
	{ name: "EarlyTurnServer stranger", decode: heard(STRANGER), seeds: SEEDS },
	{
		name: "EarlyTurnServer relay",
		decode: (bytes) =>
			RELAYING.server.step({ type: "relayReceived", relay: RELAYING.relay, from: PEER, bytes }, MICROSECOND),
		seeds: SEEDS,
	},
	{ name: "EarlyTurnServer sessions", decode: sessions, seeds: [Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 1, 7)] },
	{ name: "SharedSecretServer", decode: sharedSecrets(), seeds: SECRET_SEEDS.map(secretSeed) },
	{ name: "EarlyTurnClient", decode: answered, seeds: [ANSWER, ...SEEDS] },
];

/** Programs for a TURN client, its owner and a server that says anything at all, rightly signed; two bytes for a step. */
import {
	attributeOf,
	decodeStun,
	encodeChannelData,
	encodeStun,
	isDecodeError,
	longTermKey,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import { type Draw, openDraw, pick, someBytes, spoiled } from "../../draw.fixture.ts";
import type { Instant } from "../../machine.ts";
import { SECOND } from "../../machine.ts";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import type { TurnClientInput, TurnClientOutput } from "../client/client-io.ts";
import { TurnClient } from "../client/turn-client.ts";
import { BrokenLaw, marked, OF_CLIENT, paddedWithZeros } from "./output-laws.fixture.ts";

const SERVER = { address: "192.0.2.1", port: 3478 };
const ALTERNATE = { address: "192.0.2.2", port: 3478 };
const USER = { kind: "longTerm", username: "user", password: "word" } as const;
const REALM = "r";
const KEY = longTermKey({ ...USER, realm: REALM, algorithm: "md5" });
const PEERS: readonly StunAddress[] = [
	{ address: "198.51.100.9", port: 7000 },
	{ address: "198.51.100.9", port: 7001 },
	{ address: "198.51.100.10", port: 7000 },
	{ address: "2001:db8::9", port: 7000 },
];
const EMPTY = new Uint8Array(0);
const CODES = [300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 500, 508, 699];
/** Being sent elsewhere needs a request that is already signed, and hardly ever comes about. */
const FIRST_CODES = [300, 300, 300, ...CODES];
/** Deadlines in a row at one instant, before it is said that it turns in a circle. */
const MOST_AT_ONCE = 200;

class Session {
	readonly client: TurnClient;
	readonly tcp: boolean;
	/** Requests that were not answered yet. */
	readonly asked: { readonly message: StunMessage; readonly to: StunAddress; readonly local: number }[] = [];
	readonly ends: string[] = [];
	/** The kinds of events that all sessions had so far. */
	readonly #told: Set<string>;
	nonce = "n1";
	now: Instant = 0;

	constructor(draw: Draw, told: Set<string>) {
		this.#told = told;
		this.tcp = draw(4) === 0;
		const leg = this.tcp ? "tcp" : (pick(draw, ["udp", "tls"] as const) ?? "udp");
		const family = pick(draw, [4, 6, "both"] as const) ?? 4;
		this.client = new TurnClient({
			secret: new Uint8Array(32).fill(3),
			server: SERVER,
			leg,
			credentials: USER,
			allocation: this.tcp ? { transport: "tcp" } : { family, mobility: draw(2) === 0, dontFragment: draw(2) === 0 },
			redirects: 2,
		});
		this.step({ type: "allocate" });
	}

	step(input: TurnClientInput): void {
		for (const output of this.client.step(input, this.now)) this.#judge(output);
	}

	#judge(output: TurnClientOutput): void {
		if (output.type === "event") {
			const { kind } = output.event;
			this.#told.add(kind);
			if (this.ends.length > 0) throw new BrokenLaw(`${kind} after the end`);
			if (kind === "failed" || kind === "lost" || kind === "closed") this.ends.push(kind);
		}
		if (output.type !== "send") return;
		paddedWithZeros(output.bytes);
		const { address } = output.to;
		if (address !== SERVER.address && address !== ALTERNATE.address)
			throw new BrokenLaw(`something left to ${address}`);
		const message = decodeStun(output.bytes);
		if (isDecodeError(message) || message.class !== "request") return;
		if (this.asked.length > 8) this.asked.shift();
		this.asked.push({ message, to: output.to, local: output.local });
	}

	/** Lets time pass, deadline by deadline, which has to get somewhere. */
	pass(seconds: number): void {
		const until = this.now + seconds * SECOND;
		let atOnce = 0;
		for (let at = this.client.deadline?.at; at !== undefined && at <= until; at = this.client.deadline?.at) {
			atOnce = at > this.now ? 0 : atOnce + 1;
			if (atOnce > MOST_AT_ONCE) throw new BrokenLaw(`it turns in a circle: ${this.client.deadline?.why}`);
			this.now = Math.max(at, this.now);
			this.step({ type: "timer" });
		}
		this.now = until;
	}

	/** It has to come to an end in the time that it says. */
	end(): void {
		this.step({ type: "close" });
		this.pass(5);
		if (this.ends.length !== 1 || this.client.deadline !== null)
			throw new BrokenLaw(`it ended ${this.ends.length} times, and waits for ${this.client.deadline?.why}`);
	}
}

function itemFor(draw: Draw): StunItem {
	const peer = pick(draw, PEERS) ?? SERVER;
	switch (draw(13)) {
		case 0:
			return {
				name: "xorRelayedAddress",
				value: draw(2) === 0 ? SERVER : { address: "2001:db8::1", port: draw(2) * 5000 },
			};
		case 1:
			return { name: "lifetime", value: pick(draw, [0, 1, 5, 60, 600, 0xffff_ffff]) ?? 0 };
		case 2:
			return { name: "xorMappedAddress", value: peer };
		case 3:
			return { name: "mobilityTicket", value: someBytes(draw, draw(30)) };
		case 4:
			return { name: "alternateServer", value: draw(2) === 0 ? ALTERNATE : SERVER };
		case 5:
			return { name: "addressErrorCode", value: { family: 6, code: 440, reason: "" } };
		case 6:
			return { name: "unknownAttributes", value: [0x001a, draw(0x1_0000)] };
		case 7:
			return { name: "connectionId", value: draw(4) };
		case 8:
			return { name: "xorPeerAddress", value: peer };
		case 9:
			return { name: "data", value: someBytes(draw, draw(30)) };
		case 10:
			return { name: "reservationToken", value: someBytes(draw, 8) };
		case 11:
			return { name: "icmp", value: { type: draw(128), code: draw(512), data: draw(0x1_0000) } };
		default:
			return { name: "unknown", type: draw(0x1_0000), value: someBytes(draw, draw(20)) };
	}
}

/** What a server that means well says. */
function rightItems(draw: Draw, { method }: StunMessage): readonly StunItem[] {
	if (method === "allocate")
		return [
			{ name: "xorRelayedAddress", value: { address: "192.0.2.1", port: 50_000 } },
			{ name: "lifetime", value: pick(draw, [30, 600, 3600]) ?? 600 },
			{ name: "mobilityTicket", value: someBytes(draw, 8) },
		];
	if (method === "refresh") return [{ name: "lifetime", value: 600 }];
	return method === "connect" ? [{ name: "connectionId", value: draw(4) }] : [];
}

function answer(draw: Draw, session: Session): void {
	const at = draw(2) === 0 ? session.asked.length - 1 : draw(session.asked.length);
	const [asked] = session.asked.splice(Math.max(at, 0), 1);
	if (asked === undefined) return;
	const { message, to, local } = asked;
	const isChallenge = attributeOf(message, "nonce") !== session.nonce && draw(20) > 0;
	const isError = isChallenge || draw(5) === 0;
	const code = isChallenge
		? attributeOf(message, "nonce") === undefined
			? 401
			: 438
		: (pick(draw, message.method === "allocate" ? FIRST_CODES : CODES) ?? 400);
	const attributes: StunItem[] = isError ? [{ name: "errorCode", value: { code, reason: "" } }] : [];
	if (!isError && draw(8) > 0) attributes.push(...rightItems(draw, message));
	if (code === 401 || code === 438)
		attributes.push({ name: "realm", value: REALM }, { name: "nonce", value: session.nonce });
	if (code === 300) attributes.push({ name: "alternateServer", value: ALTERNATE });
	for (let left = draw(3) === 0 ? draw(4) : 0; left > 0; left--)
		attributes.splice(draw(attributes.length + 1), 0, itemFor(draw));
	const signed = attributeOf(message, "messageIntegrity") !== undefined && !isChallenge && draw(10) > 0;
	if (signed) attributes.push({ name: "messageIntegrity", key: KEY });
	const { method, transactionId } = message;
	const bytes = encodeStun({ class: isError ? "error" : "success", method, transactionId, attributes });
	const heard = draw(8) === 0 ? spoiled(draw, bytes) : bytes;
	session.step({ type: "received", bytes: heard, from: to, local });
	if (draw(10) === 0) session.step({ type: "received", bytes: heard, from: to, local });
}

function indicate(draw: Draw, session: Session): void {
	const transactionId = someBytes(draw, 12);
	const attributes = draw(2) === 0 ? [itemFor(draw), itemFor(draw), itemFor(draw)] : [];
	const value = pick(draw, PEERS) ?? SERVER;
	attributes.push({ name: "xorPeerAddress", value }, { name: "data", value: someBytes(draw, draw(9)) });
	const method = draw(4) === 0 ? "connectionAttempt" : "data";
	const bytes = encodeStun({ class: "indication", method, transactionId, attributes });
	const channel = encodeChannelData({ channel: 0x4000 + draw(4), data: someBytes(draw, draw(9)) }, "stream");
	const heard = draw(3) === 0 ? channel : bytes;
	session.step({ type: "received", bytes: draw(5) === 0 ? spoiled(draw, heard) : heard, from: SERVER, local: draw(2) });
}

/** What the owner and the network do. */
function happen(draw: Draw, session: Session): void {
	const peer = pick(draw, PEERS) ?? SERVER;
	const data = marked(OF_CLIENT, draw(30));
	const inputs: readonly TurnClientInput[] = [
		{ type: "send", peer, data, dontFragment: draw(4) === 0 },
		{ type: "send", peer, data: EMPTY },
		{ type: "bind", peer },
		{ type: "unbind", peer },
		{ type: "permit", addresses: PEERS.map(({ address }) => address) },
		{ type: "forget", address: peer.address },
		{ type: "connect", peer },
		{ type: "bindConnection", connectionId: draw(4), local: 5 + draw(2) },
		{ type: "move", local: draw(3) },
		{ type: "refresh" },
		{ type: "credentials", credentials: { ...USER, password: draw(3) === 0 ? "other" : USER.password } },
		{ type: "unreachable", code: "ECONNREFUSED" },
	];
	const input = pick(draw, inputs);
	if (input !== undefined) session.step(input);
	if (draw(60) === 0) session.step({ type: "closed", local: draw(3) });
	if (draw(100) === 0) session.step({ type: "close" });
}

function doNext(draw: Draw, kind: number, session: Session): void {
	if (kind < 100) answer(draw, session);
	else if (kind < 140) indicate(draw, session);
	else if (kind < 230) happen(draw, session);
	else if (kind < 250) session.pass(pick(draw, [0.5, 2, 40, 241, 541]) ?? 1);
	else session.nonce = `n${draw(100)}`;
}

let messages = 0;

/** Runs a program, with an owner that begins anew after each end; throws BrokenLaw, or what the client threw. */
export function runClientSessions(program: Uint8Array, told = new Set<string>()): void {
	let session = new Session(openDraw(program[0] ?? 0), told);
	for (let at = 0; at + 1 < program.length; at += 2) {
		const draw = openDraw(((program[at] ?? 0) << 16) | ((program[at + 1] ?? 0) << 8) | (at & 0xff));
		doNext(draw, program[at] ?? 0, session);
		messages++;
		if (session.ends.length > 0 && draw(2) === 0) {
			session.pass(4000);
			session = new Session(draw, told);
		}
	}
	if (session.ends.length === 0) session.end();
}

export const TURN_CLIENT_SESSION_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{
		name: "TurnClient sessions",
		decode: (bytes) => runClientSessions(bytes),
		seeds: Array.from({ length: 16 }, (_, seed) => someBytes(openDraw(seed), 200)),
		messages: () => messages,
	},
];

import { decodeStun, isDecodeError, type StunAddress, type StunMessage, verifyFingerprint } from "@whither/wire";
import { AnswerCap } from "../../answer-cap.ts";
import type { Deadline, Instant, Machine } from "../../machine.ts";
import { StunServer } from "../../stun/server.ts";
import { allocate, giveUp, relayFailed, relayOpened } from "./allocate.ts";
import type { Allocation, TurnAllocation } from "./allocation.ts";
import { authenticate } from "./authenticate.ts";
import { addUsage, count, type TurnCounters } from "./counters.ts";
import { ruleAnew } from "./new-rules.ts";
import { channelBind, createPermission } from "./permissions.ts";
import { refresh } from "./refresh.ts";
import { channelData, relayError, relayReceived, send } from "./relaying.ts";
import { closeAllocation, dropRelay } from "./relays.ts";
import { withoutMapping } from "./replies.ts";
import { attributeFault, ignored, isMarked, type RequestHandler, refused } from "./request.ts";
import { endReservation } from "./reservations.ts";
import { TURN_ANSWER_LIMITS, type TurnServerConfig, type TurnServerInput, type TurnServerOutput } from "./server-io.ts";
import { TurnState, tupleKey } from "./state.ts";
import {
	boundStreamClosed,
	connect,
	connectionBind,
	endConnection,
	peerAccepted,
	peerClosed,
	peerConnected,
	peerConnectFailed,
} from "./tcp-peers.ts";

type Outputs = readonly TurnServerOutput[];
type Received = Extract<TurnServerInput, { readonly type: "received" }>;

const HANDLERS: Readonly<Partial<Record<string, RequestHandler>>> = {
	allocate,
	refresh,
	createPermission,
	channelBind,
	connect,
	connectionBind,
};

/** What a timer comes to that came too early. */
const NOTHING_DUE: TurnServerOutput = { type: "ignored", reason: "nothingDue" };

/**
 * A relay server (RFC 8656, RFC 6062, RFC 8016) without its sockets. Whoever is not authenticated costs it nothing but an
 * answer, and of those each source gets so many and no more. What it decided may be read from its allocations, and held
 * to as long as their versions stay the same.
 */
export class TurnServer implements Machine<TurnServerInput, TurnServerOutput> {
	readonly #state: TurnState;
	readonly #cap: AnswerCap;
	readonly #binding: StunServer | null;

	constructor(config: TurnServerConfig) {
		this.#state = new TurnState(config);
		this.#cap = new AnswerCap(config.answers ?? TURN_ANSWER_LIMITS);
		this.#binding = config.binding === undefined ? null : new StunServer(config.binding);
	}

	get deadline(): Deadline | null {
		const { expiries, drain, byId, reservations } = this.#state;
		const next = expiries.next;
		const draining = drain !== null && (byId.size > 0 || reservations.size > 0);
		if (draining && (next === null || drain.until < next.expiresAt)) return { at: drain.until, why: "drain" };
		return next === null ? null : { at: next.expiresAt, why: next.kind };
	}

	/** The allocation of a client's 5-tuple. */
	allocationAt(local: number, client: StunAddress): TurnAllocation | undefined {
		return this.#state.byTuple.get(tupleKey(local, client));
	}

	/** The allocation that has this relay. */
	allocationOfRelay(relay: number): TurnAllocation | undefined {
		return this.#state.relays.get(relay)?.allocation ?? undefined;
	}

	/** All of them, those that wait for their relays included. */
	get allocations(): Iterable<TurnAllocation> {
		return this.#state.byId.values();
	}

	/** What it has done since it began, and what has passed through all of its allocations. */
	get counters(): TurnCounters & { readonly usage: TurnCounters["closedUsage"] } {
		const { counters, byId } = this.#state;
		const usage = { ...counters.closedUsage };
		for (const allocation of byId.values()) addUsage(usage, allocation.usage);
		return { ...counters, usage };
	}

	step(input: TurnServerInput, now: Instant): Outputs {
		const ended = this.#expire(now);
		const came = this.#take(input, now);
		for (const output of came) if (output.type === "ignored") count(this.#state.counters.ignored, output.reason);
		return ended.length === 0 ? came : [...ended, ...came.filter((output) => output !== NOTHING_DUE)];
	}

	#take(input: TurnServerInput, now: Instant): Outputs {
		const state = this.#state;
		switch (input.type) {
			case "received":
				return this.#received(input, now);
			case "relayReceived":
				return relayReceived(state, input, now);
			case "relayOpened":
				return relayOpened(state, input.relay, now);
			case "relayFailed":
				return relayFailed(state, input, now);
			case "relayError":
				return relayError(state, input, now);
			case "streamClosed":
				return this.#streamClosed(input.local, input.from);
			case "peerConnected":
				return peerConnected(state, input, now);
			case "peerConnectFailed":
				return peerConnectFailed(state, input);
			case "peerAccepted":
				return peerAccepted(state, input, now);
			case "peerClosed":
				return peerClosed(state, input);
			case "users":
				state.reload(input.users);
				return [];
			case "peers":
				return ruleAnew(state, input.peers, now);
			case "drain":
				state.drain = { until: input.until, alternate: input.alternate ?? [] };
				return this.#expire(now);
			case "timer":
				return [NOTHING_DUE];
		}
	}

	#received(input: Received, now: Instant): Outputs {
		const { bytes, from, local } = input;
		const first = bytes[0] ?? 0xff;
		if (first > 0x7f) return ignored("notStun");
		const key = tupleKey(local, from);
		// Its bytes are a peer's: the driver has not heard of it yet.
		if (input.transport === "stream" && this.#state.boundStreams.has(key)) return ignored("boundStream");
		const allocation = this.#state.byTuple.get(key);
		if (first > 0x3f) {
			if (allocation === undefined || allocation.pending !== null) return ignored("noAllocation");
			return channelData(this.#state, bytes, allocation, now);
		}
		const message = decodeStun(bytes);
		if (isDecodeError(message)) return ignored("notStun");
		if (message.method === "binding") return this.#binding?.step(input, now) ?? ignored("otherMethod");
		if (message.classic) return ignored("classic");
		if (message.class === "request") return this.#request(message, input, allocation, now);
		if (message.class !== "indication" || message.method !== "send") return ignored("notARequest");
		if (allocation === undefined || allocation.pending !== null) return ignored("noAllocation");
		return send(this.#state, message, allocation, now);
	}

	#request(message: StunMessage, input: Received, allocation: Allocation | undefined, now: Instant): Outputs {
		const state = this.#state;
		const handler = HANDLERS[message.method];
		if (handler === undefined) return ignored("otherMethod");
		if (isMarked(message) && !verifyFingerprint(message)) return ignored("badFingerprint");
		const { from, local, transport = "datagram" } = input;
		const { method, transactionId } = message;
		const reply = { method, transactionId, sign: null, marked: isMarked(message), to: from, local };
		const believed = authenticate(state, message, from, allocation, now);
		if ("code" in believed) {
			if (!this.#cap.allows(withoutMapping(from).address, now)) return ignored("tooMany");
			return refused(state, reply, believed.code, believed.challenge ? state.challenge(from, now) : []);
		}
		const signed = { ...reply, sign: believed.sign };
		const fault = attributeFault(message, state);
		if (fault !== null) {
			const items = fault.unknown.length > 0 ? [{ name: "unknownAttributes", value: fault.unknown } as const] : [];
			return refused(state, signed, fault.code, items);
		}
		const { credential } = believed;
		return handler(state, { message, from, local, transport, credential, reply: signed, allocation }, now);
	}

	#streamClosed(local: number, from: StunAddress): Outputs {
		const state = this.#state;
		const key = tupleKey(local, from);
		const connection = state.boundStreams.get(key);
		if (connection !== undefined) return boundStreamClosed(state, connection);
		const allocation = state.byTuple.get(key);
		return allocation === undefined ? ignored("noAllocation") : closeAllocation(state, allocation, "streamClosed");
	}

	/** All that has ended by now. */
	#expire(now: Instant): Outputs {
		const state = this.#state;
		const outputs: TurnServerOutput[] = [];
		for (let next = state.expiries.next; next !== null && next.expiresAt <= now; next = state.expiries.next) {
			state.expiries.delete(next);
			if (next.kind === "reservation") outputs.push(...endReservation(state, next));
			else if (next.kind === "connection") outputs.push(...endConnection(state, next));
			else if (!next.open) outputs.push(...giveUp(state, next, 508, now));
			else if (next.allocation?.relays.length === 1)
				outputs.push(...closeAllocation(state, next.allocation, "expired"));
			else outputs.push(...dropRelay(state, next));
		}
		if (state.drain !== null && state.drain.until <= now) {
			for (const allocation of [...state.byId.values()]) outputs.push(...closeAllocation(state, allocation, "drained"));
			for (const reservation of [...state.reservations.values()]) {
				state.expiries.delete(reservation);
				outputs.push(...endReservation(state, reservation));
			}
		}
		return outputs;
	}
}

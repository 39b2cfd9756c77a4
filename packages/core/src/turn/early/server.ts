import { attributeOf, decodeStun, isDecodeError, isEarlyTurnControl, type StunMessage } from "@whither/wire";
import { AnswerCap } from "../../answer-cap.ts";
import type { Deadline, Instant, Machine } from "../../machine.ts";
import { SECOND } from "../../machine.ts";
import { addUsage, count } from "../server/counters.ts";
import { withoutMapping } from "../server/replies.ts";
import { TURN_ANSWER_LIMITS } from "../server/server-io.ts";
import { tupleKey } from "../server/state.ts";
import { admit, type Refused } from "./admit.ts";
import { type AllocateRequest, allocate, closeBinding, giveUp, refused, relayFailed, relayOpened } from "./allocate.ts";
import type { Binding, EarlyReservation } from "./binding.ts";
import { refresh, released } from "./refresh.ts";
import { clientData, relayReceived, ruleAnew } from "./relaying.ts";
import { endReservation } from "./relays.ts";
import type { Reply } from "./replies.ts";
import type {
	EarlyBinding,
	EarlyTurnCounters,
	EarlyTurnIgnoreReason,
	EarlyTurnServerConfig,
	EarlyTurnServerInput,
	EarlyTurnServerOutput,
} from "./server-io.ts";
import { EarlyState, ignored, type Outputs } from "./state.ts";

type Received = Extract<EarlyTurnServerInput, { readonly type: "received" }>;

/** What a timer comes to that came too early. */
const NOTHING_DUE: EarlyTurnServerOutput = { type: "ignored", reason: "nothingDue" };

/** An error with the cookie in front: header, cookie, ERROR-CODE. */
const SHORTEST_AMONG_DATA = 36;

/**
 * A relay server as draft-rosenberg-midcom-turn-01 has it, without its sockets: one binding for each client's address and
 * port, locked to the first who sends to it, with everything but requests passed on as it is. Whoever is not authenticated
 * costs it an answer no longer than the request, and of those each source gets so many and no more.
 */
export class EarlyTurnServer implements Machine<EarlyTurnServerInput, EarlyTurnServerOutput> {
	readonly #state: EarlyState;
	readonly #cap: AnswerCap;

	/** Throws RangeError for relay ports that the draft forbids, and for peer rules that are no ranges of addresses. */
	constructor(config: EarlyTurnServerConfig) {
		this.#state = new EarlyState(config);
		this.#cap = new AnswerCap(config.answers ?? TURN_ANSWER_LIMITS);
	}

	get deadline(): Deadline | null {
		const { expiries, drain } = this.#state;
		const next = expiries.next;
		if (next === null) return null;
		return drain !== null && drain.until < next.expiresAt
			? { at: drain.until, why: "drain" }
			: { at: next.expiresAt, why: next.kind };
	}

	/** All of them, those that wait for their relays included. */
	get bindings(): Iterable<EarlyBinding> {
		return this.#state.byTuple.values();
	}

	/** What it has done since it began. */
	get counters(): EarlyTurnCounters {
		const { counters, byTuple } = this.#state;
		const usage = { ...counters.usage };
		for (const binding of byTuple.values()) addUsage(usage, binding.usage);
		return { ...counters, usage };
	}

	step(input: EarlyTurnServerInput, now: Instant): Outputs {
		const ended = this.#expire(now);
		const came = this.#take(input, now);
		for (const output of came) if (output.type === "ignored") count(this.#state.counters.ignored, output.reason);
		return ended.length === 0 ? came : [...ended, ...came.filter((output) => output !== NOTHING_DUE)];
	}

	#take(input: EarlyTurnServerInput, now: Instant): Outputs {
		const state = this.#state;
		switch (input.type) {
			case "received":
				return this.#received(input, now);
			case "relayReceived":
				return relayReceived(state, input, now);
			case "relayOpened":
				return relayOpened(state, input.relay, now);
			case "relayFailed":
				return relayFailed(state, input);
			case "peers":
				state.rule(input.peers);
				return ruleAnew(state);
			case "drain":
				state.drain = { until: input.until, alternate: input.alternate ?? [] };
				return this.#expire(now);
			case "timer":
				return [NOTHING_DUE];
		}
	}

	#received(input: Received, now: Instant): Outputs {
		const binding = this.#state.byTuple.get(tupleKey(input.local, input.from));
		if (!isEarlyTurnControl(input.bytes))
			return binding === undefined ? ignored("noBinding") : clientData(binding, input.bytes, now);
		const message = decodeStun(input.bytes);
		if (isDecodeError(message)) return ignored("malformed");
		const reason = uninteresting(message);
		return reason === null ? this.#asked(message, input, binding, now) : ignored(reason);
	}

	#asked(message: StunMessage, { from, local }: Received, binding: Binding | undefined, now: Instant): Outputs {
		const state = this.#state;
		const to = { address: from.address, port: from.port };
		// Only requests that nobody has signed are so short, and what answers those is no longer.
		const amongData = binding !== undefined && message.bytes.length >= SHORTEST_AMONG_DATA;
		const unsigned: Reply = { transactionId: message.transactionId, key: null, amongData, to, local };
		const admitted = admit(state, message, { binding, tuple: tupleKey(local, from), now });
		if ("code" in admitted) return this.#refuse(admitted, unsigned, now);
		const { user, spent } = admitted;
		const request: AllocateRequest = { message, user, reply: { ...unsigned, key: user.key } };
		if (binding !== undefined) return refresh(state, request, binding, now);
		// The binding is no more: the answer that said so may have been lost.
		if (attributeOf(message, "lifetime") === 0) return [released(request)];
		return spent ? this.#refuse({ code: 430, unknown: [], key: null }, unsigned, now) : allocate(state, request, now);
	}

	/** What nobody has signed is one of so many answers. */
	#refuse({ code, unknown, key }: Refused, reply: Reply, now: Instant): Outputs {
		if (key === null && !this.#cap.allows(withoutMapping(reply.to).address, now)) return ignored("tooMany");
		const items = unknown.length > 0 ? [{ name: "unknownAttributes", value: unknown } as const] : [];
		return refused(this.#state, { ...reply, key }, code, items);
	}

	#expire(now: Instant): Outputs {
		const { drain, expiries } = this.#state;
		const isOver = drain !== null && drain.until <= now;
		const outputs: EarlyTurnServerOutput[] = [];
		for (let next = expiries.next; next !== null; next = expiries.next) {
			if (!isOver && next.expiresAt > now) return outputs;
			outputs.push(...this.#end(next, isOver, now));
		}
		return outputs;
	}

	/** What has passed through a binding has put its end off; that is looked at when it comes. */
	#end(item: Binding | EarlyReservation, isOver: boolean, now: Instant): Outputs {
		const state = this.#state;
		if (item.kind === "reservation") return endReservation(state, item);
		if (item.pending !== null) return giveUp(state, item, 500);
		const endsAt = item.activeAt + item.lifetimeSeconds * SECOND;
		if (isOver || endsAt <= now) return closeBinding(state, item, isOver ? "drained" : "expired");
		state.expiries.set(item, endsAt);
		return [];
	}
}

/** Why a message with the cookie is not worth an answer; null: it is. */
function uninteresting(message: StunMessage): EarlyTurnIgnoreReason | null {
	if (!message.classic) return "malformed";
	if (message.class !== "request") return "notARequest";
	return message.method === "allocate" ? null : "otherMethod";
}

/** Two ends hear of each other by a SIP call: their descriptions are its offers and answers. Pure. */
import type { OpenSignalling } from "../../api/meet/options.ts";
import type { MeetMessage } from "../../api/meet/signalling/message.ts";
import type { Signalling, SignallingListener } from "../../api/meet/signalling/signalling.ts";
import type { SipEvent } from "../agent/agent-io.ts";
import type { CallAgent } from "./call-agent.ts";
import type { SipSignallingOrder } from "./call-order.ts";
import type { ProvedWay } from "./call-preconditions.ts";
import type { CallSide } from "./call-side.ts";
import { Callee } from "./callee.ts";
import { Caller } from "./caller.ts";
import { Conversation } from "./conversation.ts";

/** A way that is there, and a call that is not accepted yet: how long that is waited for before it ends. */
const LINGER_MS = 2_000;
/** What is said by the end of a meeting that says nothing. */
const GOODBYE = "bye";

/** Signalling by a call that is placed, or by the first that comes. */
export function sipSignalling(order: SipSignallingOrder): OpenSignalling {
	return (listener) => new SipCall(order, listener);
}

class SipCall implements Signalling {
	readonly role: Signalling["role"];
	readonly #order: SipSignallingOrder;
	readonly #agent: CallAgent;
	readonly #call: Conversation;
	readonly #side: CallSide;
	#reason = GOODBYE;
	#isLeaving = false;
	#isRegistered = false;
	/** Who waits for the call to come further, in order to leave it. */
	#wake: () => void = () => {};

	constructor(order: SipSignallingOrder, listener: SignallingListener) {
		this.#order = order;
		// Whoever offers controls (RFC 8445 §6.1.1); where a caller wants our offer, ICE settles it.
		this.role = order.to === undefined ? "controlled" : "controlling";
		const ports = { order, listener, agent: () => this.#agent, moved: () => this.#side.moved() };
		this.#call = new Conversation(ports);
		this.#side = order.to === undefined ? new Callee(ports, this.#call) : new Caller(ports, this.#call, order.to);
		// What it tells while it is asked something comes after that.
		this.#agent = order.openAgent((event) => queueMicrotask(() => this.#event(event)));
		this.#side.begin();
	}

	send(message: MeetMessage): void {
		if (message.type === "bye") this.#reason = message.why;
		else if (!this.#isLeaving && this.#call.own.hear(message)) this.#side.said();
	}

	reached(way: ProvedWay): void {
		this.#call.preconditions.proved(way);
		this.#call.log.precondition(this.#call.preconditions.state);
		this.#side.moved();
	}

	unproved(): void {
		this.#call.isUnproved = true;
		this.#side.moved();
	}

	async close(): Promise<void> {
		if (!this.#isLeaving) {
			this.#isLeaving = true;
			if (this.#isAboutToStand) await this.#linger();
			this.#side.leave(this.#reason);
			this.#call.isOver = true;
		}
		await this.#agent.close();
	}

	/** Both ways are proved, or there is nothing to prove: one side is about to accept. */
	get #isAboutToStand(): boolean {
		const { number, isAccepted, isOver, isUnchecked, peer, preconditions } = this.#call;
		if (number === null || isAccepted || isOver || peer.reading === null) return false;
		return preconditions.isProved || isUnchecked;
	}

	#linger(): Promise<void> {
		return new Promise((resolve) => {
			const forget = this.#order.time.after(LINGER_MS, resolve);
			this.#wake = () => {
				if (this.#isAboutToStand) return;
				forget();
				resolve();
			};
		});
	}

	#event(event: SipEvent): void {
		// A registration is told again with each refresh, also while we talk.
		if (event.kind === "registered" && !this.#isRegistered) {
			const { own } = this.#order;
			this.#isRegistered = true;
			this.#order.tell?.({ kind: "registered", own, expiresSeconds: event.expiresSeconds });
		}
		this.#side.event(event);
		this.#wake();
	}
}

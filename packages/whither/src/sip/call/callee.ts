/** The side that waits for a call, and takes the first that it can. Pure. */
import type { SipBody, SipEvent } from "../agent/agent-io.ts";
import { sdpBody } from "../agent/body.ts";
import { canMeetPreconditions } from "../preconditions/refusing.ts";
import { refusedDescription } from "./call-description.ts";
import { callFailure, descriptionFailure, reasonWords } from "./call-failure.ts";
import { failedPreconditions } from "./call-preconditions.ts";
import { type CallReading, readCall } from "./call-reading.ts";
import type { CallSide } from "./call-side.ts";
import type { CallPorts, Conversation } from "./conversation.ts";
import { checksWith } from "./peer-end.ts";

type Of<Kind extends SipEvent["kind"]> = Extract<SipEvent, { readonly kind: Kind }>;

/** How a call that comes is answered. */
type Answered =
	/** Not yet. */
	| "no"
	/** By a description in 183, acknowledged or to be so by PRACK; or unreliably, so that 200 has it again. */
	| "reliably"
	| "unreliably"
	/** With the 200 alone: there is nothing to prove before. */
	| "late";

const SESSION_PROGRESS = 183;
const RINGING = 180;
const OK = 200;
const BUSY = 486;
/** Temporarily Unavailable (RFC 3261 §21.4.18): there was no way. */
const UNAVAILABLE = 480;
/** Not Acceptable Here (RFC 3261 §21.4.26). */
const NOT_ACCEPTABLE = 488;
/** Extension Required (RFC 3261 §21.4.16). */
const EXTENSION_REQUIRED = 421;
/** Precondition Failure (RFC 3312 §8). */
const PRECONDITION_FAILURE = 580;
/** A provisional answer that nobody acknowledges is said again, first after so long (RFC 3261's T1), then after twice that. */
const AGAIN_MS = 500;
const LAST_AGAIN_MS = 8_000;
/**
 * By the first draft an answer tells addresses that checks of the offer have found (§5.5): those that succeed take a round trip or
 * two, and those that fail nine seconds, which nobody is to wait.
 */
const FIRST_CHECKS_MS = 1_500;

/** Takes one call; others are told that we are busy. */
export class Callee implements CallSide {
	readonly #ports: CallPorts;
	readonly #call: Conversation;
	#offer: CallReading | null = null;
	/** Who calls. */
	#peer: string;
	/** The caller wants our offer. */
	#isDelayed = false;
	#isReliable = false;
	#answered: Answered = "no";
	/** How much our end had said when an offer came of which checks are waited for; null: none is. */
	#saidBefore: number | null = null;
	#body: SipBody | null = null;
	#hasRung = false;
	#hasAccepted = false;
	#forget: () => void = () => {};

	constructor(ports: CallPorts, call: Conversation) {
		this.#ports = ports;
		this.#call = call;
		this.#peer = ports.order.own;
	}

	begin(): void {
		if (this.#ports.order.register !== false) this.#ports.agent().register();
	}

	said(): void {
		this.#call.said();
		this.#answer();
	}

	moved(): void {
		this.#ring();
		this.#call.offerMore();
	}

	event(event: SipEvent): void {
		const call = this.#call;
		if (event.kind === "incoming") this.#incoming(event);
		else if (event.kind === "unregistered") this.#unregistered(event);
		else if ("call" in event && event.call === call.number && !call.isOver) this.#within(event);
	}

	#within(event: Exclude<SipEvent, Of<"incoming" | "unregistered" | "registered" | "closed">>): void {
		if (event.kind === "acknowledged") this.#acknowledged(event.status);
		else if (event.kind === "accepted") this.#accepted(event.answer, event.userAgent);
		else if (event.kind === "ended") this.#ended(event);
		else this.#call.event(event);
	}

	leave(reason: string): void {
		this.#forget();
		const call = this.#call;
		if (call.number === null || call.isOver) return;
		const agent = this.#ports.agent();
		if (this.#hasAccepted) agent.hangUp(call.number, undefined, reason);
		else if (call.preconditions.isWanted && this.#offer !== null) this.#refusePreconditions(call.number, this.#offer);
		else agent.hangUp(call.number, UNAVAILABLE, reason);
	}

	#incoming(event: Of<"incoming">): void {
		const { offer } = event;
		const call = this.#call;
		const reading = offer === null ? null : readCall(offer);
		if (call.number !== null || call.isOver) this.#refuse(event, BUSY, "we have a call already");
		else if (typeof reading === "string") this.#refuse(event, NOT_ACCEPTABLE, reading);
		else if (reading !== null && !call.canTake(reading)) this.#refuse(event, NOT_ACCEPTABLE, "noAddress");
		else if (this.#canProve(event, reading)) this.#take(event, reading);
	}

	#take(event: Of<"incoming">, reading: CallReading | null): void {
		const call = this.#call;
		call.number = event.call;
		this.#offer = reading;
		this.#isDelayed = reading === null;
		this.#isReliable = [...event.supported, ...event.required].includes("100rel");
		const { from: peer, userAgent } = event;
		this.#peer = peer;
		const isWanted = call.preconditions.isWanted || isMandatory(reading);
		call.log.begun({ direction: "in", peer, userAgent, precondition: isWanted ? "waiting" : "none" });
		if (reading !== null) call.take(reading, "offer", event.userAgent);
		if (reading !== null && call.peer.checks && call.peer.ice === "first-draft") this.#await();
		this.#answer();
	}

	/** Whether preconditions that one of us wants can be met; else the call is refused. */
	#canProve(event: Of<"incoming">, reading: CallReading | null): boolean {
		const { order, agent } = this.#ports;
		const { call: number, supported, required } = event;
		const checks = reading !== null && checksWith(this.#call.peer.ice, reading);
		const mandatory = isMandatory(reading);
		if (reading !== null && mandatory && !(checks && canMeetPreconditions(reading.preconditions))) {
			this.#told(event, PRECONDITION_FAILURE, "its preconditions cannot be met");
			this.#refusePreconditions(number, reading);
			return false;
		}
		if (order.precondition !== true || mandatory) return true;
		if (checks && [...supported, ...required].includes("precondition")) return true;
		this.#told(event, EXTENSION_REQUIRED, "it has no preconditions");
		agent().respond(number, { status: EXTENSION_REQUIRED, headers: [["Require", "precondition"]] });
		return false;
	}

	/** With ICE on both sides the answer goes at once, so that checks can; without, it goes with the 200. */
	#answer(): void {
		const call = this.#call;
		if (call.number === null || this.#answered !== "no" || this.#isWaiting || call.isOver) return;
		if (!this.#isDelayed && this.#offer === null) return;
		const body = this.#offer === null ? call.offer() : call.answer(this.#offer);
		if (body === null) return;
		this.#forget();
		this.#body = body;
		const isEarly = this.#isDelayed ? this.#isReliable : call.peer.checks;
		this.#answered = !isEarly ? "late" : this.#isReliable ? "reliably" : "unreliably";
		if (isEarly) this.#progress(body, AGAIN_MS);
		this.#ring();
	}

	get #isWaiting(): boolean {
		return this.#saidBefore !== null && this.#call.own.news === this.#saidBefore;
	}

	#progress(body: SipBody, againMs: number): void {
		const { agent, order } = this.#ports;
		const { number } = this.#call;
		if (number === null) return;
		agent().respond(number, { status: SESSION_PROGRESS, body, reliable: this.#isReliable });
		if (this.#isReliable) return;
		// RFC 8839 §4.4: again, until a check shows that it has come.
		this.#forget = order.time.after(againMs, () => {
			const isOld = this.#hasRung || this.#call.isOver || this.#call.preconditions.hasHeard;
			if (!isOld) this.#progress(body, Math.min(againMs * 2, LAST_AGAIN_MS));
		});
	}

	/** Rings once nothing has to be proved any more: never a ring that is followed by silence. */
	#ring(): void {
		const call = this.#call;
		if (this.#hasRung || call.number === null || call.isOver || !this.#mayRing) return;
		this.#hasRung = true;
		this.#forget();
		call.log.rang();
		this.#ports.agent().respond(call.number, { status: RINGING, reliable: this.#isReliable });
		if (!this.#isReliable) this.#accept();
	}

	get #mayRing(): boolean {
		if (this.#answered === "no") return false;
		if (this.#answered === "late") return true;
		const { peer, preconditions, isUnchecked } = this.#call;
		if (peer.reading === null) return false;
		// An offer of ours may have been answered without ICE; and the first draft has media where no check succeeds.
		if (isUnchecked) return !preconditions.isWanted;
		return preconditions.isProved && (!preconditions.isWanted || preconditions.isConfirmed);
	}

	#accept(): void {
		const { number, isOver } = this.#call;
		if (this.#hasAccepted || number === null || isOver) return;
		this.#hasAccepted = true;
		this.#call.log.answered(OK);
		const body = this.#answered === "reliably" || this.#body === null ? {} : { body: this.#body };
		this.#ports.agent().respond(number, { status: OK, ...body });
	}

	#acknowledged(status: number): void {
		if (status === RINGING) this.#accept();
		else this.#call.open();
		this.#ring();
	}

	/** Its ACK has come, with an answer where our offer was in the 200. */
	#accepted(answer: SipBody | null, userAgent: string | null): void {
		const call = this.#call;
		call.accepted();
		const defect = answer === null ? null : call.heard(answer, "answer", userAgent);
		if (defect !== null || (this.#isDelayed && call.peer.reading === null)) {
			if (call.number !== null) this.#ports.agent().hangUp(call.number);
			call.closed(descriptionFailure(defect ?? "unreadable"));
			return;
		}
		call.open();
		this.#ports.moved();
	}

	#ended({ end }: Of<"ended">): void {
		this.#forget();
		const call = this.#call;
		if (end.code === "hungUp" || end.code === "refused") call.left(reasonWords(end));
		// Anybody may begin a call and say nothing more: that is no failure of ours.
		else if (end.code === "timeout" && !call.isAccepted) call.left("it did not acknowledge our answer");
		else call.closed(callFailure(end, this.#peer, "call"));
	}

	/** Nobody finds us any more; a call that is there goes on. */
	#unregistered({ end }: Of<"unregistered">): void {
		if (end !== null && this.#call.number === null)
			this.#call.closed(callFailure(end, this.#ports.order.own, "registration"));
	}

	#refuse(event: Of<"incoming">, status: number, why: string): void {
		this.#told(event, status, why);
		this.#ports.agent().respond(event.call, { status });
	}

	#told({ from }: Of<"incoming">, status: number, why: string): void {
		this.#ports.order.tell?.({ kind: "notTaken", from, status, why });
	}

	#refusePreconditions(number: number, reading: CallReading): void {
		const call = this.#call;
		call.preconditions.refused();
		if (call.number === number) call.log.precondition(call.preconditions.state);
		const origin = { id: this.#ports.order.sessionId, version: 1 };
		const body = sdpBody(refusedDescription(origin, reading, failedPreconditions(reading.preconditions)));
		this.#ports.agent().respond(number, { status: PRECONDITION_FAILURE, body });
	}

	/** Until our end has said more than before the offer, or for as long as that is waited for. */
	#await(): void {
		this.#saidBefore = this.#call.own.news;
		this.#forget = this.#ports.order.time.after(FIRST_CHECKS_MS, () => {
			this.#saidBefore = null;
			this.#answer();
		});
	}
}

function isMandatory(reading: CallReading | null): boolean {
	return (reading?.preconditions.desired ?? []).some(({ strength }) => strength === "mandatory");
}

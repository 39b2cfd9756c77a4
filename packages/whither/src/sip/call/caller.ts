/** The side that places the call. Pure. */
import type { SipEvent } from "../agent/agent-io.ts";
import { callFailure, descriptionFailure, reasonWords } from "./call-failure.ts";
import type { CallSide } from "./call-side.ts";
import type { CallPorts, Conversation } from "./conversation.ts";

type Of<Kind extends SipEvent["kind"]> = Extract<SipEvent, { readonly kind: Kind }>;

/** Calls as soon as the offer can be made. */
export class Caller implements CallSide {
	readonly #ports: CallPorts;
	readonly #call: Conversation;
	readonly #to: string;

	constructor(ports: CallPorts, call: Conversation, to: string) {
		this.#ports = ports;
		this.#call = call;
		this.#to = to;
	}

	begin(): void {
		if (this.#ports.order.register === true) this.#ports.agent().register();
	}

	said(): void {
		const call = this.#call;
		if (call.number !== null) call.said();
		else this.#place();
	}

	#place(): void {
		const call = this.#call;
		const body = call.offer();
		if (body === null) return;
		call.log.begun({ direction: "out", peer: this.#to, userAgent: null, precondition: call.preconditions.state });
		const require = call.preconditions.isWanted ? ["100rel", "precondition"] : [];
		call.number = this.#ports.agent().call(this.#to, { body, require });
	}

	moved(): void {
		this.#call.offerMore();
	}

	event(event: SipEvent): void {
		if (!("call" in event) || event.call !== this.#call.number || this.#call.isOver) return;
		if (event.kind === "progress") this.#progress(event);
		else if (event.kind === "accepted") this.#accepted(event);
		else if (event.kind === "ended") this.#ended(event);
		else if (event.kind === "offerRefused" && this.#isUnheard(event))
			this.#fail({ code: "sipPrecondition", why: "notHeeded" });
		else this.#call.event(event);
	}

	/** The other end refuses to hear what it waits for: it would never ring. */
	#isUnheard({ status }: Of<"offerRefused">): boolean {
		return status >= 300 && this.#call.isTelling && !this.#call.isAccepted;
	}

	leave(reason: string): void {
		const { number, isOver } = this.#call;
		if (number !== null && !isOver) this.#ports.agent().hangUp(number, undefined, reason);
	}

	#progress({ status, answer, reliable, dialog, userAgent }: Of<"progress">): void {
		const call = this.#call;
		call.log.userAgent(userAgent);
		if (status === 180) call.log.rang();
		if (answer !== null && !this.#hear(answer, userAgent)) return;
		if (call.peer.reading === null || !dialog) return;
		if (reliable) call.open();
		// What is not acknowledged by PRACK is so by an INFO (RFC 8840 §4.3.1).
		else if (answer !== null) call.open(true);
	}

	#accepted({ answer, userAgent }: Of<"accepted">): void {
		const call = this.#call;
		call.accepted();
		call.log.userAgent(userAgent);
		call.log.answered(200);
		if (answer !== null && !this.#hear(answer, userAgent)) return;
		const { isWanted, isProved } = call.preconditions;
		if (call.peer.reading === null) this.#fail(descriptionFailure("unreadable"));
		else if (isWanted && !isProved) this.#fail({ code: "sipPrecondition", why: "notHeeded" });
		else call.open();
	}

	/** False: the call cannot be. */
	#hear(answer: NonNullable<Of<"progress">["answer"]>, userAgent: string | null): boolean {
		const call = this.#call;
		const defect = call.heard(answer, "answer", userAgent);
		if (defect !== null) this.#fail(descriptionFailure(defect));
		else if (call.preconditions.isWanted && !call.peer.checks) this.#fail({ code: "sipPrecondition", why: "noIce" });
		return !call.isOver;
	}

	#ended({ end }: Of<"ended">): void {
		const call = this.#call;
		if (end.code === "refused") {
			call.log.answered(end.status);
			if (end.status === 580 || end.status === 420) call.preconditions.refused();
		}
		const isRefusedLate = end.code === "refused" && call.peer.reading !== null;
		if (end.code === "hungUp" || isRefusedLate) call.left(reasonWords(end));
		else call.closed(callFailure(end, this.#to, "call"));
	}

	#fail(failure: Parameters<Conversation["closed"]>[0]): void {
		if (this.#call.number !== null) this.#ports.agent().hangUp(this.#call.number);
		if (failure?.code === "sipPrecondition") this.#call.preconditions.refused();
		this.#call.closed(failure);
	}
}

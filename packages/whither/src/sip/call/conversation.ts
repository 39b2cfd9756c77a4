/** What both sides of a call do alike: descriptions there and back, candidates by INFO, further offers. Pure. */
import { addressFamily, type StunAddress } from "@whither/wire";
import { type MeetMessage, TRACES } from "../../api/meet/signalling/message.ts";
import type { CallProblem, SignallingFailure, SignallingListener } from "../../api/meet/signalling/signalling.ts";
import type { SipBody, SipEvent } from "../agent/agent-io.ts";
import { sdpBody } from "../agent/body.ts";
import type { CallAgent } from "./call-agent.ts";
import { CALL_MEDIA, type CallEnd, callAnswer, callOffer } from "./call-description.ts";
import { CallLog } from "./call-log.ts";
import type { SipSignallingOrder } from "./call-order.ts";
import { CallPreconditions } from "./call-preconditions.ts";
import { type CallReading, readCall } from "./call-reading.ts";
import { OwnEnd } from "./own-end.ts";
import { checksWith, PeerEnd } from "./peer-end.ts";
import { TRICKLE_OPTION, TRICKLE_PACKAGE, Trickling } from "./trickling.ts";

/** What a call is held with. */
export interface CallPorts {
	readonly order: SipSignallingOrder;
	readonly agent: () => CallAgent;
	readonly listener: SignallingListener;
	/** The side's own, whenever something has come further that it may wait for. */
	readonly moved: () => void;
}

/** Not Acceptable Here (RFC 3261 §21.4.26). */
const NOT_ACCEPTABLE = 488;

/**
 * One call, whoever placed it. Deviation: RFC 8839 §4.4.1 has the controlling end offer a selected pair that is not the default;
 * no further offer tells it here, for both ends know it.
 */
export class Conversation {
	readonly own = new OwnEnd();
	readonly peer: PeerEnd;
	readonly preconditions: CallPreconditions;
	readonly log: CallLog;
	readonly trickling: Trickling;
	readonly #ports: CallPorts;
	/** The agent's or our own number of it; null: there is no call. */
	number: number | null = null;
	isAccepted = false;
	/** All checks of our end have failed, and media is to go where the other end says. */
	isUnproved = false;
	isOver = false;
	#isMet = false;
	/** The first exchange is over, and the other end is known to have the dialog. */
	#isOpen = false;
	#isOffering = false;
	/** The offer of ours that is under way says what the other end waits for before it rings. */
	isTelling = false;
	/** An offer of the other end's that waits for what we have to say. */
	#offered: { readonly reading: CallReading; readonly ufrag: string | null } | null = null;
	#version = 0;
	/**
	 * Where an offer wants media without a check. Anybody may send one in another's name, so that it waits until the call stands.
	 */
	#held: MeetMessage | null = null;
	/** What our last description told: how much of what was said, which generation, which address. */
	#told: { readonly news: number; readonly ufrag: string | null; readonly named: StunAddress | null } | null = null;

	constructor(ports: CallPorts) {
		const { order, listener } = ports;
		this.#ports = ports;
		this.peer = new PeerEnd(order.ice === "first-draft" ? "first-draft" : "modern");
		this.preconditions = new CallPreconditions(order.precondition === true);
		this.trickling = new Trickling((body) => this.#inform(body));
		this.log = new CallLog({
			...{ own: order.own, now: order.time.now },
			tell: (call) => this.#tell(() => listener.call?.(call)),
		});
	}

	/** Our offer; null: what it is made of has not been said yet. */
	offer(): SipBody | null {
		const end = this.#end(null);
		if (end === null) return null;
		const text = callOffer({ ...this.#describing(end), preconditions: this.preconditions.lines(false) });
		this.#describedAs(end, CALL_MEDIA.mid);
		return sdpBody(text);
	}

	/** Our answer; null: the same. */
	answer(offer: CallReading): SipBody | null {
		const end = this.#end(offer);
		if (end === null) return null;
		const text = callAnswer(offer, { ...this.#describing(end), preconditions: this.preconditions.lines(true) });
		this.#describedAs(end, offer.stream.mids[0] ?? "");
		return sdpBody(text);
	}

	/** The other end's first description, or a later one. What is wrong with it, if anything. */
	heard(body: SipBody, as: "offer" | "answer", userAgent: string | null): CallProblem | null {
		const reading = readCall(body);
		if (typeof reading === "string") return reading;
		return this.take(reading, as, userAgent) ? null : "noAddress";
	}

	/** The same of one that was read. False: there is nowhere to send to. */
	take(reading: CallReading, as: "offer" | "answer", userAgent: string | null): boolean {
		if (!this.canTake(reading)) return false;
		this.preconditions.heard(reading.preconditions, as);
		this.log.userAgent(userAgent);
		this.log.precondition(this.preconditions.state);
		const { listener } = this.#ports;
		if (!this.#isMet) this.#tell(() => listener.met());
		this.#isMet = true;
		const named = as === "answer" ? (this.#told?.named ?? null) : null;
		// What it said before holds no longer.
		this.#held = null;
		for (const message of this.peer.describe(reading, userAgent, named)) {
			const isUnproved = as === "offer" && !this.isAccepted && message.type === "destination";
			if (isUnproved) this.#held = message;
			else this.#tell(() => listener.message(message));
		}
		return true;
	}

	/** The call stands: ACK, or a 2xx, has come from whom our answers reach. */
	accepted(): void {
		this.isAccepted = true;
		const held = this.#held;
		this.#held = null;
		const { listener } = this.#ports;
		this.#tell(() => listener.stands?.());
		if (held !== null) this.#tell(() => listener.message(held));
	}

	/** Nobody waits for checks, or those there are have come to nothing and nobody wants the precondition. */
	get isUnchecked(): boolean {
		return !this.peer.checks || (this.isUnproved && !this.preconditions.isWanted);
	}

	/** Whether there is something to send to: checks, or an address. */
	canTake(reading: CallReading): boolean {
		return checksWith(this.peer.ice, reading) || reading.destination !== null;
	}

	/** Offers and INFO may be sent from now on. `asks`: the other end is waiting for an INFO before it does (RFC 8840 §4.3.1). */
	open(asks = false): void {
		this.#isOpen ||= !asks;
		if (this.peer.reading?.trickles === true && this.#trickles) this.trickling.open();
		this.trickling.flush(this.#side(), asks);
		this.offerMore();
	}

	/** Our end has said more. */
	said(): void {
		this.trickling.flush(this.#side());
		this.#answerOffered();
		this.offerMore();
	}

	/**
	 * Offers what has not been told, where that matters: alternatives, other credentials, a precondition that is met.
	 *
	 * Deviation: a selected pair that is not the default is told by no offer (RFC 8839 §4.4.1); both ends know it.
	 */
	offerMore(): void {
		if (!this.#isOpen || this.#isOffering || this.#offered !== null || this.isOver || !this.#hasMore) return;
		const isTelling = this.preconditions.isToBeTold && !this.isAccepted;
		const body = this.offer();
		if (body === null || this.number === null) return;
		this.#isOffering = true;
		this.isTelling = isTelling;
		// Such a word is of no use later.
		this.#ports.agent().offer(this.number, body, ...(isTelling ? ["UPDATE" as const] : []));
	}

	/** What happens within a call, whoever placed it. */
	event(event: SipEvent): void {
		switch (event.kind) {
			case "offer":
				this.#offeredBy(event.body);
				break;
			case "answer":
				this.#isOffering = false;
				this.#answered(event.body);
				break;
			case "offerRefused":
				this.#isOffering = false;
				break;
			case "info":
				this.#informed(event.package, event.body);
				break;
		}
		this.log.precondition(this.preconditions.state);
		this.#ports.moved();
	}

	/** Nothing more will come; null: in order. */
	closed(failure: SignallingFailure | null): void {
		if (this.isOver) return;
		this.isOver = true;
		this.log.precondition(this.preconditions.state);
		const { listener } = this.#ports;
		this.#tell(() => listener.closed(failure));
	}

	/** The other end goes, or has gone. */
	left(why: string): void {
		const { listener } = this.#ports;
		this.#tell(() => listener.message({ type: "bye", why }));
		this.closed(null);
	}

	get #trickles(): boolean {
		return this.#ports.order.ice === "trickle";
	}

	#side() {
		return this.own.side((option) => option === TRICKLE_OPTION && !this.#trickles);
	}

	/** What is to be said of where we are; null: it is not known yet. */
	#end(offer: CallReading | null): CallEnd | null {
		const isChecked = offer === null || checksWith(this.peer.ice, offer);
		if (!isChecked) return this.#plainEnd(offer);
		if (this.peer.ice === "first-draft") {
			const { alternatives: told } = this.own;
			if (told === null) return null;
			const { destination, rtcp, alternatives, traces } = told;
			return { kind: "first-draft", destination, rtcp, alternatives, options: traces ? [TRACES] : [] };
		}
		const side = this.#side();
		return side === null || !(this.own.isComplete || this.#isEarly(offer)) ? null : { kind: "modern", side };
	}

	/**
	 * Candidates may come later.
	 *
	 * Deviation: whether the other end trickles is asked by no OPTIONS (RFC 8840 §5); an offer to a stranger has them all.
	 */
	#isEarly(offer: CallReading | null): boolean {
		if (!this.#trickles) return false;
		const isKnown = this.#ports.order.peerTrickles === true || this.peer.reading?.trickles === true;
		return offer === null ? isKnown : offer.trickles && (offer.stream.mids[0] ?? null) !== null;
	}

	#plainEnd({ destination: theirs, isMismatch }: CallReading): CallEnd | null {
		if (this.peer.ice === "modern" && !this.own.isComplete) return null;
		const destination = this.own.likely(theirs === null ? null : addressFamily(theirs.address));
		return destination === null ? null : { kind: "none", destination, isMismatch };
	}

	#describing(end: CallEnd) {
		this.#version++;
		return { origin: { id: this.#ports.order.sessionId, version: this.#version }, end };
	}

	#describedAs(end: CallEnd, mid: string): void {
		if (end.kind === "modern") this.trickling.described(end.side, mid);
		this.#told = {
			...{ news: this.own.news, ufrag: this.own.description?.ufrag ?? null },
			named: end.kind === "modern" ? this.own.likely(null) : end.destination,
		};
	}

	get #hasMore(): boolean {
		if (this.#told === null) return false;
		if (this.preconditions.isToBeTold) return true;
		if (!this.peer.checks) return false;
		const { news, ufrag } = this.#told;
		return this.peer.ice === "first-draft" ? this.own.news > news : this.own.description?.ufrag !== ufrag;
	}

	#offeredBy(body: SipBody): void {
		const ufrag = this.peer.reading?.stream.peer?.ufrag ?? null;
		const reading = readCall(body);
		if (typeof reading === "string" || !this.take(reading, "offer", null)) {
			if (this.number !== null) this.#ports.agent().refuse(this.number, NOT_ACCEPTABLE);
			return;
		}
		const { ice, checks } = this.peer;
		const isRestart = ice === "modern" && checks && ufrag !== null && reading.stream.peer?.ufrag !== ufrag;
		// Our own new credentials come of what we have just told.
		this.#offered = { reading, ufrag: isRestart ? (this.own.description?.ufrag ?? null) : null };
		this.#answerOffered();
	}

	#answerOffered(): void {
		if (this.#offered === null || this.number === null) return;
		const { reading, ufrag } = this.#offered;
		if (ufrag !== null && this.own.description?.ufrag === ufrag) return;
		const body = this.answer(reading);
		if (body === null) return;
		this.#offered = null;
		this.#ports.agent().answer(this.number, body);
	}

	#answered(body: SipBody): void {
		// One that is of no use leaves all as it was.
		this.heard(body, "answer", null);
		this.offerMore();
	}

	#inform(body: SipBody): void {
		if (this.number !== null && !this.isOver) this.#ports.agent().info(this.number, TRICKLE_PACKAGE, body);
	}

	#informed(packageName: string, body: SipBody): void {
		if (packageName !== TRICKLE_PACKAGE) return;
		const { listener } = this.#ports;
		for (const message of this.peer.trickle(body)) this.#tell(() => listener.message(message));
		// Who sends one has the dialog, whether or not our provisional answer was acknowledged.
		if (this.peer.reading?.trickles === true && this.#trickles) this.trickling.open();
		this.trickling.flush(this.#side());
	}

	/** Not from within our own reading: what a listener says in return comes after it. */
	#tell(call: () => void): void {
		queueMicrotask(call);
	}
}

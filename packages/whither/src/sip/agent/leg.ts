import type { Instant } from "@whither/core";
import { type Dialog, wayWithin } from "../dialogs/dialog.ts";
import { formatSip } from "../message/format.ts";
import type { SipHeader } from "../message/message.ts";
import type { RequestEnvelope, ResponseEnvelope } from "../transactions/envelope.ts";
import { NEVER } from "../transactions/timers.ts";
import type { SipHop } from "../transport/hop.ts";
import type { Acceptance } from "./acceptance.ts";
import type { SipBody, SipEnd } from "./agent-io.ts";
import { Asking } from "./asking.ts";
import { bodyParts } from "./body.ts";
import { Infos } from "./infos.ts";
import { header, makeRequest } from "./made.ts";
import { Offers } from "./offers.ts";
import type { Call, Parts } from "./parts.ts";
import { PeerAbilities } from "./peer-abilities.ts";
import type { ReliableAnswers } from "./reliable-answers.ts";

/** Requests that wait for the one before them; ours. */
const MOST_WAITING = 64;

/** A request within a dialog. */
export interface Within {
	readonly method: string;
	readonly headers?: readonly SipHeader[];
	readonly body?: SipBody;
	/** Provisional ones too. */
	response(response: ResponseEnvelope, asking: Asking, now: Instant): void;
	/** No answer came, and the call ends by that; or a challenge could not be met. */
	failed?(end: SipEnd, now: Instant): void;
}

/** One dialog in use: what is asked within it, and what it agrees on. */
export class Leg {
	readonly call: Call;
	readonly parts: Parts;
	readonly peer = new PeerAbilities();
	readonly offers: Offers;
	readonly infos: Infos;
	dialog: Dialog;
	state: "early" | "confirmed" | "ended" = "early";
	/** RSeq of the last reliable answer that we have heard, and the INVITE that it is to. */
	heard: { readonly rseq: number; readonly seq: number } | null = null;
	/** Our own reliable answers, of a call that came in. */
	reliable: ReliableAnswers | null = null;
	/** Our last 2xx to an INVITE of theirs. */
	acceptance: Acceptance | null = null;
	/** What is to come of it as soon as ACK has come. */
	#byeReason: SipHeader | null | undefined;
	readonly #waiting: Within[] = [];
	/** What no answer at all has been heard to yet. */
	#asked: Within | null = null;
	#ack: { readonly seq: number; bytes: Uint8Array; hop: SipHop } | null = null;

	constructor(parts: Parts, call: Call, dialog: Dialog) {
		this.parts = parts;
		this.call = call;
		this.dialog = dialog;
		this.offers = new Offers(this);
		this.infos = new Infos(this);
		parts.calls.addLeg(this);
	}

	get dueAt(): Instant {
		return Math.min(this.acceptance?.dueAt ?? NEVER, this.offers.dueAt);
	}

	tick(now: Instant): void {
		this.acceptance?.tick(now);
		this.offers.tick(now);
	}

	/**
	 * Asks within the dialog, one after the other: a request that overtakes the one before it would have that refused
	 * (RFC 3261 §12.2.2).
	 */
	ask(within: Within, now: Instant): void {
		if (this.state === "ended" || this.#waiting.length >= MOST_WAITING) {
			this.parts.outlet.ignore("noDialog");
			return;
		}
		this.#waiting.push(within);
		this.#askNext(now);
	}

	/** Acknowledges a 2xx (§13.2.2.4), and again when that comes again. */
	acknowledge(seq: number, credentials: readonly SipHeader[], now: Instant): void {
		if (this.#ack?.seq === seq) {
			this.parts.outlet.send(this.#ack.bytes, this.#ack.hop);
			return;
		}
		const way = wayWithin(this.dialog);
		const { locator, places, outlet } = this.parts;
		const send = (hops: readonly SipHop[]) => {
			const mayTake = (each: SipHop) => !this.dialog.isSecure || each.transport === "tls";
			const hop = hops.find((each) => mayTake(each) && places.localFor(each) !== null);
			const local = hop === undefined ? null : places.localFor(hop);
			if (hop === undefined || local === null) return;
			const { local: from, remote: to, callId } = this.dialog;
			const headers = [places.via(local, places.branch()), ...way.headers, ...credentials];
			const ack = makeRequest({ method: "ACK", uri: way.requestUri, from, to, callId, seq, headers });
			this.#ack = { seq, bytes: formatSip(ack), hop };
			outlet.send(this.#ack.bytes, hop);
		};
		locator.find(way.nextHop, send, now);
	}

	/** ACK of a 2xx of ours. */
	acknowledged(ack: RequestEnvelope, now: Instant): void {
		this.acceptance?.acknowledge(ack, now);
		if (this.#byeReason !== undefined && this.acceptance?.isWaiting !== true) this.#sayBye(this.#byeReason, now);
	}

	/** Ends the dialog by BYE; where ours was the 2xx, not before its ACK has come (§15). */
	bye(reason: SipHeader | null, now: Instant): void {
		if (this.state === "ended") return;
		this.state = "ended";
		this.#waiting.length = 0;
		this.offers.end(now);
		if (this.acceptance?.isWaiting === true) this.#byeReason = reason;
		else this.#sayBye(reason, now);
	}

	/** No ACK has come in time: BYE all the same (§13.3.1.4). */
	unacknowledged(now: Instant): void {
		const isNew = this.state !== "ended";
		this.state = "ended";
		this.#sayBye(this.#byeReason ?? null, now);
		if (isNew) this.call.end({ code: "timeout" });
	}

	/** Ends it without a word but to what waits for one. */
	drop(now: Instant): void {
		this.state = "ended";
		this.#waiting.length = 0;
		this.offers.end(now);
		this.parts.calls.dropLeg(this);
	}

	/** The other end knows nothing of it any more, or does not answer (§12.2.1.2). */
	#lost({ method }: Within, end: SipEnd, now: Instant): void {
		if (this.state === "ended") return;
		// A fork may have lost before we hear of the one that wins.
		const isFork = this.call.leg !== this || (method === "PRACK" && end.code === "protocol");
		if (this.state === "early" && this.call.role === "caller" && isFork) {
			this.call.left(this, end, now);
			return;
		}
		this.call.end(end);
		this.call.hangUp({}, now);
	}

	#sayBye(reason: SipHeader | null, now: Instant): void {
		this.#byeReason = undefined;
		const over = () => this.parts.calls.dropLeg(this);
		const headers = reason === null ? [] : [reason];
		const response = (response: ResponseEnvelope) => {
			if (response.message.status >= 200) over();
		};
		this.#start({ method: "BYE", headers, response, failed: over }, now);
	}

	#askNext(now: Instant): void {
		const [next] = this.#waiting;
		if (this.#asked !== null || next === undefined) return;
		this.#waiting.shift();
		this.#asked = next;
		this.#start(next, now);
	}

	#start(within: Within, now: Instant): void {
		const { requestUri, nextHop, headers } = wayWithin(this.dialog);
		const asking: Asking = new Asking(
			this.parts,
			{
				method: within.method,
				nextHop,
				isSecure: this.dialog.isSecure,
				make: ({ contact, credentials }) => this.#make(within, requestUri, headers, contact, credentials),
				response: (response, _request, at) => this.#heard(within, response, asking, at),
				failed: (end, at) => this.#unheard(within, end, at),
			},
			now,
		);
	}

	#make(
		{ method, headers = [], body }: Within,
		uri: string,
		route: readonly SipHeader[],
		contact: string,
		credentials: readonly SipHeader[],
	) {
		const seq = this.dialog.localSeq + 1;
		this.dialog = { ...this.dialog, localSeq: seq };
		const { local: from, remote: to, callId } = this.dialog;
		const isSession = method === "INVITE" || method === "UPDATE";
		const about = isSession ? [header("Contact", `<${contact}>`), ...this.parts.abilities] : [];
		const parts = bodyParts(body);
		const fields = [...route, ...credentials, ...about, ...headers, ...parts.headers];
		return makeRequest({ method, uri, from, to, callId, seq, headers: fields, body: parts.body });
	}

	#heard(within: Within, response: ResponseEnvelope, asking: Asking, now: Instant): void {
		const { status } = response.message;
		within.response(response, asking, now);
		if (within.method !== "BYE" && (status === 408 || status === 481))
			this.#lost(within, { code: "protocol", why: `${within.method} ${status}` }, now);
		this.#goOn(within, now);
	}

	#unheard(within: Within, end: SipEnd, now: Instant): void {
		within.failed?.(end, now);
		if (within.method !== "BYE" && end.code !== "unauthorized") this.#lost(within, end, now);
		this.#goOn(within, now);
	}

	#goOn(within: Within, now: Instant): void {
		if (this.#asked !== within) return;
		this.#asked = null;
		this.#askNext(now);
	}
}

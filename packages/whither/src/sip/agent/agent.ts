import type { Deadline, Instant, Machine } from "@whither/core";
import { parseSip } from "../message/parse.ts";
import { isRequest, isResponse, type RequestEnvelope, readEnvelope } from "../transactions/envelope.ts";
import { GIVEN_UP_AFTER, NEVER } from "../transactions/timers.ts";
import { Transactions } from "../transactions/transactions.ts";
import type { SipHop } from "../transport/hop.ts";
import { abilitiesOf } from "./abilities.ts";
import type { SipAgentConfig, SipAgentInput, SipAgentOutput } from "./agent-io.ts";
import { authentication } from "./callers.ts";
import { Calls } from "./calls.ts";
import { meetChallenges } from "./challenges.ts";
import { Drawn } from "./drawn.ts";
import { Locator } from "./locator.ts";
import { Outlet } from "./outlet.ts";
import { obey } from "./owner.ts";
import type { Parts } from "./parts.ts";
import { Places } from "./places.ts";
import { Registration } from "./registration.ts";
import { Replies } from "./replies.ts";
import { hearCancel, hearMalformed, hearStranger } from "./strangers.ts";
import { hearWithin } from "./within.ts";

/** A SIP user agent (RFC 3261): calls in and out, offers within them, and a registration. */
export class SipAgent implements Machine<SipAgentInput, SipAgentOutput> {
	readonly #parts: Parts;
	readonly #registration: Registration;
	/** Until when what is under way may take, once it is to close. */
	#closesAt: Instant = NEVER;
	#isClosed = false;

	constructor(config: SipAgentConfig) {
		const [outlet, drawn] = [new Outlet(), new Drawn(config.secret)];
		this.#parts = {
			config,
			outlet,
			drawn,
			transactions: new Transactions(outlet.send),
			locator: new Locator(outlet),
			places: new Places(config, drawn),
			replies: new Replies(config.product, outlet, drawn),
			calls: new Calls(),
			abilities: abilitiesOf(config),
			challenges: (asked, response, shown) => meetChallenges(config.account, drawn, asked, response, shown),
			authenticate: authentication(config),
		};
		this.#registration = new Registration(this.#parts);
	}

	get deadline(): Deadline | null {
		const { transactions, locator, calls } = this.#parts;
		if (this.#isClosed) return null;
		const at = Math.min(transactions.dueAt, locator.dueAt, calls.dueAt, this.#registration.dueAt, this.#closesAt);
		return at === NEVER ? null : { at, why: "sip" };
	}

	step(input: SipAgentInput, now: Instant): readonly SipAgentOutput[] {
		const { outlet, locator } = this.#parts;
		if (this.#isClosed) outlet.ignore("closed");
		else {
			if (input.type === "received") this.#received(input.bytes, input.from, now);
			else if (input.type === "transportFailed") this.#transportFailed(input.to, input.why, now);
			else if (input.type === "located") locator.located(input.key, input.hops, now);
			else if (input.type === "close") this.#close(now);
			else if (input.type === "register") this.#registration.register(input.expiresSeconds, now);
			else if (input.type === "unregister") this.#registration.unregister(now);
			else if (input.type !== "timer") obey(this.#parts, input, now);
			this.#tick(now);
		}
		return outlet.take();
	}

	#transportFailed(to: SipHop, why: string, now: Instant): void {
		this.#parts.transactions.transportFailed(to, why, now);
		this.#registration.transportFailed(to, now);
	}

	#received(bytes: Uint8Array, from: SipHop, now: Instant): void {
		const message = parseSip(bytes);
		if (message.kind === "error") {
			hearMalformed(this.#parts, message, from, now);
			return;
		}
		const envelope = readEnvelope(message);
		if (envelope === null) this.#parts.outlet.ignore("malformed");
		else if (isResponse(envelope)) {
			if (!this.#parts.transactions.response(envelope, now)) this.#parts.outlet.ignore("strayResponse");
		} else if (isRequest(envelope)) this.#request(envelope, from, now);
	}

	#request(request: RequestEnvelope, from: SipHop, now: Instant): void {
		const { transactions, calls, replies } = this.#parts;
		const heard = transactions.request(request, from, (hop) => replies.allows(hop, now), now);
		if (heard.kind === "absorbed") return;
		if (heard.kind === "foreign") {
			this.#parts.outlet.ignore("foreignRepeat");
			return;
		}
		if (heard.kind === "merged") {
			replies.once(request.message, from, { status: 482 }, now);
			return;
		}
		if (request.message.method === "CANCEL") {
			hearCancel(this.#parts, request, from, now);
			return;
		}
		const leg = request.toTag === null ? null : calls.legOf(request);
		if (leg !== null) hearWithin(leg, request, from, now);
		else if (request.toTag === null) hearStranger(this.#parts, request, from, now);
		else if (request.message.method === "ACK") this.#parts.outlet.ignore("strayAck");
		else replies.once(request.message, from, { status: 481 }, now);
	}

	#tick(now: Instant): void {
		const { transactions, locator, calls } = this.#parts;
		transactions.tick(now);
		locator.tick(now);
		calls.tick(now);
		this.#registration.tick(now);
		const isQuiet = !this.#registration.isOpen && transactions.waiting + locator.waiting + calls.legCount === 0;
		if (this.#closesAt === NEVER || (!isQuiet && now < this.#closesAt)) return;
		this.#isClosed = true;
		this.#parts.outlet.tell({ kind: "closed" });
	}

	#close(now: Instant): void {
		if (this.#closesAt !== NEVER) return;
		this.#closesAt = now + GIVEN_UP_AFTER;
		if (this.#registration.isOpen) this.#registration.unregister(now);
		for (const call of this.#parts.calls.all) call.hangUp({ status: 480 }, now);
	}
}

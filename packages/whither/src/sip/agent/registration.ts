import { type Instant, SECOND } from "@whither/core";
import { parseWhole } from "../message/grammar.ts";
import { sipHeader, sipValues } from "../message/headers.ts";
import type { SipHeader, SipRequest } from "../message/message.ts";
import { parseSipNameAddress } from "../message/name-address.ts";
import { sipParameter } from "../message/parameters.ts";
import { formatSipUri, parseSipUri } from "../message/uri.ts";
import { equalUris } from "../message/uri-equality.ts";
import type { ResponseEnvelope } from "../transactions/envelope.ts";
import { NEVER } from "../transactions/timers.ts";
import { isSamePlace, type SipHop } from "../transport/hop.ts";
import type { SipEnd } from "./agent-io.ts";
import { Asking, type MakingFacts } from "./asking.ts";
import { oneLine } from "./body.ts";
import { header, makeRequest } from "./made.ts";
import type { Parts } from "./parts.ts";
import { nameAddress, type PublicAddress } from "./places.ts";
import { outboundRoute } from "./routes.ts";

/** Asked for where the owner does not say. */
const USUAL_SECONDS = 3600;
/** What a registrar may ask for at least; beyond it is no registration that we want. */
const LONGEST_SECONDS = 86_400;
/** A registration that has been lost is tried again after this, and the double each time up to the last; ours. */
const FIRST_RETRY = 30 * SECOND;
const LAST_RETRY = 600 * SECOND;
/** A registrar that grants less is asked no more often than this; ours. */
const SOONEST_REFRESH_SECONDS = 15;

/**
 * Our registration (RFC 3261 §10.2): kept up until it is not wanted.
 *
 * Deviation: behind a NAT its Contact is the address that the registrar sees, which whoever has the sockets keeps open,
 * instead of RFC 5626's flows and STUN: any registrar knows what to do with that.
 */
export class Registration {
	readonly #parts: Parts;
	readonly #registrar: string;
	readonly #callId: string;
	readonly #tag: string;
	#seq = 0;
	/** Seconds to ask for; null: nothing is wanted. */
	#wanted: number | null = null;
	#isRegistered = false;
	/** Whether there was one since it has been wanted. */
	#isKept = false;
	#isAsking = false;
	#askedAgain = false;
	#refreshAt: Instant = NEVER;
	#retry = FIRST_RETRY;
	/** The way to the registrar that granted the last one. */
	#hop: SipHop | null = null;
	/** The Contact that was sent last, and one before it that is not to stay. */
	#contact: string | null = null;
	#stale: string | null = null;

	constructor(parts: Parts) {
		this.#parts = parts;
		this.#registrar = registrarOf(parts.config.account.address);
		this.#callId = parts.drawn.next();
		this.#tag = parts.drawn.next();
	}

	get #isSecure(): boolean {
		return this.#registrar.startsWith("sips:");
	}

	get dueAt(): Instant {
		return this.#refreshAt;
	}

	/** Whether something is registered, or may be. */
	get isOpen(): boolean {
		return this.#isRegistered || this.#isAsking;
	}

	register(expiresSeconds: number | undefined, now: Instant): void {
		const seconds = Math.floor(expiresSeconds ?? USUAL_SECONDS) || USUAL_SECONDS;
		this.#wanted = Math.min(Math.max(seconds, 1), LONGEST_SECONDS);
		this.#askedAgain = false;
		this.#ask(now);
	}

	/** `unregistered` follows. */
	unregister(now: Instant): void {
		this.#wanted = null;
		this.#refreshAt = NEVER;
		if (this.#isRegistered) this.#ask(now);
		else if (!this.#isAsking) this.#over(null);
	}

	/** Where the registrar is not reached any more it may not reach us either: the registration is renewed before its time. */
	transportFailed(to: SipHop, now: Instant): void {
		const isOfIt = this.#isRegistered && !this.#isAsking && this.#hop !== null && isSamePlace(this.#hop, to);
		if (isOfIt) this.#refreshAt = Math.min(this.#refreshAt, now + this.#retry);
	}

	tick(now: Instant): void {
		if (now < this.#refreshAt) return;
		this.#refreshAt = NEVER;
		this.#askedAgain = false;
		this.#ask(now);
	}

	#ask(now: Instant): void {
		if (this.#isAsking) return;
		this.#isAsking = true;
		const way = outboundRoute(this.#parts.config.account, this.#registrar);
		const expires = this.#wanted ?? 0;
		const asking: Asking = new Asking(
			this.#parts,
			{
				method: "REGISTER",
				nextHop: way.nextHop,
				isSecure: this.#isSecure,
				learnsPlace: true,
				make: (facts) => this.#make(way.headers, expires, facts),
				response: (response, _request, at) => this.#hear(response, expires, asking, at),
				failed: (end, at) => this.#failed(end, at),
			},
			now,
		);
	}

	#make(route: readonly SipHeader[], expires: number, { contact, credentials }: MakingFacts): SipRequest {
		const { account, product } = this.#parts.config;
		const stale =
			this.#stale === null || this.#stale === contact ? [] : [header("Contact", `<${this.#stale}>;expires=0`)];
		this.#contact = contact;
		const headers = [
			...route,
			header("Contact", `<${contact}>;expires=${expires}`),
			...stale,
			header("Expires", `${expires}`),
			header("User-Agent", oneLine(product)),
			...this.#parts.abilities,
			...credentials,
		];
		const from = nameAddress(account.address, account.displayName, this.#tag);
		const [to, callId, seq] = [nameAddress(account.address, undefined, null), this.#callId, ++this.#seq];
		return makeRequest({ method: "REGISTER", uri: this.#registrar, from, to, callId, seq, headers });
	}

	#hear(response: ResponseEnvelope, expires: number, asking: Asking, now: Instant): void {
		const { message } = response;
		const { status } = message;
		if (status < 200) return;
		this.#isAsking = false;
		this.#stale = null;
		if (status < 300) this.#granted(response, expires, asking, now);
		else if (status === 423 && this.#askLonger(message, now)) return;
		else this.#failed({ code: "refused", status, reason: message.reason, body: null }, now);
	}

	/** As long as the registrar wants at least (RFC 3261 §10.2.8). */
	#askLonger(message: ResponseEnvelope["message"], now: Instant): boolean {
		const least = parseWhole(sipHeader(message, "Min-Expires") ?? "", LONGEST_SECONDS);
		if (least === null || this.#wanted === null || this.#askedAgain) return false;
		this.#askedAgain = true;
		this.#wanted = Math.max(least, this.#wanted);
		this.#ask(now);
		return true;
	}

	#granted(response: ResponseEnvelope, expires: number, asking: Asking, now: Instant): void {
		if (this.#wanted === null && expires > 0) {
			this.#isRegistered = true;
			this.#ask(now);
		} else if (expires === 0) this.#gone(now);
		else this.#registered(response, expires, asking, now);
	}

	#registered({ message }: ResponseEnvelope, expires: number, asking: Asking, now: Instant): void {
		const { way } = asking;
		const contact = this.#contact;
		if (way === null || contact === null) return;
		const granted = grantedSeconds(message, contact, expires);
		if (granted === 0) {
			this.#failed({ code: "protocol", why: "registered for no time at all" }, now);
			return;
		}
		this.#isRegistered = true;
		this.#hop = way.hop;
		this.#isKept = true;
		this.#retry = FIRST_RETRY;
		this.#refreshAt = now + refreshAfter(granted);
		const { local, seenAs } = way;
		const isNew = this.#parts.places.contactUri(local, this.#isSecure) !== contact;
		if (isNew && !this.#askedAgain) this.#replace(contact, now);
		else this.#tellRegistered(granted, seenAs);
	}

	/** What was registered is an address behind a NAT: the one in front of it takes its place. */
	#replace(contact: string, now: Instant): void {
		this.#askedAgain = true;
		this.#stale = contact;
		this.#ask(now);
	}

	#tellRegistered(expiresSeconds: number, seen: PublicAddress | null): void {
		const publicAddress = seen === null ? null : { address: seen.address, port: seen.port };
		this.#parts.outlet.tell({ kind: "registered", expiresSeconds, publicAddress });
	}

	/** Nothing is registered any more; maybe something is wanted by now. */
	#gone(now: Instant): void {
		if (this.#wanted === null) this.#over(null);
		else this.#ask(now);
	}

	#over(end: SipEnd | null): void {
		this.#isRegistered = false;
		this.#isKept = false;
		this.#parts.outlet.tell({ kind: "unregistered", end });
	}

	/** What may pass is tried again, where there was a registration before. */
	#failed(end: SipEnd, now: Instant): void {
		this.#isAsking = false;
		const mayPass = end.code === "timeout" || end.code === "transport" || (end.code === "refused" && end.status >= 500);
		if (this.#wanted === null || !mayPass || !this.#isKept) {
			this.#wanted = null;
			this.#refreshAt = NEVER;
			this.#over(end);
			return;
		}
		this.#refreshAt = now + this.#retry;
		this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
		if (this.#isRegistered) this.#parts.outlet.tell({ kind: "unregistered", end });
		this.#isRegistered = false;
	}
}

/** The registrar's URI: the address without its user (RFC 3261 §10.2). */
function registrarOf(address: string): string {
	const uri = parseSipUri(address);
	return uri === null ? address : formatSipUri({ ...uri, user: null, password: null, headers: [] });
}

/** What the registrar gave: by our Contact, however it writes that, else for all (RFC 3261 §10.2.4). */
function grantedSeconds(message: ResponseEnvelope["message"], contact: string, asked: number): number {
	const contacts = sipValues(message, "Contact").flatMap((value) => parseSipNameAddress(value) ?? []);
	const own = contacts.find(({ uri }) => equalUris(uri, contact));
	const text = sipParameter(own?.parameters ?? [], "expires") ?? sipHeader(message, "Expires") ?? "";
	return parseWhole(text, LONGEST_SECONDS) ?? asked;
}

/** Long enough before the end that a request may be lost for half a minute. */
function refreshAfter(seconds: number): Instant {
	return (seconds > 120 ? seconds - 60 : Math.max(seconds / 2, SOONEST_REFRESH_SECONDS)) * SECOND;
}

import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	NO_NETWORK_STATUS,
	type StunAddress,
	type StunItem,
	type StunMessage,
	trailingAttributeOf,
	verifyFingerprint,
} from "@whither/wire";
import { AnswerCap } from "../answer-cap.ts";
import type { Deadline, Instant, Machine } from "../machine.ts";
import { AskedAddresses } from "./asked-addresses.ts";
import { ResponseCounts } from "./response-counts.ts";
import {
	STUN_SERVER_LIMITS,
	type StunServerConfig,
	type StunServerIgnoreReason,
	type StunServerInput,
	type StunServerOutput,
} from "./server-io.ts";
import { authenticate, type Refusal, refuseAttributes } from "./server-request.ts";
import { ServerSockets } from "./server-sockets.ts";

/**
 * Answers Binding requests (RFC 8489 §6.3.1), those of behaviour discovery (RFC 5780) where its sockets allow it, and if
 * wanted those of RFC 3489. No answer is longer than it must be, and each source gets so many and no more.
 */
export class StunServer implements Machine<StunServerInput, StunServerOutput> {
	/** It never waits for anything. */
	readonly deadline: Deadline | null = null;
	readonly #config: StunServerConfig;
	readonly #sockets: ServerSockets;
	readonly #cap: AnswerCap;
	readonly #counts = new ResponseCounts();
	readonly #asked = new AskedAddresses();

	constructor(config: StunServerConfig) {
		this.#config = config;
		this.#sockets = new ServerSockets(config.sockets);
		this.#cap = config.cap ?? new AnswerCap(config.limits ?? STUN_SERVER_LIMITS);
	}

	step(input: StunServerInput, now: Instant): readonly StunServerOutput[] {
		const message = decodeStun(input.bytes);
		if (isDecodeError(message)) return ignored("notStun");
		const reason = this.#uninteresting(message);
		if (reason !== null) return ignored(reason);
		if (!this.#cap.allows(input.from.address, now)) return ignored("tooMany");
		return [this.#answer(message, input, now)];
	}

	#uninteresting(message: StunMessage): StunServerIgnoreReason | null {
		if (message.classic && this.#config.classic !== true) return "classic";
		if (message.class !== "request") return "notARequest";
		if (message.method !== "binding") return "otherMethod";
		return isMarked(message) && !verifyFingerprint(message) ? "badFingerprint" : null;
	}

	#answer(message: StunMessage, input: StunServerInput, now: Instant): StunServerOutput {
		const signer = authenticate(message, this.#config.credentials);
		if ("code" in signer) return refuse(message, input, signer, null);
		const datagram = input.transport !== "stream";
		const refusal = refuseAttributes(message, datagram && this.#sockets.otherOf(input.local) !== null);
		if (refusal !== null) return refuse(message, input, refusal, signer.sign);
		const change = attributeOf(message, "changeRequest") ?? { ip: false, port: false };
		const to = datagram ? answerTo(message, input.from) : input.from;
		const local = this.#sockets.changed(input.local, change);
		// Padding is not to be sent to a port that did not ask for it (RFC 5780 §7.6).
		const padded = attributeOf(message, "padding") !== undefined && to !== input.from;
		if (to === null || local === null || padded) return refuse(message, input, MALFORMED, signer.sign);
		const other = datagram ? this.#otherFor(input, now) : null;
		return this.#success(message, input, { to, local, other, sign: signer.sign });
	}

	/**
	 * What OTHER-ADDRESS tells; null: nothing. Deviation: a source that has begun at our other address knows both, and is
	 * not told again (RFC 5780 §7.4 tells always): clients that go by the last they heard would turn back to the first.
	 */
	#otherFor({ from, local }: StunServerInput, now: Instant): StunAddress | null {
		const [own, other] = [this.#sockets.addressOf(local), this.#sockets.otherOf(local)];
		if (own === null || other === null) return null;
		return this.#asked.continuesElsewhere(from.address, own.address, now) ? null : other;
	}

	#success(message: StunMessage, input: StunServerInput, way: Way): StunServerOutput {
		const attributes = message.classic ? this.#classicItems(input, way) : this.#items(message, input, way);
		const fields = { method: message.method, transactionId: message.transactionId, attributes };
		return { type: "send", bytes: encodeStun({ class: "success", ...fields }), to: way.to, local: way.local };
	}

	#items(message: StunMessage, { from, local }: StunServerInput, way: Way): readonly StunItem[] {
		const mapped = { address: withoutMapping(from.address), port: from.port };
		const items: StunItem[] = [{ name: "xorMappedAddress", value: mapped }];
		const discovers = this.#sockets.otherOf(local) !== null;
		const origin = discovers ? this.#sockets.addressOf(way.local) : null;
		// RFC 5780 §6.1 asks for the plain one as well: whoever rewrites addresses in packets is found out by it.
		if (discovers) items.push({ name: "mappedAddress", value: mapped });
		if (way.other !== null) items.push({ name: "otherAddress", value: way.other });
		if (origin !== null) items.push({ name: "responseOrigin", value: origin });
		items.push(...this.#echoes(message, from));
		const status = trailingAttributeOf(message, "networkStatus");
		if (status !== undefined) items.push({ name: "networkStatus", value: status });
		const ending: StunItem[] = [...(way.sign === null ? [] : [way.sign])];
		// For routers on the way back to write into.
		if (status !== undefined) ending.push({ name: "networkStatus", value: NO_NETWORK_STATUS });
		if (isMarked(message)) ending.push({ name: "fingerprint" });
		return [...items, ...paddingItems(message, [...items, ...ending]), ...ending];
	}

	/** What comes back as it was said: the TTL of a probe, and how often the request was sent (RFC 7982 §3.3). */
	#echoes(message: StunMessage, { address, port }: StunAddress): readonly StunItem[] {
		const items: StunItem[] = [];
		const probe = attributeOf(message, "pathNodeProbe");
		if (probe !== undefined) items.push({ name: "pathNodeProbe", value: probe });
		const counter = attributeOf(message, "transactionTransmitCounter");
		if (counter === undefined) return items;
		const response = this.#counts.next(`${address} ${port}`, message.transactionId);
		items.push({ name: "transactionTransmitCounter", value: { request: counter.request, response } });
		return items;
	}

	/** RFC 3489 §8.1: all three, whatever stands; a server without a second address repeats its own. */
	#classicItems({ from, local }: StunServerInput, way: Way): readonly StunItem[] {
		const mapped = { address: withoutMapping(from.address), port: from.port };
		const items: StunItem[] = [{ name: "mappedAddress", value: mapped }];
		const source = this.#sockets.addressOf(way.local);
		if (source !== null) items.push({ name: "sourceAddress", value: source });
		const other = this.#sockets.otherOf(local) ?? this.#sockets.addressOf(local);
		if (other !== null) items.push({ name: "changedAddress", value: other });
		if (way.sign !== null) items.push(way.sign);
		return items;
	}
}

/** Whether a request has a fingerprint, which its answer then has too; RFC 3489 knows of none. */
function isMarked(message: StunMessage): boolean {
	return !message.classic && attributeOf(message, "fingerprint") !== undefined;
}

/** Where an answer goes, from which socket, what it tells of our other address, and what signs it. */
interface Way {
	readonly to: StunAddress;
	readonly local: number;
	readonly other: StunAddress | null;
	readonly sign: StunItem | null;
}

/** An IPv4 source as a socket of both families sees it (RFC 4291 §2.5.5.2) is an IPv4 source. */
function withoutMapping(address: string): string {
	return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

const MALFORMED: Refusal = { code: 400, unknown: [] };

function ignored(reason: StunServerIgnoreReason): readonly StunServerOutput[] {
	return [{ type: "ignored", reason }];
}

/**
 * Where to answer: another port of the same address where RESPONSE-PORT says so (RFC 5780 §7.5). Null: there is
 * no such place. Deviation: RESPONSE-ADDRESS (RFC 3489 section 11.2.2) is heeded as far as it names the sender's own address:
 * any other could be a victim's.
 */
function answerTo(message: StunMessage, from: StunAddress): StunAddress | null {
	const port = attributeOf(message, "responsePort");
	if (port !== undefined && !message.classic) return port === 0 ? null : { ...from, port };
	const asked = message.classic ? attributeOf(message, "responseAddress") : undefined;
	if (asked === undefined) return from;
	return asked.address === from.address ? asked : null;
}

/** No reason in words: it is for people, and people are not who asks. */
function refuse(
	message: StunMessage,
	{ from, local }: StunServerInput,
	{ code, unknown }: Refusal,
	sign: StunItem | null,
): StunServerOutput {
	const attributes: StunItem[] = [{ name: "errorCode", value: { code, reason: "" } }];
	if (unknown.length > 0) attributes.push({ name: "unknownAttributes", value: unknown });
	if (sign !== null) attributes.push(sign);
	if (isMarked(message)) attributes.push({ name: "fingerprint" });
	const fields = { method: message.method, transactionId: message.transactionId, attributes };
	return { type: "send", bytes: encodeStun({ class: "error", ...fields }), to: from, local };
}

/**
 * PADDING for a request that has it (RFC 5780 §7.6), so that the answer is as long as the request and no longer.
 * Deviation: the RFC asks for as much as the link takes, which forged requests would turn upon others. A traced path asks
 * for none (draft-martinsen-tram-stuntrace-01 §3.2).
 */
function paddingItems(message: StunMessage, others: readonly StunItem[]): readonly StunItem[] {
	const asked = attributeOf(message, "padding");
	if (asked === undefined || attributeOf(message, "pathNodeProbe") !== undefined) return [];
	const without = encodeStun({
		class: "success",
		method: "binding",
		transactionId: new Uint8Array(12),
		attributes: others,
	});
	const room = message.bytes.length - without.length - 4;
	return room > 0 ? [{ name: "padding", value: new Uint8Array(Math.min(room, asked.length)) }] : [];
}

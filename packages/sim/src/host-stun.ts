/** A STUN server: it answers Binding requests (RFC 8489), in whatever way its specification says. */
import type { Deadline } from "@whither/core";
import {
	attributeOf,
	decodeStun,
	encodeStun,
	isComprehensionRequired,
	isDecodeError,
	isKnownAttribute,
	STUN_ATTRIBUTES,
	STUN_ERRORS,
	type StunItem,
	type StunMessage,
	shortTermKey,
	trailingAttributeOf,
	verifyIntegrity,
} from "@whither/wire";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";
import type { StunSpec } from "./scenario.ts";

const SOFTWARE = "simulated";
const NO_STATUS = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 } as const;
/** The last type of RFC 3489 (section 11.2): its servers know no other. */
const LAST_CLASSIC = 0x000b;

/** The server on every port of its host. */
export class StunHost implements DatagramProgram {
	readonly deadline: Deadline | null = null;
	readonly #spec: StunSpec;
	/** Answers by transaction, as text. */
	readonly #answers = new Map<string, number>();

	constructor(spec: StunSpec = {}) {
		this.#spec = spec;
	}

	holds(_local: Endpoint): boolean {
		return true;
	}

	step(input: ProgramInput): readonly Datagram[] {
		if (input.type !== "datagram") return [];
		const { local, remote, payload } = input.datagram;
		const message = decodeStun(payload);
		if (isDecodeError(message) || message.class !== "request" || message.method !== "binding") return [];
		const answer = this.#answer(message, remote, local);
		return answer === null ? [] : [{ local, remote, payload: answer }];
	}

	#answer(request: StunMessage, remote: Endpoint, local: Endpoint): Uint8Array | null {
		const refusal = refusalOf(request, this.#spec);
		if (refusal === "silence") return null;
		const transactionId = this.#spec.classic ? request.bytes.slice(4, 20) : request.transactionId;
		if (refusal !== null) {
			const attributes = this.#spec.classic ? refusal : [...refusal, ...this.#counter(request)];
			return encodeStun({ class: "error", method: "binding", transactionId, attributes });
		}
		const attributes = this.#spec.classic
			? classicSuccess(remote, local)
			: [...success(request, remote, local), ...this.#counter(request), ...this.#protection(request)];
		return encodeStun({ class: "success", method: "binding", transactionId, attributes });
	}

	/** RFC 7982 §3: one that keeps no books says 0. */
	#counter(request: StunMessage): readonly StunItem[] {
		const counter = attributeOf(request, "transactionTransmitCounter");
		if (counter === undefined) return [];
		const name = request.transactionId.join();
		const count = (this.#answers.get(name) ?? 0) + 1;
		if (this.#spec.counts) this.#answers.set(name, count);
		return [
			{
				name: "transactionTransmitCounter",
				value: { request: counter.request, response: this.#spec.counts ? count : 0 },
			},
		];
	}

	/** The request's NETWORK-STATUS before the digest, an empty one behind it (draft-martinsen-tram-discuss-02). */
	#protection(request: StunMessage): readonly StunItem[] {
		const { password, networkStatus } = this.#spec;
		const heard = networkStatus ? trailingAttributeOf(request, "networkStatus") : undefined;
		return [
			...(heard === undefined ? [] : [{ name: "networkStatus", value: heard } as const]),
			...(password === undefined ? [] : [{ name: "messageIntegrity", key: shortTermKey(password) } as const]),
			...(heard === undefined ? [] : [{ name: "networkStatus", value: NO_STATUS } as const]),
			{ name: "fingerprint" },
		];
	}
}

function success(request: StunMessage, remote: Endpoint, local: Endpoint): readonly StunItem[] {
	const probe = attributeOf(request, "pathNodeProbe");
	return [
		{ name: "xorMappedAddress", value: remote },
		{ name: "responseOrigin", value: local },
		{ name: "software", value: SOFTWARE },
		...(probe === undefined ? [] : [{ name: "pathNodeProbe", value: probe } as const]),
	];
}

/** RFC 3489 §8.1: two more addresses are of the server, which has but one. */
function classicSuccess(remote: Endpoint, local: Endpoint): readonly StunItem[] {
	return [
		{ name: "mappedAddress", value: remote },
		{ name: "sourceAddress", value: local },
		{ name: "changedAddress", value: local },
	];
}

/** What an error response holds, "silence" where there is none; null: the request is a good one. */
function refusalOf(request: StunMessage, spec: StunSpec): readonly StunItem[] | "silence" | null {
	if (spec.error !== undefined) return refuse(spec.error);
	const stranger = strangerRefusal(request, spec);
	if (stranger !== null) return spec.silentToStrangers ? "silence" : stranger;
	const unknown = request.attributes.map(({ type }) => type).filter((type) => isUnknown(type, spec));
	return unknown.length === 0 ? null : [...refuse(420), { name: "unknownAttributes", value: unknown }];
}

/** RFC 8489 §9.1.3 and §9.2.4. */
function strangerRefusal(request: StunMessage, { password, realm }: StunSpec): readonly StunItem[] | null {
	const isSigned = attributeOf(request, "messageIntegrity") !== undefined;
	if (realm !== undefined) {
		const challenge = [
			{ name: "realm", value: realm },
			{ name: "nonce", value: "simulated-nonce" },
		] as const;
		return [...refuse(401), ...challenge];
	}
	if (password === undefined) return null;
	if (!isSigned || attributeOf(request, "username") === undefined) return refuse(400);
	return verifyIntegrity(request, shortTermKey(password)) ? null : refuse(401);
}

function isUnknown(type: number, { padding, classic }: StunSpec): boolean {
	if (!isComprehensionRequired(type)) return false;
	if (classic) return type > LAST_CLASSIC;
	return type === STUN_ATTRIBUTES.padding.type ? !padding : !isKnownAttribute(type);
}

function refuse(code: number): readonly StunItem[] {
	return [{ name: "errorCode", value: { code, reason: STUN_ERRORS[code] ?? "" } }];
}

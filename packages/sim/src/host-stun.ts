/** A STUN server on a simulated host: the real one, or one with ways of its own, as its specification says. */
import { type Deadline, type Instant, StunServer } from "@whither/core";
import {
	attributeOf,
	decodeStun,
	encodeStun,
	isComprehensionRequired,
	isDecodeError,
	STUN_ATTRIBUTES,
	STUN_ERRORS,
	type StunItem,
	type StunMessage,
	shortTermKey,
} from "@whither/wire";
import type { Datagram, DatagramProgram, Endpoint, ProgramInput } from "./program.ts";
import type { StunSpec } from "./stun-spec.ts";

/** The last type of RFC 3489 (section 11.2): its servers know no other. */
const LAST_CLASSIC = 0x000b;
/** It answers wherever it is asked. */
const ANYWHERE = { address: { address: "0.0.0.0", port: 0 } } as const;

/** The server on every port of its host. */
export class StunHost implements DatagramProgram {
	readonly deadline: Deadline | null = null;
	readonly #spec: StunSpec;
	readonly #server: StunServer;

	constructor(spec: StunSpec = {}) {
		const { password } = spec;
		this.#spec = spec;
		const credentials = password === undefined ? {} : { credentials: () => shortTermKey(password) };
		this.#server = new StunServer({ sockets: [ANYWHERE], ...credentials });
	}

	holds(_local: Endpoint): boolean {
		return true;
	}

	step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type !== "datagram") return [];
		const { local, remote, payload } = input.datagram;
		const answer = this.#ownAnswer(payload, remote, local) ?? this.#serverAnswer(payload, remote, now);
		return answer === null ? [] : [{ local, remote, payload: answer }];
	}

	#serverAnswer(bytes: Uint8Array, from: Endpoint, now: Instant): Uint8Array | null {
		for (const output of this.#server.step({ type: "received", bytes, from, local: 0 }, now)) {
			if (output.type === "send" && !(this.#spec.silentToStrangers && isError(output.bytes))) return output.bytes;
		}
		return null;
	}

	/** What the real server would not say; null: that is asked. */
	#ownAnswer(bytes: Uint8Array, remote: Endpoint, local: Endpoint): Uint8Array | null {
		const request = decodeStun(bytes);
		if (isDecodeError(request) || request.class !== "request" || request.method !== "binding") return null;
		const refusal = refusalOf(request, this.#spec);
		const transactionId = this.#spec.classic ? bytes.slice(4, 20) : request.transactionId;
		if (refusal !== null) return encodeStun({ class: "error", method: "binding", transactionId, attributes: refusal });
		if (!this.#spec.classic) return null;
		const attributes = classicSuccess(remote, local);
		return encodeStun({ class: "success", method: "binding", transactionId, attributes });
	}
}

function isError(bytes: Uint8Array): boolean {
	const message = decodeStun(bytes);
	return !isDecodeError(message) && message.class === "error";
}

/** RFC 3489 §8.1: two more addresses are of the server, which has but one. */
function classicSuccess(remote: Endpoint, local: Endpoint): readonly StunItem[] {
	return [
		{ name: "mappedAddress", value: remote },
		{ name: "sourceAddress", value: local },
		{ name: "changedAddress", value: local },
	];
}

/** What an error response holds that the specification asks for; null: none. */
function refusalOf(
	request: StunMessage,
	{ error, realm, refusesPadding, classic }: StunSpec,
): readonly StunItem[] | null {
	if (error !== undefined) return refuse(error);
	if (realm !== undefined) {
		// RFC 8489 §9.2.4.
		return [...refuse(401), { name: "realm", value: realm }, { name: "nonce", value: "simulated-nonce" }];
	}
	const types = request.attributes.map(({ type }) => type).filter(isComprehensionRequired);
	const padding = refusesPadding && attributeOf(request, "padding") !== undefined;
	const unknown = classic ? types.filter((type) => type > LAST_CLASSIC) : padding ? [STUN_ATTRIBUTES.padding.type] : [];
	return unknown.length === 0 ? null : [...refuse(420), { name: "unknownAttributes", value: unknown }];
}

function refuse(code: number): readonly StunItem[] {
	return [{ name: "errorCode", value: { code, reason: STUN_ERRORS[code] ?? "" } }];
}

/** Binding requests at a worker: plain ones are answered where they stand, all others by core's server. */
import { AnswerCap, type Instant, STUN_SERVER_LIMITS, StunServer, type StunServerOutput } from "@whither/core";
import { encodeStun, equalBytes, type StunAddress } from "@whither/wire";
import type { TransportAddress } from "../../transport/transport.ts";
import { LONGEST_BINDING_ANSWER, PlainBinding } from "./plain-binding.ts";
import { NAME_WORDS, writeName } from "./socket-names.ts";
import type { TurnWorkerBinding } from "./worker-io.ts";

/** Of no listener's own network. */
const SOMEBODY = { 4: { address: "192.0.2.1", port: 1 }, 6: { address: "2001:db8::1", port: 1 } } as const;

/** One worker's. */
export class WorkerBinding {
	readonly #server: StunServer;
	readonly #plain: PlainBinding;
	/** By place: whether the server tells there what a plain answer does not have (RFC 5780). */
	readonly #tellsMore: readonly boolean[];

	/** `locals`: the listeners, null where there is none. */
	constructor({ classic, limits }: TurnWorkerBinding, locals: readonly (TransportAddress | null)[]) {
		// A place that is not there has a number all the same; nobody comes to it.
		const sockets = locals.map((local) => ({
			address: local === null ? { address: "0.0.0.0", port: 0 } : { address: local.address, port: local.port },
		}));
		const cap = new AnswerCap(limits ?? STUN_SERVER_LIMITS);
		this.#server = new StunServer({ sockets, classic, cap });
		this.#plain = new PlainBinding(cap);
		const trial = new StunServer({ sockets, classic });
		this.#tellsMore = locals.map((local, index) => local !== null && !answersPlainly(trial, local, index));
	}

	/** The length of the answer that stands now where the request did; 0: ask the server; -1: there is none. */
	answerInPlace(local: number, datagram: Parameters<PlainBinding["answer"]>): number {
		return this.#tellsMore[local] === true ? 0 : this.#plain.answer(...datagram);
	}

	answer(bytes: Uint8Array, from: StunAddress, local: number, now: Instant): readonly StunServerOutput[] {
		return this.#server.step({ type: "received", bytes, from, local }, now);
	}
}

/** Whether the server answers there in the very bytes of a plain answer. */
function answersPlainly(server: StunServer, { address }: TransportAddress, local: number): boolean {
	const from = SOMEBODY[address.includes(":") ? 6 : 4];
	const transactionId = Uint8Array.from({ length: 12 }, (_, index) => index);
	const request = encodeStun({ class: "request", method: "binding", transactionId, attributes: [] });
	const [answer] = server.step({ type: "received", bytes: request, from, local }, 0);
	const names = new Int32Array(NAME_WORDS);
	writeName(names, 0, from);
	const place = new Uint8Array(LONGEST_BINDING_ANSWER);
	place.set(request);
	const length = new PlainBinding(new AnswerCap(STUN_SERVER_LIMITS)).answer(place, 0, request.length, names, 0, 0);
	return answer?.type === "send" && answer.local === local && equalBytes(answer.bytes, place.subarray(0, length));
}

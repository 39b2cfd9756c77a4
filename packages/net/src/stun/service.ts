/** Runs core's STUN server on real sockets: datagrams as many at a time as come, streams each with its own framing. */
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { BindingAnswers } from "../serving/binding.ts";
import { ClientStreams } from "../serving/client-streams.ts";
import { ServedPlaces } from "../serving/places.ts";
import { firstOf } from "../serving/places-io.ts";
import type {
	StunListening,
	StunService,
	StunServiceCounts,
	StunServiceFailure,
	StunServiceOrder,
} from "./service-io.ts";

/** Streams at one time on one place, and how long one may say nothing (RFC 8489 leaves both to us). */
const STREAMS = { most: 1_024, idleMs: 30_000 } as const;

/** Opens every place, or none: the first that fails is told. */
export async function openStunService(order: StunServiceOrder): Promise<StunService | StunServiceFailure> {
	const backend = openBackend();
	if (isSystemError(backend)) return { place: firstOf(order.places), error: backend };
	const service = new Service(backend, order);
	return (await service.open(order)) ?? service;
}

class Service implements StunService {
	readonly #backend: Backend;
	readonly #places: ServedPlaces;
	readonly #streams: ClientStreams;
	#binding: BindingAnswers;

	constructor(backend: Backend, order: StunServiceOrder) {
		this.#backend = backend;
		this.#binding = new BindingAnswers(backend, [], order);
		this.#streams = new ClientStreams(
			{
				localOf: () => 0,
				opened: () => {
					this.#binding.counts.streams++;
				},
				heard: (message, { stream, from, ours }) => {
					const other = order.others?.heard(message, from, this.#places.isTls(ours)) ?? null;
					if (other !== null) stream.send(other);
					else for (const answer of this.#binding.heard(message, from, ours)) stream.send(answer);
				},
			},
			{ channelData: false, classic: order.others !== undefined },
		);
		this.#places = new ServedPlaces(backend, {
			received: (socket, datagrams) => this.#binding.received(socket, datagrams, this.#places.sockets),
			failed: () => {
				this.#binding.counts.failed++;
			},
			accept: (stream) => this.#streams.accept(stream),
		});
	}

	/** Opens every place, or none: the first that fails is told. */
	async open(order: StunServiceOrder): Promise<StunServiceFailure | null> {
		const { places, certificate, key } = order;
		const failed = this.#places.openDatagrams(places);
		const sockets = this.#places.sockets.map(({ local }) => local);
		this.#binding = new BindingAnswers(this.#backend, sockets, order);
		const tls = certificate === undefined || key === undefined ? {} : { certificate, key };
		const failure = failed ?? (await this.#places.openStreams(places, { streams: STREAMS, ...tls }));
		if (failure !== null) this.#places.closeAll();
		return failure;
	}

	get listening(): readonly StunListening[] {
		return this.#places.listening;
	}

	get counts(): StunServiceCounts {
		return { ...this.#binding.counts };
	}

	renew(certificate: string, key: string): boolean {
		return this.#places.renew(certificate, key);
	}

	async close(): Promise<void> {
		this.#places.closeAll();
		await this.#streams.drain();
	}
}

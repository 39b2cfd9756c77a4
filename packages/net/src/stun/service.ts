/** Runs core's STUN server on real sockets: datagrams as many at a time as come, streams each with its own framing. */
import { openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { BindingAnswers } from "../serving/binding.ts";
import { ClientStreams } from "../serving/client-streams.ts";
import { ServedPlaces } from "../serving/places.ts";
import type { StunService, StunServiceFailure, StunServiceOrder } from "./service-io.ts";

/** Streams at one time on one place, and how long one may say nothing (RFC 8489 leaves both to us). */
const STREAMS = { most: 1_024, idleMs: 30_000 } as const;

/** Opens every place, or none: the first that fails is told. */
export async function openStunService(order: StunServiceOrder): Promise<StunService | StunServiceFailure> {
	const backend = openBackend();
	const [first] = order.places;
	if (isSystemError(backend)) {
		return { place: first ?? { transport: "udp", family: 4, address: null, port: 0 }, error: backend };
	}
	let binding: BindingAnswers | null = null;
	const streams = new ClientStreams(
		{
			localOf: () => 0,
			opened: () => {
				if (binding !== null) binding.counts.streams++;
			},
			heard: (message, { stream, from, ours }) => {
				for (const answer of binding?.heard(message, from, ours) ?? []) stream.send(answer);
			},
		},
		{ channelData: false },
	);
	const places: ServedPlaces = new ServedPlaces(backend, {
		received: (socket, datagrams) => binding?.received(socket, datagrams, places.sockets),
		failed: () => {
			if (binding !== null) binding.counts.failed++;
		},
		accept: (stream) => streams.accept(stream),
	});
	const failed = places.openDatagrams(order.places);
	const sockets = places.sockets.map(({ local }) => local);
	const answers = new BindingAnswers(backend, sockets, order);
	binding = answers;
	const failure = failed ?? (await places.openStreams(order.places, { streams: STREAMS, ...tlsOf(order) }));
	if (failure !== null) {
		places.closeAll();
		return failure;
	}
	return {
		listening: places.listening,
		get counts() {
			return { ...answers.counts };
		},
		renew: (certificate, key) => places.renew(certificate, key),
		close: async () => {
			places.closeAll();
			await streams.drain();
		},
	};
}

function tlsOf({ certificate, key }: StunServiceOrder) {
	return certificate === undefined || key === undefined ? {} : { certificate, key };
}

/** Runs core's STUN server on real sockets: datagrams as many at a time as come, streams each with its own framing. */
import { StunServer, type StunServerOutput, type SystemError } from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { openDatagram } from "../transport/open.ts";
import { listenForStreams } from "../transport/stream.ts";
import type {
	DatagramTransport,
	OutgoingDatagram,
	ReceivedDatagram,
	StreamFailure,
	StreamServer,
} from "../transport/transport.ts";
import type { StunListening, StunPlace, StunService, StunServiceFailure, StunServiceOrder } from "./service-io.ts";
import { ServedStreams } from "./service-streams.ts";

/** Streams at one time on one place, and how long one may say nothing (RFC 8489 leaves both to us). */
const MOST_STREAMS = 1_024;
const IDLE_MS = 30_000;
/** What the kernel keeps for us while we are busy: some ten thousand requests. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Opens every place, or none: the first that fails is told. */
export async function openStunService(order: StunServiceOrder): Promise<StunService | StunServiceFailure> {
	const backend = openBackend();
	const [first] = order.places;
	if (isSystemError(backend)) {
		return { place: first ?? { transport: "udp", family: 4, address: null, port: 0 }, error: backend };
	}
	const opening = new Opening(backend, order);
	const failed = opening.openDatagrams() ?? (await opening.openStreams());
	if (failed === null) return opening.service();
	opening.closeAll();
	return failed;
}

/** What is optional may be missing for these reasons. */
const MISSING: ReadonlySet<SystemError["code"]> = new Set(["addressNotAvailable", "unsupportedProtocol"]);

function isMissing({ optional }: StunPlace, error: SystemError | StreamFailure): boolean {
	return optional === true && MISSING.has(error.code as SystemError["code"]) && !isTaken(error);
}

/** The port is somebody else's, which is no reason to do without the place. */
function isTaken(error: SystemError | StreamFailure): boolean {
	return "errnoName" in error && error.errnoName === "EADDRINUSE";
}

class Opening {
	readonly #backend: Backend;
	readonly #order: StunServiceOrder;
	readonly #sockets: DatagramTransport[] = [];
	readonly #servers: StreamServer[] = [];
	readonly #listening: StunListening[] = [];
	readonly #counts = { received: 0, answered: 0, failed: 0, streams: 0 };
	#streams: ServedStreams | null = null;
	#server: StunServer | null = null;

	constructor(backend: Backend, order: StunServiceOrder) {
		this.#backend = backend;
		this.#order = order;
	}

	openDatagrams(): StunServiceFailure | null {
		for (const place of this.#order.places.filter(({ transport }) => transport === "udp")) {
			const local = this.#sockets.length;
			const { optional: _, transport, ...request } = place;
			const socket = openDatagram(
				this.#backend,
				{ ...request, use: "server", receiveBufferBytes: RECEIVE_BUFFER_BYTES },
				{
					received: (datagrams) => this.#received(local, datagrams),
					failed: () => {
						this.#counts.failed++;
					},
				},
			);
			if (isSystemError(socket)) {
				if (isMissing(place, socket)) continue;
				return { place, error: socket };
			}
			this.#sockets.push(socket);
			this.#listening.push({ transport, local: socket.local });
		}
		this.#server = new StunServer(this.#config());
		return null;
	}

	#config() {
		const { classic = false, limits } = this.#order;
		const sockets = this.#sockets.map(({ local: { address, port } }) => ({ address: { address, port } }));
		return { sockets, classic, ...(limits === undefined ? {} : { limits }) };
	}

	async openStreams(): Promise<StunServiceFailure | null> {
		const { clock } = this.#backend;
		const streams = new ServedStreams({
			heard: (bytes, from, local) => {
				this.#counts.received++;
				const outputs = this.#step({ bytes, from, local, transport: "stream" });
				return outputs.flatMap((output) => (output.type === "send" ? [output.bytes] : []));
			},
			opened: () => {
				this.#counts.streams++;
			},
			socketAt: ({ address, port }) =>
				this.#sockets.findIndex(({ local }) => local.address === address && local.port === port),
		});
		this.#streams = streams;
		const { certificate, key } = this.#order;
		for (const place of this.#order.places) {
			const { transport, family, address, port } = place;
			if (transport === "udp") continue;
			const secrets = certificate === undefined || key === undefined ? {} : { certificate, key };
			const request = { protocol: transport, family, address, port, most: MOST_STREAMS, idleMs: IDLE_MS, ...secrets };
			const server = await listenForStreams(request, (stream) => streams.accept(stream), clock);
			if (!("local" in server)) {
				if (isMissing(place, server)) continue;
				return { place, error: server };
			}
			this.#servers.push(server);
			this.#listening.push({ transport, local: server.local });
		}
		return null;
	}

	service(): StunService {
		const counts = this.#counts;
		return {
			listening: this.#listening,
			get counts() {
				return { ...counts };
			},
			close: async () => {
				this.closeAll();
				await this.#streams?.drain();
			},
		};
	}

	closeAll(): void {
		for (const socket of this.#sockets) socket.close();
		for (const server of this.#servers) server.close();
	}

	/** Answers to one look at a socket leave together. */
	#received(local: number, datagrams: readonly ReceivedDatagram[]): void {
		const answers = new Map<number, OutgoingDatagram[]>();
		for (const { bytes, from, to: source } of datagrams) {
			this.#counts.received++;
			for (const output of this.#step({ bytes, from, local, transport: "datagram" })) {
				if (output.type !== "send") continue;
				const { to, bytes } = output;
				const sent = answers.get(output.local);
				const answer = { to, bytes, from: source };
				if (sent === undefined) answers.set(output.local, [answer]);
				else sent.push(answer);
			}
		}
		for (const [socket, sent] of answers) this.#sockets[socket]?.send(sent);
	}

	#step(input: Omit<Parameters<StunServer["step"]>[0], "type">): readonly StunServerOutput[] {
		const outputs = this.#server?.step({ type: "received", ...input }, this.#backend.clock.now()) ?? [];
		if (outputs.some(({ type }) => type === "send")) this.#counts.answered++;
		return outputs;
	}
}

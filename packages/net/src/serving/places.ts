/** The places that a service listens on: every one is opened, or none. */
import type { SystemError } from "@whither/core";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { openDatagram } from "../transport/open.ts";
import { listenForStreams } from "../transport/stream-server.ts";
import type {
	DatagramTransport,
	ReceivedDatagram,
	StreamAcceptor,
	StreamFailure,
	StreamListenRequest,
	StreamServer,
	TransportAddress,
} from "../transport/transport.ts";
import type { StunListening, StunPlace, StunServiceFailure } from "./places-io.ts";

/** Streams at one time on one place, and of one source there; how long one may say nothing. */
export type StreamBounds = Pick<StreamListenRequest, "most" | "mostPerSource" | "idleMs">;

/** What streams are opened with on every place. */
export interface PlaceBounds {
	readonly streams: StreamBounds;
	/** TLS: certificate chain and key, PEM. */
	readonly certificate?: string;
	readonly key?: string;
}

/** What hears them. */
export interface PlaceEars {
	/** `socket`: its index among the datagram sockets. */
	received(socket: number, datagrams: readonly ReceivedDatagram[]): void;
	/** Something did not leave. */
	failed(): void;
	readonly accept: StreamAcceptor;
}

/** What the kernel keeps for us while we are busy: some ten thousand requests. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** What is optional may be missing for these reasons. */
const MISSING: ReadonlySet<SystemError["code"]> = new Set(["addressNotAvailable", "unsupportedProtocol"]);

/** Whether a place may be done without, and its error says that it cannot be had here. */
export function isMissing({ optional }: StunPlace, error: SystemError | StreamFailure): boolean {
	return optional === true && MISSING.has(error.code as SystemError["code"]) && !isTaken(error);
}

/** The port is somebody else's, which is no reason to do without the place. */
function isTaken(error: SystemError | StreamFailure): boolean {
	return "errnoName" in error && error.errnoName === "EADDRINUSE";
}

/** One service's. */
export class ServedPlaces {
	readonly sockets: DatagramTransport[] = [];
	readonly listening: StunListening[] = [];
	readonly #backend: Backend;
	readonly #ears: PlaceEars;
	readonly #servers: { readonly isTls: boolean; readonly server: StreamServer }[] = [];

	constructor(backend: Backend, ears: PlaceEars) {
		this.#backend = backend;
		this.#ears = ears;
	}

	/** Opens the UDP places among these; the first that fails. */
	openDatagrams(places: readonly StunPlace[]): StunServiceFailure | null {
		const ears = this.#ears;
		for (const place of places) {
			const { optional: _, transport, ...request } = place;
			if (transport !== "udp") continue;
			const index = this.sockets.length;
			const socket = openDatagram(
				this.#backend,
				{ ...request, use: "server", receiveBufferBytes: RECEIVE_BUFFER_BYTES },
				{ received: (datagrams) => ears.received(index, datagrams), failed: () => ears.failed() },
			);
			if (isSystemError(socket)) {
				if (isMissing(place, socket)) continue;
				return { place, error: socket };
			}
			this.sockets.push(socket);
			this.listening.push({ transport, local: socket.local });
		}
		return null;
	}

	/** Opens the others; the first that fails. */
	async openStreams(places: readonly StunPlace[], bounds: PlaceBounds): Promise<StunServiceFailure | null> {
		const { streams, certificate, key } = bounds;
		const secrets = certificate === undefined || key === undefined ? {} : { certificate, key };
		for (const place of places) {
			const { transport, family, address, port, zone } = place;
			if (transport === "udp") continue;
			const request = {
				protocol: transport,
				family,
				address,
				port,
				...streams,
				...secrets,
				...(zone === undefined ? {} : { zone }),
			};
			const server = await listenForStreams(request, this.#ears.accept, this.#backend.clock);
			if (!("local" in server)) {
				if (isMissing(place, server)) continue;
				return { place, error: server };
			}
			this.#servers.push({ isTls: transport === "tls", server });
			this.listening.push({ transport, local: server.local });
		}
		return null;
	}

	/** Whether a stream that came to this address of ours is protected by TLS. */
	isTls(ours: TransportAddress): boolean {
		return this.#servers.some(({ isTls, server }) => isTls && server.local.port === ours.port);
	}

	/** What TLS clients are shown from now on; false where certificate and key do not go together. */
	renew(certificate: string, key: string): boolean {
		return this.#servers.every(({ isTls, server }) => !isTls || server.renew(certificate, key));
	}

	/** Takes no more on streams; those that stand go on. */
	closeListeners(): void {
		for (const { server } of this.#servers) server.close();
	}

	closeAll(): void {
		for (const socket of this.sockets) socket.close();
		this.closeListeners();
	}
}

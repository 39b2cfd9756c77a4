/** A client's stream to a server that may be asked over TCP and over TLS. */
import type { Clock } from "../clock.ts";
import { openStream } from "./stream.ts";
import type { StreamListener, StreamRequest, StreamTransport, TransportAddress } from "./transport.ts";

/** Which server, and how; `udp` is for callers that have sent all datagrams elsewhere, and comes to TCP. */
export interface StreamToServer {
	readonly server: TransportAddress;
	readonly transport: "udp" | "tcp" | "tls";
	readonly source?: string | null;
	/** That TLS vouches for; the address where absent. */
	readonly serverName?: string;
	readonly authorities?: StreamRequest["authorities"];
}

/** Begins to connect; the listener is told what becomes of it. */
export function openStreamToServer(order: StreamToServer, listener: StreamListener, clock: Clock): StreamTransport {
	const { server, transport, source = null, serverName = server.address, authorities } = order;
	const request = {
		protocol: transport === "tls" ? transport : "tcp",
		to: server,
		source,
		serverName,
		...(authorities === undefined ? {} : { authorities }),
	} as const;
	return openStream(request, listener, clock);
}

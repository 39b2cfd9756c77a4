/** Opens transports by whichever backend there is. */
import type { SystemError } from "@whither/core";
import type { Backend } from "../backend.ts";
import { openPortableDatagram, openPortableServer } from "../portable/datagram.ts";
import { openNativeClient } from "./native-client.ts";
import { openNativeServer } from "./native-server.ts";
import type { DatagramListener, DatagramRequest, DatagramTransport } from "./transport.ts";

/** A socket ready to send; `addressNotAvailable`, `permissionDenied` and other answers of the system otherwise. */
export function openDatagram(
	backend: Backend,
	request: DatagramRequest,
	listener: DatagramListener,
): DatagramTransport | SystemError {
	const { clock } = backend;
	if (backend.name === "portable") {
		return request.use === "client"
			? openPortableDatagram(request, listener, clock)
			: openPortableServer(request, listener, clock);
	}
	const open = request.use === "client" ? openNativeClient : openNativeServer;
	return open(backend.workspace, request, { listener, clock });
}

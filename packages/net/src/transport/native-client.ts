/** A client's datagrams by the kernel's own calls: on a media socket, which hears ICMP errors and can be lent to traces. */
import type { SystemError } from "@whither/core";
import type { Clock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import { openMediaOn } from "../media/media-socket.ts";
import type { Workspace } from "../native/workspace.ts";
import type { DatagramListener, DatagramRequest, DatagramTransport } from "./transport.ts";

/** Opens one, or says which call failed. */
export function openNativeClient(
	workspace: Workspace,
	request: DatagramRequest,
	{ listener, clock }: { readonly listener: DatagramListener; readonly clock: Clock },
): DatagramTransport | SystemError {
	const socket = openMediaOn({ workspace, clock }, request, {
		received: ({ from, bytes, at, stamp }) => listener.received([{ from, to: null, bytes, at, stamp }]),
		refused: ({ error, to }) => listener.failed(error, to),
		broken: (error) => listener.failed(error, null),
		sent: (id, at) => listener.sent?.(id, at),
	});
	if (isSystemError(socket)) return socket;
	let open = true;
	return {
		local: socket.local,
		send: (datagrams) => {
			for (const { index, error } of socket.sendBatch(datagrams)) {
				const to = datagrams[index]?.to ?? null;
				// Whoever sends is in the middle of its own work, and hears of it when that is done.
				setImmediate(() => {
					if (open) listener.failed(error, to);
				});
			}
		},
		borrow: (channelRequest) => socket.borrow(channelRequest),
		close: () => {
			open = false;
			socket.close();
		},
	};
}

/** Host candidates in a range of ports. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import type { IceOrder } from "./ice-io.ts";
import type { IceSocket, IceSocketListener, IceSocketPlace } from "./ice-socket.ts";
import type { IceSurroundings } from "./surroundings.ts";

/**
 * Opens a socket on a port of the range that is free, from a chance one on; null: on any. The error where none is, and at
 * once where it is not the port's fault.
 */
export function openInRange(
	machine: Pick<IceSurroundings, "openSocket" | "drawSecret">,
	range: NonNullable<IceOrder["ports"]> | null,
	place: Omit<IceSocketPlace, "port">,
	listener: IceSocketListener,
): IceSocket | SystemError {
	if (range === null) return machine.openSocket(place, listener);
	const count = Math.max(1, range.to - range.from + 1);
	const secret = machine.drawSecret();
	const first = new DataView(secret.buffer, secret.byteOffset).getUint32(0) % count;
	let last: SystemError | null = null;
	for (let tried = 0; tried < count; tried++) {
		const port = range.from + ((first + tried) % count);
		const opened = machine.openSocket({ ...place, port }, listener);
		if (!isSystemError(opened) || opened.errnoName !== "EADDRINUSE") return opened;
		last = opened;
	}
	return last ?? machine.openSocket(place, listener);
}

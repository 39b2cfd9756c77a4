/** Host candidates in a range of ports. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import type { IceOrder } from "./ice-io.ts";

/** The ports of a range in the order in which they are tried, from a chance one on; without a range the kernel's choice, 0. */
export function portsOf(range: IceOrder["ports"], secret: Uint8Array): readonly number[] {
	if (range === undefined) return [0];
	const count = range.to - range.from + 1;
	const first = new DataView(secret.buffer, secret.byteOffset).getUint32(0) % count;
	return Array.from({ length: count }, (_, index) => range.from + ((first + index) % count));
}

/** Opens something at the first port that is free; the error where none is, and at once where it is not the port's fault. */
export function openAtFree<Opened>(
	[first = 0, ...others]: readonly number[],
	open: (port: number) => Opened | SystemError,
): Opened | SystemError {
	let opened = open(first);
	for (const port of others) {
		if (!isTaken(opened)) return opened;
		opened = open(port);
	}
	return opened;
}

/** The same of what takes a while to open. */
export async function openAtFreeLater<Opened>(
	[first = 0, ...others]: readonly number[],
	open: (port: number) => Promise<Opened | SystemError>,
): Promise<Opened | SystemError> {
	let opened = await open(first);
	for (const port of others) {
		if (!isTaken(opened)) return opened;
		opened = await open(port);
	}
	return opened;
}

function isTaken(opened: unknown): boolean {
	return isSystemError(opened) && opened.errnoName === "EADDRINUSE";
}

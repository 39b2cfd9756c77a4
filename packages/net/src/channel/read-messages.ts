/** Reads what waits on a socket, or in its error queue, through recvmmsg(2). */
import type { Instant } from "@whither/core";
import type { Clock } from "../clock.ts";
import { MSG_DONTWAIT, MSG_ERRQUEUE } from "../native/constants.ts";
import { type ControlFacts, decodeControl } from "../native/control.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import type { Workspace } from "../native/workspace.ts";

/** What is read. */
export interface MessageSource {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly fd: number;
	readonly queue: "errors" | "packets";
}

/** recvmmsg(2) calls on one queue before other work gets its turn. */
export const READ_ROUNDS = 8;

/** What is done with a message and the time at which it was read. It must not use the incoming batch, nor call anybody who might. */
export type TakeMessage = (message: IncomingMessage, facts: ControlFacts, now: Instant) => void;

/** Hands over each message; how many there were. */
export function readMessages(source: MessageSource, take: TakeMessage): number {
	let total = 0;
	for (let round = 0; round < READ_ROUNDS; round++) {
		const count = Math.max(readOnce(source, take), 0);
		total += count;
		if (count < source.workspace.incoming.slots) break;
	}
	return total;
}

/** The messages of one recvmmsg(2); how many, fewer than the batch has slots when no more wait, or -1 (`errno`). */
export function readOnce({ workspace, clock, fd, queue }: MessageSource, take: TakeMessage): number {
	const { libc, incoming } = workspace;
	incoming.reset();
	const flags = MSG_DONTWAIT | (queue === "errors" ? MSG_ERRQUEUE : 0);
	const count = libc.recvmmsg(fd, incoming.address(), incoming.slots, flags, 0);
	if (count < 0) return count;
	const now = clock.now();
	for (let slot = 0; slot < count; slot++) {
		const message = incoming.message(slot);
		take(message, decodeControl(message.control), now);
	}
	return count;
}

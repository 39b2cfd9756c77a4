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
const READ_ROUNDS = 8;

/**
 * Hands over each message, with the time at which it was read; how many there were. `take` must not use the incoming
 * batch itself, nor call anybody who might.
 */
export function readMessages(
	{ workspace, clock, fd, queue }: MessageSource,
	take: (message: IncomingMessage, facts: ControlFacts, now: Instant) => void,
): number {
	const { libc, incoming } = workspace;
	const flags = MSG_DONTWAIT | (queue === "errors" ? MSG_ERRQUEUE : 0);
	let total = 0;
	for (let round = 0; round < READ_ROUNDS; round++) {
		incoming.reset();
		const count = libc.recvmmsg(fd, incoming.address(), incoming.slots, flags, 0);
		const now = clock.now();
		for (let slot = 0; slot < count; slot++) {
			const message = incoming.message(slot);
			take(message, decodeControl(message.control), now);
		}
		total += Math.max(count, 0);
		if (count < incoming.slots) break;
	}
	return total;
}

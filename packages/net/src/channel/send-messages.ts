/**
 * Sends messages in order through sendmmsg(2). An ICMP error that is pending on a socket makes its next send fail and the
 * message stay: here that costs no message, for what is pending is cleared and the message is sent again at once.
 */
import type { Instant } from "@whither/core";
import type { Clock } from "../clock.ts";
import { canBePending } from "../errors.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import type { MessageBatch } from "../native/message-batch.ts";
import { takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";

/** Messages of one batch, by their place in it, and who is told what becomes of them. */
export interface MessageRun {
	/** No more than the batch has slots. */
	readonly count: number;
	/** Puts them all into the outgoing batch, from its beginning. */
	fill(): void;
	/** One left; `at`: the time just before the call that took it. */
	left(index: number, at: Instant): void;
	/** One did not leave, and not because of what was pending. */
	failed(index: number, errno: number): void;
	/** A call failed at its first message, or stopped before a later one without saying why: the error queue, if it has one, is to be read. */
	attemptFailed?(message: "first" | "later"): void;
	/** True when the messages can be sent after they have been made anew (`fill`); absent: never. */
	mustRefill?(errno: number): boolean;
}

/** Where they leave. */
export interface MessageSender {
	readonly workspace: Workspace;
	readonly clock: Clock;
	readonly fd: number;
	/** The batch that `fill` fills; absent: the workspace's. */
	readonly outgoing?: MessageBatch;
}

/** A pending ICMP error can stop a send as often as new errors come in between. */
const PENDING_RETRIES = 32;

/** Sends one batch; each message is told to have left or failed exactly once, in order. */
export function sendMessages(sender: MessageSender, run: MessageRun): void {
	const { workspace, clock, fd, outgoing = workspace.outgoing } = sender;
	const { libc } = workspace;
	run.fill();
	let stalls = 0;
	for (let from = 0; from < run.count; ) {
		const at = clock.now();
		const wanted = run.count - from;
		// In a storm of errors another is pending by the time the queue is read: only this call is quick enough.
		if (stalls > 0) takeError(workspace, fd);
		const sent = libc.sendmmsg(fd, outgoing.address(from), wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
		const errno = sent < 0 ? libc.errno() : 0;
		for (let index = 0; index < sent; index++) run.left(from + index, at);
		// A short count hides a failed attempt, whose error is gone: the next call tells if it was more than pending.
		if (sent < wanted) run.attemptFailed?.(sent < 0 ? "first" : "later");
		if (sent > 0) {
			from += sent;
			stalls = 0;
		} else if (run.mustRefill?.(errno) === true) {
			run.fill();
		} else if (mayBePending(errno) && stalls < PENDING_RETRIES) {
			stalls++;
		} else {
			run.failed(from, errno);
			from++;
			stalls = 0;
		}
	}
}

function mayBePending(errno: number): boolean {
	return canBePending(errno) || errno === ERRNO.EINTR;
}

/** The one arena of this thread, with the buffers that every socket call shares: calls are synchronous, so one set does. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { Arena, type Slab } from "./arena.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { MessageBatch } from "./message-batch.ts";
import { EPOLL_EVENT_BYTES, EPOLL_EVENTS } from "./structs.ts";

/** Buffers for one thread. Contents last only until the next call that uses the same one. */
export interface Workspace {
	readonly libc: Libc;
	/** Whatever a call needs beside its messages: option values, socket addresses, times. */
	readonly scratch: Slab;
	readonly events: Slab;
	readonly outgoing: MessageBatch;
	readonly incoming: MessageBatch;
}

/** Messages sent by one sendmmsg(2), few since the time we take ourselves is one for all; and received by one recvmmsg(2). */
const OUTGOING = 8;
const INCOMING = 32;
/** Room for the largest IP packet, as an echo reply to a large probe comes in whole. */
const PACKET_BYTES = 65_536;
/** Room for all that a message can carry: error with offender 64, stamps 64, TTL, TOS, drops, packet info. */
const CONTROL_BYTES = 512;
/** TTL, TOS and the stamp's id. */
const SENT_CONTROL_BYTES = 96;
const SCRATCH_BYTES = 4096 * 9;

let workspace: Workspace | null = null;

/** This thread's workspace, made on the first call; the error of `loadLibc` where there is no libc to call. */
export function openWorkspace(): Workspace | SystemError {
	if (workspace !== null) return workspace;
	const libc = loadLibc();
	if (isSystemError(libc)) return libc;
	const outgoing = { slots: OUTGOING, dataBytes: OUTGOING * PACKET_BYTES, controlBytes: OUTGOING * SENT_CONTROL_BYTES };
	const incoming = { slots: INCOMING, dataBytes: INCOMING * PACKET_BYTES, controlBytes: INCOMING * CONTROL_BYTES };
	const events = EPOLL_EVENTS * EPOLL_EVENT_BYTES;
	const bytes = MessageBatch.bytes(outgoing) + MessageBatch.bytes(incoming) + SCRATCH_BYTES + events + 64;
	const arena = new Arena(bytes, libc.addressOf);
	workspace = {
		libc,
		scratch: arena.reserve(SCRATCH_BYTES),
		events: arena.reserve(events),
		outgoing: new MessageBatch(arena, outgoing),
		incoming: new MessageBatch(arena, incoming),
	};
	return workspace;
}

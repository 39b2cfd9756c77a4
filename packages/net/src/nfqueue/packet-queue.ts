/** One NFQUEUE, bound: packets that the kernel hands to this program wait in it until they get their verdicts. */
import { readFileSync } from "node:fs";
import type { SystemError } from "@whither/core";
import { isSystemError, systemError } from "../errors.ts";
import { MSG_DONTWAIT, NETLINK_NETFILTER, SO_RCVBUFFORCE, SOL_SOCKET } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import { setOption } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { decodeNetlink, netlinkErrno } from "../netlink/messages.ts";
import { NetlinkSocket } from "../netlink/netlink-socket.ts";
import {
	decodeQueuedPacket,
	encodeQueueSetUp,
	encodeVerdicts,
	QUEUE_MESSAGE,
	type QueuedPacket,
	type QueueSettings,
	type QueueVerdict,
} from "./queue-messages.ts";

/** Whose queues there are: number first in each line. */
const QUEUES_FILE = "/proc/net/netfilter/nfnetlink_queue";

/** What `PacketQueue.open` is told. */
export interface PacketQueueSettings extends QueueSettings {
	/** For packets that have not been read yet; by default enough for all that a queue of some thousands may hold. */
	readonly receiveBufferBytes?: number;
}

const RECEIVE_BUFFER_BYTES = 8 * 2 ** 20;

/** Why a queue could not be bound. */
export type QueueFailure = SystemError | { readonly code: "queueTaken"; readonly queue: number };

/** What befell the queue beside its packets. */
export interface QueueCounts {
	/** How often the buffer was full: packets went on unseen, or were dropped where the kernel does not know FAIL_OPEN. */
	readonly overruns: number;
	/** Verdicts that the kernel did not want, such as for a packet that it had given up. */
	readonly refusedVerdicts: number;
}

/** Queues that somebody has bound in this network namespace, by number; empty where the kernel does not say. */
export function boundQueues(): readonly number[] {
	try {
		const lines = readFileSync(QUEUES_FILE, "utf8").split("\n");
		return lines.filter((line) => line.trim() !== "").map((line) => Number(line.trim().split(/\s+/)[0]));
	} catch {
		return [];
	}
}

/** Owns the socket; closing it gives the queue back, and what still waits in it is dropped by the kernel. */
export class PacketQueue {
	readonly #workspace: Workspace;
	readonly #socket: NetlinkSocket;
	readonly #queue: number;
	#overruns = 0;
	#refusedVerdicts = 0;

	private constructor(workspace: Workspace, socket: NetlinkSocket, queue: number) {
		this.#workspace = workspace;
		this.#socket = socket;
		this.#queue = queue;
	}

	/** Binds the queue in fail-open mode. Without CAP_NET_ADMIN the error is `permissionDenied`. */
	static open(workspace: Workspace, settings: PacketQueueSettings): PacketQueue | QueueFailure {
		const socket = NetlinkSocket.open(workspace, NETLINK_NETFILTER);
		if (isSystemError(socket)) return socket;
		setOption(workspace, socket.fd, {
			label: "SO_RCVBUFFORCE",
			level: SOL_SOCKET,
			name: SO_RCVBUFFORCE,
			value: settings.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES,
			need: "try",
		});
		const queue = new PacketQueue(workspace, socket, settings.queue);
		const failed = queue.#setUp(settings);
		if (failed === null) return queue;
		socket.close();
		return failed;
	}

	/** Becomes readable when packets wait. */
	get fd(): number {
		return this.#socket.fd;
	}

	get counts(): QueueCounts {
		return { overruns: this.#overruns, refusedVerdicts: this.#refusedVerdicts };
	}

	/**
	 * The packets of one read, in their order; empty when none waits. Their payloads are views, good until the next read
	 * of any socket in this thread: give the verdicts before it.
	 */
	read(): readonly QueuedPacket[] {
		const { libc, incoming } = this.#workspace;
		for (;;) {
			incoming.reset();
			const count = libc.recvmmsg(this.fd, incoming.address(), incoming.slots, MSG_DONTWAIT, 0);
			if (count < 0) {
				const errno = libc.errno();
				if (errno === ERRNO.EINTR) continue;
				if (errno !== ERRNO.ENOBUFS) return [];
				// Said once: packets were lost to us, and the next read goes on.
				this.#overruns++;
				continue;
			}
			const packets: QueuedPacket[] = [];
			for (let slot = 0; slot < count; slot++) this.#take(incoming.message(slot).data, packets);
			if (packets.length > 0 || count === 0) return packets;
		}
	}

	/** Gives verdicts, in the order of the packets; every packet read so far must have got one by then. */
	give(verdicts: readonly QueueVerdict[]): void {
		if (verdicts.length === 0) return;
		let errno = this.#socket.send(encodeVerdicts(this.#queue, verdicts));
		// No room for so much at once: then without changes, rather than not at all.
		const last = verdicts.at(-1);
		if (errno !== 0 && last !== undefined) {
			errno = this.#socket.send(encodeVerdicts(this.#queue, [{ id: last.id, verdict: "accept" }]));
		}
		if (errno !== 0) this.#refusedVerdicts += verdicts.length;
	}

	close(): void {
		this.#socket.close();
	}

	#take(datagram: Uint8Array, packets: QueuedPacket[]): void {
		for (const message of decodeNetlink(datagram)) {
			const packet = message.type === QUEUE_MESSAGE.packet ? decodeQueuedPacket(message.body) : null;
			if (packet !== null) packets.push(packet);
			else if ((netlinkErrno(message) ?? 0) !== 0) this.#refusedVerdicts++;
		}
	}

	/** Sends all steps at once, so that no packet meets a queue that is half set up, and looks at each answer. */
	#setUp(settings: QueueSettings): QueueFailure | null {
		const steps = encodeQueueSetUp(settings);
		const errno = this.#socket.send(steps);
		if (errno !== 0) return systemError("NFQUEUE", errno);
		let acknowledged = 0;
		while (acknowledged < steps.length) {
			const messages = this.#socket.receive();
			if (messages === null) return systemError("NFQUEUE", ERRNO.EAGAIN);
			if (typeof messages === "number") return systemError("NFQUEUE", messages);
			for (const message of messages) {
				const packet = message.type === QUEUE_MESSAGE.packet ? decodeQueuedPacket(message.body) : null;
				if (packet !== null) this.give([{ id: packet.id, verdict: "accept" }]);
				const refused = netlinkErrno(message);
				if (refused === null) continue;
				acknowledged++;
				if (refused !== 0) return this.#refusal(refused);
			}
		}
		return null;
	}

	/** The kernel says EPERM for a queue of somebody else's as it does for a missing privilege. */
	#refusal(errno: number): QueueFailure {
		const isTaken = errno === ERRNO.EBUSY || (errno === ERRNO.EPERM && boundQueues().includes(this.#queue));
		return isTaken ? { code: "queueTaken", queue: this.#queue } : systemError("NFQUEUE", errno);
	}
}

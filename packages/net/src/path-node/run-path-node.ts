/** Runs a path node on this machine: takes packets from a queue, asks around, gives verdicts and sends answers. */
import {
	AnswerCap,
	type Instant,
	judgePassage,
	type NodeVerdict,
	type PassReason,
	readPassage,
	type SystemError,
} from "@whither/core";
import { createClock } from "../clock.ts";
import { defectText, isSystemError, systemError } from "../errors.ts";
import { EPOLLIN } from "../native/constants.ts";
import { EpollSet } from "../native/epoll.ts";
import { ERRNO } from "../native/errno.ts";
import type { Watch } from "../native/libc.ts";
import { openWorkspace, type Workspace } from "../native/workspace.ts";
import { RoutingSocket } from "../netlink/routing-socket.ts";
import { PacketQueue, type QueueFailure } from "../nfqueue/packet-queue.ts";
import type { QueuedPacket, QueueVerdict } from "../nfqueue/queue-messages.ts";
import { type ConfiguredCapacity, NodeSurroundings } from "./node-surroundings.ts";
import { type OutgoingPacket, PacketSender } from "./packet-sender.ts";

/** What a node is told. */
export interface PathNodeOrder extends ConfiguredCapacity {
	readonly queue: number;
	/** An interface that must be there; null: any. Which packets come is for the rule to say. */
	readonly interface: string | null;
}

/** What has come and what became of it. */
export interface PathNodeCounts {
	/** Packets that the queue handed over. */
	readonly seen: number;
	/** Expired requests that were answered, and messages that a NETWORK-STATUS was written into. */
	readonly answered: number;
	readonly rewritten: number;
	/** Packets that were the node's business and went on untouched all the same, by the reason. */
	readonly passed: Readonly<Record<PassReason, number>>;
	/** Answers that the kernel would not send. */
	readonly unsent: number;
	/** How often packets went on unseen because more came than could be read. */
	readonly overruns: number;
	/** Verdicts that came too late for the kernel. */
	readonly refusedVerdicts: number;
	/** Packets that a mistake of ours let go on, and the first such mistake. */
	readonly faults: number;
	readonly firstFault: string | null;
}

/** A node that runs. */
export interface RunningPathNode {
	counts(): PathNodeCounts;
	/** Lets everything go that still waits, and gives the queue back: to be called when no rule leads to it any more. */
	stop(): void;
}

/**
 * Bytes of a packet that are copied: whatever is sent without knowledge of the path comes whole (RFC 8489 section 6.1 sets
 * 576 bytes for IPv4 and 1280 for IPv6), while media that are relayed in STUN messages are cut off.
 */
const COPY_RANGE = 1280;
/** Packets that may wait: with more of them, the last would wait longer than a few packets take (DISCUSS section 5). */
const QUEUE_LENGTH = 1024;
/** Reads in one turn of the event loop before timers and signals get theirs. */
const READS_PER_TURN = 64;
const LOOK_EVERY_MS = 250;
const PREROUTING = 0;

/** Starts a node in this thread; without CAP_NET_ADMIN and CAP_NET_RAW the error is `permissionDenied`. */
export function runPathNode(order: PathNodeOrder): RunningPathNode | QueueFailure {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const parts = openParts(workspace, order);
	return "code" in parts ? parts : new PathNode(workspace, parts);
}

interface NodeParts {
	readonly surroundings: NodeSurroundings;
	readonly sender: PacketSender;
	readonly queue: PacketQueue;
	readonly epoll: EpollSet;
}

/** Opens everything, or nothing and gives the error. */
function openParts(workspace: Workspace, order: PathNodeOrder): NodeParts | QueueFailure {
	const opened: { close(): void }[] = [];
	const failed = <Failure extends QueueFailure>(failure: Failure): Failure => {
		for (const part of opened) part.close();
		return failure;
	};
	const routing = RoutingSocket.open(workspace);
	if (isSystemError(routing)) return routing;
	const surroundings = new NodeSurroundings(workspace, routing, order);
	opened.push(surroundings);
	surroundings.look(0);
	if (order.interface !== null && !surroundings.hasLink(order.interface)) {
		return failed(systemError("interface", ERRNO.ENODEV, order.interface));
	}
	const sender = PacketSender.open(workspace);
	if (isSystemError(sender)) return failed(sender);
	opened.push(sender);
	const epoll = EpollSet.open(workspace);
	if (isSystemError(epoll)) return failed(epoll);
	opened.push(epoll);
	const queue = PacketQueue.open(workspace, { queue: order.queue, copyRange: COPY_RANGE, maxLength: QUEUE_LENGTH });
	if (!(queue instanceof PacketQueue)) return failed(queue);
	opened.push(queue);
	// The set is watched and not the queue: an error that a full buffer leaves there would end the watching.
	const unwatched: SystemError | null = epoll.add(queue.fd, EPOLLIN);
	return unwatched === null ? { surroundings, sender, queue, epoll } : failed(unwatched);
}

class PathNode implements RunningPathNode {
	readonly #parts: NodeParts;
	readonly #clock: { now(): Instant };
	readonly #cap = new AnswerCap();
	readonly #watch: Watch;
	readonly #timer: NodeJS.Timeout;
	#again: NodeJS.Immediate | null = null;
	#isStopped = false;
	#seen = 0;
	#answered = 0;
	#rewritten = 0;
	#passed: Record<PassReason, number> = { notForwarded: 0, unanswerable: 0, noAddress: 0, capped: 0, damaged: 0 };
	#faults = 0;
	#firstFault: string | null = null;

	constructor(workspace: Workspace, parts: NodeParts) {
		this.#parts = parts;
		this.#clock = createClock(workspace);
		this.#watch = workspace.libc.watch(parts.epoll.fd, () => this.#turn());
		this.#timer = setInterval(() => parts.surroundings.look(this.#clock.now()), LOOK_EVERY_MS);
	}

	counts(): PathNodeCounts {
		return {
			seen: this.#seen,
			answered: this.#answered,
			rewritten: this.#rewritten,
			passed: { ...this.#passed },
			unsent: this.#parts.sender.failed,
			...this.#parts.queue.counts,
			faults: this.#faults,
			firstFault: this.#firstFault,
		};
	}

	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		clearInterval(this.#timer);
		if (this.#again !== null) clearImmediate(this.#again);
		this.#watch.close();
		const { queue, sender, surroundings, epoll } = this.#parts;
		for (let reads = 0; reads < READS_PER_TURN; reads++) {
			const waiting = queue.read();
			if (waiting.length === 0) break;
			queue.give(waiting.map(({ id }) => ({ id, verdict: "accept" })));
		}
		for (const part of [epoll, queue, sender, surroundings]) part.close();
	}

	#turn(): void {
		if (this.#isStopped) return;
		const { queue, epoll } = this.#parts;
		epoll.ready();
		for (let reads = 0; reads < READS_PER_TURN; reads++) {
			const packets = queue.read();
			if (packets.length === 0) return;
			this.#serve(packets);
		}
		this.#again ??= setImmediate(() => {
			this.#again = null;
			this.#turn();
		});
	}

	/** The packets' bytes lie in memory that the next read overwrites: verdicts first, then the answers, which are ours. */
	#serve(packets: readonly QueuedPacket[]): void {
		const now = this.#clock.now();
		const verdicts: QueueVerdict[] = [];
		const answers: OutgoingPacket[] = [];
		this.#seen += packets.length;
		for (const packet of packets) verdicts.push(this.#judgeSafely(packet, now, answers));
		this.#parts.queue.give(verdicts);
		for (const answer of answers) this.#parts.sender.send(answer);
	}

	/** A mistake of ours must not hold up anybody's packets. */
	#judgeSafely(packet: QueuedPacket, now: Instant, answers: OutgoingPacket[]): QueueVerdict {
		try {
			return this.#judge(packet, now, answers);
		} catch (error) {
			this.#faults++;
			this.#firstFault ??= defectText(error);
			return { id: packet.id, verdict: "accept" };
		}
	}

	#judge({ id, inputInterface, ...packet }: QueuedPacket, now: Instant, answers: OutgoingPacket[]): QueueVerdict {
		const goOn: QueueVerdict = { id, verdict: "accept" };
		const { family, payload: bytes, checksumReady } = packet;
		if (family === null || inputInterface === null) return goOn;
		const isWhole = bytes.length === packet.wholeLength && !packet.isGso;
		const passage = readPassage({ family, bytes, isWhole, checksumReady, isUnrouted: packet.hook === PREROUTING });
		const facts =
			passage === null ? null : this.#parts.surroundings.factsOf(passage, { link: inputInterface, mark: packet.mark });
		if (passage === null || facts === null) return goOn;
		const verdict = judgePassage(passage, facts, this.#cap, now);
		this.#count(verdict);
		if (verdict.type === "pass") return goOn;
		if (verdict.type === "rewrite") return { ...goOn, payload: verdict.packet };
		answers.push({ family, destination: passage.source, bytes: verdict.answer });
		return { id, verdict: "drop" };
	}

	#count(verdict: NodeVerdict): void {
		if (verdict.type === "answer") this.#answered++;
		else if (verdict.type === "rewrite") this.#rewritten++;
		else this.#passed[verdict.why]++;
	}
}

/** What live tests do with a packet queue: datagrams go over the loopback of this namespace, and through the queue. */
import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isSystemError } from "../errors.ts";
import { openWorkspace } from "../native/workspace.ts";
import { PacketQueue, type QueueFailure } from "../nfqueue/packet-queue.ts";
import type { QueuedPacket, QueueVerdict } from "../nfqueue/queue-messages.ts";

/** How the trial goes: `bursts` of so many datagrams, each burst read only when it is all there. */
export interface QueueTrialOrder {
	readonly family: 4 | 6;
	readonly copyRange: number;
	readonly receiveBufferBytes: number;
	readonly bursts: readonly number[];
	/** What becomes of each packet, by its first payload byte. */
	readonly verdicts: Readonly<Record<string, "drop" | "swap">>;
}

/** What was seen where. */
export interface QueueTrial {
	/** Packets that the queue handed over, a burst each. */
	readonly queued: readonly number[];
	readonly lengths: readonly (readonly [copied: number, whole: number])[];
	/** Payloads that arrived, in their order. */
	readonly arrived: readonly string[];
	readonly counts: PacketQueue["counts"];
}

const QUEUE = 5;
const PORT = 4242;
const LOOPBACK = { 4: "127.0.0.1", 6: "::1" } as const;
const SETTLE_MS = 200;

/** Runs the trial, or says why it cannot; needs root, and iptables in the path. */
export async function queueTrial(order: QueueTrialOrder): Promise<QueueTrial | QueueFailure> {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const { copyRange, receiveBufferBytes } = order;
	const queue = PacketQueue.open(workspace, { queue: QUEUE, copyRange, maxLength: 1024, receiveBufferBytes });
	if (!(queue instanceof PacketQueue)) return queue;
	const command = order.family === 4 ? "iptables" : "ip6tables";
	const match = ["-p", "udp", "--dport", String(PORT), "-j", "NFQUEUE", "--queue-num", String(QUEUE)];
	execFileSync(command, ["-t", "mangle", "-A", "PREROUTING", ...match, "--queue-bypass"]);
	const arrived: string[] = [];
	const receiver = createSocket(order.family === 4 ? "udp4" : "udp6");
	receiver.on("message", (message) => arrived.push(message.toString("latin1")));
	receiver.bind(PORT);
	await once(receiver, "listening");
	const [queued, lengths]: [number[], [number, number][]] = [[], []];
	const sender = createSocket(order.family === 4 ? "udp4" : "udp6");
	for (const count of order.bursts) {
		for (let index = 0; index < count; index++) await send(sender, order.family, `${index % 10} of a burst`);
		const packets = readAll(queue, order);
		queued.push(packets.length);
		lengths.push(
			...packets.slice(0, 1).map(({ payload, wholeLength }): [number, number] => [payload.length, wholeLength]),
		);
		await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
	}
	queue.close();
	sender.close();
	receiver.close();
	return { queued, lengths, arrived, counts: queue.counts };
}

function send(socket: Socket, family: 4 | 6, text: string): Promise<void> {
	return new Promise((resolve) => socket.send(Buffer.from(text, "latin1"), PORT, LOOPBACK[family], () => resolve()));
}

function readAll(queue: PacketQueue, order: QueueTrialOrder): readonly QueuedPacket[] {
	const all: QueuedPacket[] = [];
	for (let packets = queue.read(); packets.length > 0; packets = queue.read()) {
		queue.give(packets.map((packet) => verdictOn(packet, order)));
		all.push(...packets);
	}
	return all;
}

/** `swap`: the first two words of the payload change places, which leaves the checksum, a sum of words, right. */
function verdictOn({ id, payload }: QueuedPacket, { family, verdicts }: QueueTrialOrder): QueueVerdict {
	const text = payload.subarray((family === 4 ? 20 : 40) + 8);
	const verdict = verdicts[String.fromCharCode(text[0] ?? 0)];
	if (verdict === "drop") return { id, verdict: "drop" };
	if (verdict === undefined) return { id, verdict: "accept" };
	const changed = payload.slice();
	const at = changed.length - text.length;
	changed.set(text.subarray(2, 4), at);
	changed.set(text.subarray(0, 2), at + 2);
	return { id, verdict: "accept", payload: changed };
}

/** Both ends of a call whose path is traced while media flows, for live tests. Not part of the package's interface. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { DEFAULT_TRACE_OPTIONS, type Family, type SystemError, type TraceOrder, type TraceResult } from "@whither/core";
import { classifyPacket, decodeStun, encodeStun, isDecodeError } from "@whither/wire";
import { runFlowTrace } from "../driver.ts";
import { isSystemError } from "../errors.ts";
import { lendDgram } from "../media/dgram-loan.ts";
import { type MediaSocket, openMediaSocket } from "../media/media-socket.ts";
import { StreamCheck, type StreamReport, sendStream } from "./media-stream.ts";

/** What the calling end does. */
export interface FlowOrder {
	readonly family: Family;
	/** `own`: a media socket; `dgram`: one of Node's. */
	readonly socket: "own" | "dgram";
	readonly remote: { readonly address: string; readonly port: number };
	readonly method: string;
	readonly perSecond: number;
	readonly seconds: number;
	/** Traces are stopped as soon as their first probes have left, so that all answers come too late. */
	readonly stopsEarly?: boolean;
	/** Changes to the orders of the traces. */
	readonly options?: Partial<TraceOrder["options"]>;
}

/** What it saw. */
export interface FlowReport {
	readonly sent: number;
	/** Errors of sends, and error events of the socket. */
	readonly errors: readonly string[];
	readonly heard: StreamReport;
	/** Sends done again since an error was pending. */
	readonly sentAgain: number | null;
	/** ICMP errors about media. */
	readonly refused: number;
	/** Who answered to each TTL, for every trace that was not stopped. */
	readonly paths: readonly (readonly (string | null)[])[];
	readonly traces: number;
	readonly dropped: number;
}

/** One end of the call. */
interface Caller {
	readonly send: (packets: readonly Uint8Array[]) => void;
	/** Lends the socket until `giveBack`. */
	readonly lend: () => { readonly socket: MediaSocket; giveBack(): void } | SystemError;
	readonly close: () => void;
	readonly counters: () => MediaSocket["counters"] | null;
}

interface Books {
	readonly errors: string[];
	readonly heard: StreamCheck;
	refused: number;
}

/** Time for what is still on its way. */
const LAST_MS = 300;
const PAUSE_MS = 10;

/** Streams, and traces over and over. */
export async function runFlow(order: FlowOrder): Promise<FlowReport> {
	const books: Books = { errors: [], heard: new StreamCheck(), refused: 0 };
	const caller = order.socket === "own" ? ownCaller(order, books) : await dgramCaller(order, books);
	let streaming = true;
	const traced = traceOnAndOn(order, caller, () => streaming);
	const sent = await sendStream(order, caller.send);
	await wait(LAST_MS);
	streaming = false;
	const results = await traced;
	await wait(PAUSE_MS);
	const counters = caller.counters();
	caller.close();
	return {
		sent,
		errors: books.errors,
		heard: books.heard.report,
		sentAgain: counters?.sentAgain ?? null,
		refused: books.refused,
		paths: order.stopsEarly === true ? [] : results.map(pathOf),
		traces: results.length,
		dropped: counters?.dropped ?? 0,
	};
}

function ownCaller({ family, remote: to }: FlowOrder, books: Books): Caller {
	const socket = openMediaSocket(
		{ family },
		{
			received: ({ bytes, kind, ttl }) => books.heard.take(bytes, kind, ttl),
			refused: () => books.refused++,
		},
	);
	if (isSystemError(socket)) throw new Error(socket.errnoName);
	return {
		send: (packets) => {
			for (const { error } of socket.sendBatch(packets.map((bytes) => ({ to, bytes }))))
				books.errors.push(error.errnoName);
		},
		lend: () => ({ socket, giveBack: () => {} }),
		close: () => socket.close(),
		counters: () => socket.counters,
	};
}

async function dgramCaller({ family, remote }: FlowOrder, books: Books): Promise<Caller> {
	const socket: Socket = createSocket({ type: family === 4 ? "udp4" : "udp6", ipv6Only: family === 6 });
	socket.on("message", (message) => books.heard.take(message, classifyPacket(message), null));
	socket.on("error", (error) => books.errors.push(`event ${error.message}`));
	socket.bind(0);
	await once(socket, "listening");
	const done = (error: Error | null): void => {
		if (error !== null) books.errors.push(error.message);
	};
	return {
		send: (packets) => {
			for (const packet of packets) socket.send(packet, remote.port, remote.address, done);
		},
		lend: () => lendDgram(socket),
		close: () => socket.close(),
		counters: () => null,
	};
}

async function traceOnAndOn(order: FlowOrder, caller: Caller, goesOn: () => boolean): Promise<readonly TraceResult[]> {
	const results: TraceResult[] = [];
	while (goesOn()) {
		results.push(await traceOnce(order, caller));
		await wait(PAUSE_MS);
	}
	return results;
}

function traceOnce({ family, remote, method, stopsEarly, options }: FlowOrder, caller: Caller): Promise<TraceResult> {
	const loan = caller.lend();
	if (isSystemError(loan)) throw new Error(`${loan.call} ${loan.errnoName}`);
	const target = { family, target: remote.address, targetName: remote.address, port: remote.port };
	const frugal = {
		channels: ["borrowed"],
		queries: 1,
		simultaneous: 8,
		waitMaxNs: 300_000_000,
		maxSilentHops: 4,
	} as const;
	const all = { ...DEFAULT_TRACE_OPTIONS, method, ...frugal, ...target, ...options };
	const order: TraceOrder = { options: all, tool: { name: "whither", version: "test" }, args: [] };
	return new Promise((resolve, reject) => {
		const running = runFlowTrace(order, loan.socket, (message) => {
			if (message.type === "failed") reject(new Error(JSON.stringify(message.error)));
			else if (message.type === "result")
				running.closed?.then(() => {
					loan.giveBack();
					resolve(message.result);
				});
			else if (message.event.type === "start" && stopsEarly === true) setImmediate(() => running.stop());
		});
	});
}

function pathOf({ hops }: TraceResult): (string | null)[] {
	return hops.map(({ probes }) => probes.find(({ from }) => from !== null)?.from ?? null);
}

/** What the called end does: answers STUN, counts what comes, and streams back to whoever sends media. */
export interface PeerOrder {
	readonly family: Family;
	readonly port: number;
	readonly perSecond: number;
	readonly seconds: number;
}

/** What it saw, and what it sent. */
export interface PeerReport {
	readonly sent: number;
	readonly heard: StreamReport;
	readonly dropped: number;
}

/** Says "ready", runs until `ended`, and reports. */
export async function runPeer(order: PeerOrder, ended: Promise<unknown>): Promise<PeerReport> {
	const heard = new StreamCheck();
	let stream: Promise<number> | null = null;
	const socket = openMediaSocket(
		{ family: order.family, port: order.port },
		{
			received: ({ from, bytes, kind, ttl }) => {
				const isMedia = heard.take(bytes, kind, ttl);
				if (isMedia)
					stream ??= sendStream(order, (packets) => socket.sendBatch(packets.map((one) => ({ to: from, bytes: one }))));
				else if (kind === "stun") answerBinding(socket, from, bytes);
			},
		},
	) as MediaSocket;
	if (isSystemError(socket)) throw new Error(socket.errnoName);
	process.stdout.write("ready\n");
	await ended;
	const sent = stream === null ? 0 : await stream;
	const { dropped } = socket.counters;
	socket.close();
	return { sent, heard: heard.report, dropped };
}

function answerBinding(
	socket: MediaSocket,
	from: { readonly address: string; readonly port: number },
	bytes: Uint8Array,
): void {
	const request = decodeStun(bytes);
	if (isDecodeError(request) || request.class !== "request") return;
	const { transactionId } = request;
	const value = { address: from.address, port: from.port };
	const attributes = [{ name: "xorMappedAddress", value }] as const;
	socket.send(from, encodeStun({ class: "success", method: "binding", transactionId, attributes }));
}

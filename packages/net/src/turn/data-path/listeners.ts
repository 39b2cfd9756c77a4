/**
 * The sockets that clients send to. With several workers each has one at every place, and a program in the kernel gives
 * each client's datagrams to the worker that its address, without its port, falls to.
 */
import type { Family, SystemError } from "@whither/core";
import { bufferOptions, fragmentOption, packetInfoOption, sendBufferOptions } from "../../channel/socket-options.ts";
import { isSystemError } from "../../errors.ts";
import { IP_PMTUDISC_DONT, SO_REUSEPORT, SOL_SOCKET, SOL_UDP, UDP_GRO } from "../../native/constants.ts";
import { encodeProgram, type Instruction } from "../../native/packet-filter.ts";
import { attachProgram, type SocketOption } from "../../native/socket.ts";
import type { Workspace } from "../../native/workspace.ts";
import type { StunPlace } from "../../serving/places-io.ts";
import { openUdpSocket } from "../../transport/udp-socket.ts";
import type { OutSocket } from "./outgoing-messages.ts";

/** An open listener. */
export interface Listener {
	readonly fd: number;
	readonly family: Family;
	readonly place: number;
	/** Bound to no address: packets tell theirs. */
	readonly wildcard: boolean;
	/** How many datagrams the next look is likely to find. */
	expected: number;
	readonly socket: OutSocket;
}

/** What the kernel keeps while a worker is busy, and what it takes before a link has carried it away. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** The option that hands up datagrams of one flow that came together as one. */
export const COALESCE: SocketOption = { label: "UDP_GRO", level: SOL_UDP, name: UDP_GRO, value: 1, need: "try" };

/** Which of how many workers. */
export interface WorkerPlace {
	readonly index: number;
	readonly count: number;
}

/** Opens the socket of one worker at one place. The first worker's tells the kernel whom to give what. */
export function openListener(workspace: Workspace, place: StunPlace, worker: WorkerPlace): number | SystemError {
	const { family, address, port } = place;
	const where = { family, address, port, ...(place.zone === undefined ? {} : { zone: place.zone }) };
	const shared = worker.count > 1;
	if (shared && worker.index === 0) {
		// Sockets that share a port share it with another program's as well: whether it is free only one alone can tell.
		const alone = openUdpSocket(workspace, where, []);
		if (isSystemError(alone)) return alone;
		workspace.libc.close(alone);
	}
	const reuse: SocketOption = { label: "SO_REUSEPORT", level: SOL_SOCKET, name: SO_REUSEPORT, value: 1 };
	const fd = openUdpSocket(workspace, where, [
		...bufferOptions(BUFFER_BYTES),
		...sendBufferOptions(BUFFER_BYTES),
		COALESCE,
		// Answers to clients are whole for whatever links take, as a router's are.
		{ ...fragmentOption(family, IP_PMTUDISC_DONT), need: "try" },
		...(shared ? [reuse] : []),
		...(address === null ? [packetInfoOption(family)] : []),
	]);
	if (isSystemError(fd) || !shared || worker.index > 0) return fd;
	const failed = attachProgram(workspace, fd, selector(family, worker.count), "SO_ATTACH_REUSEPORT_CBPF");
	if (failed === null) return fd;
	workspace.libc.close(fd);
	return failed;
}

/** Where a program finds the network header, whatever else it is shown (SKF_NET_OFF, include/uapi/linux/filter.h). */
const NETWORK_HEADER = 0xfff00000;
/** Of a source address: where it stands in its header, and how many words it has. An IPv6 host is known by its /64. */
const SOURCE = { 4: { at: 12, words: 1 }, 6: { at: 8, words: 2 } } as const;

const LOAD_WORD = 0x20;
const LOAD_A_FROM_MEMORY = 0x60;
const STORE_A = 0x02;
const COPY_A_TO_X = 0x07;
const XOR_X = 0xac;
const MULTIPLY = 0x24;
const SHIFT_RIGHT = 0x74;
const MODULO = 0x94;
const RETURN_A = 0x16;
/** 2^32 divided by the golden ratio: neighbours go to different workers. */
const SPREAD = 0x9e3779b1;

/** The classic BPF program that gives the number of the socket for a source address. */
export function selector(family: Family, count: number): Uint8Array {
	const { at, words } = SOURCE[family];
	const program: Instruction[] = [{ code: LOAD_WORD, k: NETWORK_HEADER + at }];
	for (let word = 1; word < words; word++)
		program.push(
			{ code: MULTIPLY, k: SPREAD },
			{ code: STORE_A, k: 0 },
			{ code: LOAD_WORD, k: NETWORK_HEADER + at + 4 * word },
			{ code: COPY_A_TO_X, k: 0 },
			{ code: LOAD_A_FROM_MEMORY, k: 0 },
			{ code: XOR_X, k: 0 },
		);
	program.push({ code: MULTIPLY, k: SPREAD }, { code: SHIFT_RIGHT, k: 16 }, { code: MODULO, k: count });
	return encodeProgram([...program, { code: RETURN_A, k: 0 }]);
}

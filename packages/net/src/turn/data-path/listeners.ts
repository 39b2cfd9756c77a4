/**
 * The sockets that clients send to. With several workers each has one at every place, and a program in the kernel gives
 * each client's datagrams to the worker that its address, without its port, falls to.
 */
import type { Family, SystemError } from "@whither/core";
import { fragmentOption, packetInfoOption } from "../../channel/socket-options.ts";
import { isSystemError, systemError } from "../../errors.ts";
import {
	IP_PMTUDISC_DONT,
	SO_ATTACH_REUSEPORT_CBPF,
	SO_RCVBUF,
	SO_RCVBUFFORCE,
	SO_REUSEPORT,
	SO_SNDBUF,
	SO_SNDBUFFORCE,
	SOL_SOCKET,
	SOL_UDP,
	UDP_GRO,
} from "../../native/constants.ts";
import { INSTRUCTION_BYTES } from "../../native/packet-filter.ts";
import type { SocketOption } from "../../native/socket.ts";
import { writeSize } from "../../native/structs.ts";
import type { Workspace } from "../../native/workspace.ts";
import type { StunPlace } from "../../stun/service-io.ts";
import { openUdpSocket } from "../../transport/udp-socket.ts";

/** What the kernel keeps while a worker is busy, and what it takes before a link has carried it away. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Options that size both buffers, beyond the system's limits where we may. */
export function sizeOptions(bytes: number): readonly SocketOption[] {
	return (
		[
			["SO_RCVBUF", SO_RCVBUF],
			["SO_RCVBUFFORCE", SO_RCVBUFFORCE],
			["SO_SNDBUF", SO_SNDBUF],
			["SO_SNDBUFFORCE", SO_SNDBUFFORCE],
		] as const
	).map(([label, name]) => ({ label, level: SOL_SOCKET, name, value: bytes, need: "try" }));
}

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
		...sizeOptions(BUFFER_BYTES),
		COALESCE,
		// Answers to clients are whole for whatever links take, as a router's are.
		{ ...fragmentOption(family, IP_PMTUDISC_DONT), need: "try" },
		...(shared ? [reuse] : []),
		...(address === null ? [packetInfoOption(family)] : []),
	]);
	if (isSystemError(fd) || !shared || worker.index > 0) return fd;
	const failed = attachSelector(workspace, fd, selector(family, worker.count));
	if (failed === null) return fd;
	workspace.libc.close(fd);
	return failed;
}

function attachSelector(workspace: Workspace, fd: number, program: Uint8Array): SystemError | null {
	const { libc, scratch } = workspace;
	scratch.bytes.set(program, 16);
	scratch.bytes.fill(0, 0, 16);
	scratch.view.setUint16(0, program.length / INSTRUCTION_BYTES, true);
	writeSize(scratch.view, 8, scratch.address + 16);
	const failed = libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, scratch.address, 16) < 0;
	return failed ? systemError("setsockopt SO_ATTACH_REUSEPORT_CBPF", libc.errno()) : null;
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
	const program: [code: number, k: number][] = [[LOAD_WORD, NETWORK_HEADER + at]];
	for (let word = 1; word < words; word++)
		program.push(
			[MULTIPLY, SPREAD],
			[STORE_A, 0],
			[LOAD_WORD, NETWORK_HEADER + at + 4 * word],
			[COPY_A_TO_X, 0],
			[LOAD_A_FROM_MEMORY, 0],
			[XOR_X, 0],
		);
	program.push([MULTIPLY, SPREAD], [SHIFT_RIGHT, 16], [MODULO, count], [RETURN_A, 0]);
	const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
	const view = new DataView(bytes.buffer);
	for (const [index, [code, k]] of program.entries()) {
		view.setUint16(index * INSTRUCTION_BYTES, code, true);
		view.setUint32(index * INSTRUCTION_BYTES + 4, k >>> 0, true);
	}
	return bytes;
}

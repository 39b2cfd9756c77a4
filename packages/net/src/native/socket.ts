/** Socket calls in our words: each gives a value or the `SystemError` of the call that failed. */
import type { Family, SystemError } from "@whither/core";
import { isSystemError, systemError } from "../errors.ts";
import {
	SO_ATTACH_FILTER,
	SO_ATTACH_REUSEPORT_CBPF,
	SO_BINDTODEVICE,
	SO_ERROR,
	SOCK_CLOEXEC,
	SOCK_NONBLOCK,
	SOL_SOCKET,
} from "./constants.ts";
import {
	ADDRESS_FAMILY,
	decodeSockaddr,
	encodeSockaddr,
	SOCKADDR_LENGTH,
	type SockaddrFields,
	type SocketAddress,
} from "./sockaddr.ts";
import { writeSize } from "./structs.ts";
import type { Workspace } from "./workspace.ts";

/** A new non-blocking socket's descriptor; `address` only names whom the error is about. */
export function openSocket(
	workspace: Workspace,
	request: { readonly family: Family; readonly type: number; readonly protocol: number },
): number | SystemError {
	const { libc } = workspace;
	const fd = libc.socket(ADDRESS_FAMILY[request.family], request.type | SOCK_NONBLOCK | SOCK_CLOEXEC, request.protocol);
	return fd < 0 ? systemError("socket", libc.errno()) : fd;
}

/** An option with its value: an int, or bytes as the kernel wants them. */
export interface SocketOption {
	/** The option's name, for the error. */
	readonly label: string;
	readonly level: number;
	readonly name: number;
	readonly value: number | Uint8Array;
	/** `try`: an older kernel or a missing privilege is no reason to give up. */
	readonly need?: "must" | "try";
}

/** Sets one option; null when it worked or was only tried. */
export function setOption(workspace: Workspace, fd: number, option: SocketOption): SystemError | null {
	const { libc, scratch } = workspace;
	const { level, name, value } = option;
	let length = 4;
	if (typeof value === "number") scratch.view.setInt32(0, value, true);
	else {
		scratch.bytes.set(value);
		length = value.length;
	}
	if (libc.setsockopt(fd, level, name, scratch.address, length) === 0 || option.need === "try") return null;
	return systemError(`setsockopt ${option.label}`, libc.errno());
}

/** Sets options in order; the first error of one that must work, or null. */
export function setOptions(workspace: Workspace, fd: number, options: readonly SocketOption[]): SystemError | null {
	for (const option of options) {
		const error = setOption(workspace, fd, option);
		if (error !== null) return error;
	}
	return null;
}

/** The option that ties a socket to one interface. */
export function deviceOption(name: string): SocketOption {
	const bytes = new TextEncoder().encode(name);
	return { label: "SO_BINDTODEVICE", level: SOL_SOCKET, name: SO_BINDTODEVICE, value: bytes };
}

/** What a program may be for: which packets a socket gets, or which socket of a group gets a packet. */
const PROGRAM_OPTIONS = { SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF } as const;

/** Attaches a classic BPF program of 8-byte instructions (struct sock_fprog: count, then address at 8). */
export function attachProgram(
	{ libc, scratch }: Workspace,
	fd: number,
	program: Uint8Array,
	option: keyof typeof PROGRAM_OPTIONS,
): SystemError | null {
	scratch.bytes.set(program, 16);
	scratch.bytes.fill(0, 0, 16);
	scratch.view.setUint16(0, program.length / 8, true);
	writeSize(scratch.view, 8, scratch.address + 16);
	if (libc.setsockopt(fd, SOL_SOCKET, PROGRAM_OPTIONS[option], scratch.address, 16) === 0) return null;
	return systemError(`setsockopt ${option}`, libc.errno());
}

/** The program that decides which packets a socket gets. */
export function attachFilter(workspace: Workspace, fd: number, program: Uint8Array): SystemError | null {
	return attachProgram(workspace, fd, program, "SO_ATTACH_FILTER");
}

/** Reads an int option; null when the kernel does not say. */
export function readOption(workspace: Workspace, fd: number, level: number, name: number): number | null {
	const bytes = readOptionBytes(workspace, fd, { level, name, length: 4 });
	return bytes === null || bytes.length < 4 ? null : workspace.scratch.view.getInt32(0, true);
}

/** Reads an option's bytes, at most `length`; the view is good until the next call. */
export function readOptionBytes(
	workspace: Workspace,
	fd: number,
	option: { readonly level: number; readonly name: number; readonly length: number },
): Uint8Array | null {
	const { libc, scratch } = workspace;
	const lengthAt = (option.length + 7) & ~7;
	scratch.view.setUint32(lengthAt, option.length, true);
	const failed = libc.getsockopt(fd, option.level, option.name, scratch.address, scratch.address + lengthAt) < 0;
	return failed ? null : scratch.bytes.subarray(0, scratch.view.getUint32(lengthAt, true));
}

/** The error waiting on a socket, an errno, taken off it; 0 for none. */
export function takeError(workspace: Workspace, fd: number): number {
	return readOption(workspace, fd, SOL_SOCKET, SO_ERROR) ?? 0;
}

/** Binds to an address and port (0: the kernel chooses). */
export function bindSocket(workspace: Workspace, fd: number, to: SockaddrFields): SystemError | null {
	const { libc, scratch } = workspace;
	encodeSockaddr(scratch.bytes, to);
	if (libc.bind(fd, scratch.address, SOCKADDR_LENGTH[to.family]) === 0) return null;
	return systemError("bind", libc.errno(), to.address);
}

/** connect(2); the errno, 0 when it is done at once. */
export function connectSocket(workspace: Workspace, fd: number, to: SockaddrFields): number {
	const { libc, scratch } = workspace;
	encodeSockaddr(scratch.bytes, to);
	return libc.connect(fd, scratch.address, SOCKADDR_LENGTH[to.family]) === 0 ? 0 : libc.errno();
}

/** The address and port a socket is bound to. */
export function localAddress(workspace: Workspace, fd: number): SocketAddress | SystemError {
	const { libc, scratch } = workspace;
	scratch.view.setUint32(32, 28, true);
	if (libc.getsockname(fd, scratch.address, scratch.address + 32) < 0) return systemError("getsockname", libc.errno());
	return decodeSockaddr(scratch.bytes.subarray(0, 28)) ?? systemError("getsockname", libc.errno());
}

/** Runs `prepare` on a new descriptor and closes it when that fails. */
export function prepared(
	workspace: Workspace,
	fd: number | SystemError,
	prepare: (fd: number) => SystemError | null,
): number | SystemError {
	if (isSystemError(fd)) return fd;
	const error = prepare(fd);
	if (error === null) return fd;
	workspace.libc.close(fd);
	return error;
}

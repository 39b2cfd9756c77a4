/** libc as functions: the one place that loads koffi, and only when something is asked of it. */
import { createRequire } from "node:module";
import type { SystemError } from "@whither/core";
import { ERRNO } from "./errno.ts";

/** Waits on a descriptor; must be closed before the thread that made it ends. */
export interface Watch {
	close(): void;
}

/**
 * The calls we make. Pointers are addresses in an arena, as numbers (user space ends below 2^53 on every Linux we
 * know); results are the C results, and `errno()` must be read right after a failure.
 */
export interface Libc {
	socket(domain: number, type: number, protocol: number): number;
	bind(fd: number, address: number, length: number): number;
	connect(fd: number, address: number, length: number): number;
	getsockname(fd: number, address: number, length: number): number;
	setsockopt(fd: number, level: number, name: number, value: number, length: number): number;
	getsockopt(fd: number, level: number, name: number, value: number, length: number): number;
	sendmmsg(fd: number, messages: number, count: number, flags: number): number;
	recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
	recvmsg(fd: number, message: number, flags: number): number;
	sendmsg(fd: number, message: number, flags: number): number;
	sendto(fd: number, buffer: number, length: number, flags: number, name: number, nameLength: number): number;
	read(fd: number, buffer: number, length: number): number;
	write(fd: number, buffer: number, length: number): number;
	shutdown(fd: number, how: number): number;
	close(fd: number): number;
	ioctl(fd: number, request: number, argument: number): number;
	fcntl(fd: number, command: number, argument: number): number;
	epoll_create1(flags: number): number;
	epoll_ctl(epoll: number, operation: number, fd: number, event: number): number;
	epoll_wait(epoll: number, events: number, count: number, timeoutMs: number): number;
	eventfd(value: number, flags: number): number;
	getrlimit(resource: number, limits: number): number;
	setrlimit(resource: number, limits: number): number;
	timerfd_create(clock: number, flags: number): number;
	timerfd_settime(fd: number, flags: number, value: number, old: number): number;
	clock_gettime(clock: number, time: number): number;
	getrandom(buffer: number, length: number, flags: number): number;
	if_nametoindex(name: string): number;
	errno(): number;
	addressOf(buffer: ArrayBuffer): number;
	/** Calls back whenever the descriptor is readable, until closed. */
	watch(fd: number, readable: () => void): Watch;
}

const SIGNATURES: Readonly<Record<string, readonly [result: string, ...parameters: string[]]>> = {
	socket: ["int", "int", "int", "int"],
	bind: ["int", "int", "uintptr_t", "uint"],
	connect: ["int", "int", "uintptr_t", "uint"],
	getsockname: ["int", "int", "uintptr_t", "uintptr_t"],
	setsockopt: ["int", "int", "int", "int", "uintptr_t", "uint"],
	getsockopt: ["int", "int", "int", "int", "uintptr_t", "uintptr_t"],
	sendmmsg: ["int", "int", "uintptr_t", "uint", "int"],
	recvmmsg: ["int", "int", "uintptr_t", "uint", "int", "uintptr_t"],
	recvmsg: ["long", "int", "uintptr_t", "int"],
	sendmsg: ["long", "int", "uintptr_t", "int"],
	sendto: ["long", "int", "uintptr_t", "ulong", "int", "uintptr_t", "uint"],
	read: ["long", "int", "uintptr_t", "ulong"],
	write: ["long", "int", "uintptr_t", "ulong"],
	shutdown: ["int", "int", "int"],
	close: ["int", "int"],
	ioctl: ["int", "int", "ulong", "uintptr_t"],
	fcntl: ["int", "int", "int", "long"],
	epoll_create1: ["int", "int"],
	epoll_ctl: ["int", "int", "int", "int", "uintptr_t"],
	epoll_wait: ["int", "int", "uintptr_t", "int", "int"],
	eventfd: ["int", "uint", "int"],
	getrlimit: ["int", "int", "uintptr_t"],
	setrlimit: ["int", "int", "uintptr_t"],
	timerfd_create: ["int", "int", "int"],
	timerfd_settime: ["int", "int", "int", "uintptr_t", "uintptr_t"],
	clock_gettime: ["int", "int", "uintptr_t"],
	getrandom: ["long", "uintptr_t", "ulong", "uint"],
	if_nametoindex: ["uint", "str"],
};

let loaded: Libc | SystemError | null = null;

/** libc of this process, loaded on the first call; `unsupportedPlatform` anywhere but on Linux with a koffi binary. */
export function loadLibc(): Libc | SystemError {
	loaded ??= process.platform === "linux" && isLittleEndian64() ? bindLibc() : unsupported(`${process.platform}`);
	return loaded;
}

/** The structures are laid out for LP64, little endian. */
function isLittleEndian64(): boolean {
	return process.arch === "x64" || process.arch === "arm64" || process.arch === "riscv64" || process.arch === "loong64";
}

type Koffi = typeof import("koffi");

function bindLibc(): Libc | SystemError {
	let koffi: Koffi;
	const calls: Record<string, unknown> = {};
	try {
		koffi = createRequire(import.meta.url)("koffi") as Koffi;
		const library = koffi.load(null);
		for (const [name, [result, ...parameters]] of Object.entries(SIGNATURES)) {
			calls[name] = library.func(name, result, parameters);
		}
	} catch (error) {
		return unsupported(error instanceof Error ? error.message : String(error));
	}
	const own: Pick<Libc, "errno" | "addressOf" | "watch"> = {
		errno: () => koffi.errno(),
		addressOf: (buffer) => Number(koffi.address(buffer)),
		watch: (fd, readable) => watch(koffi, fd, readable),
	};
	return { ...(calls as unknown as Libc), ...own };
}

function unsupported(why: string): SystemError {
	return { code: "unsupportedPlatform", call: "load", address: why, errno: ERRNO.ENOSYS, errnoName: "ENOSYS" };
}

/** Open poll handles: one that nobody references would be collected and fall silent. */
const watched = new Set<object>();

function watch(koffi: Koffi, fd: number, readable: () => void): Watch {
	const poll = koffi.node.poll(fd, { readable: true }, () => {
		readable();
		// On Node 26 promises and ticks queued in this callback would otherwise wait for the loop's next event.
		setImmediate(() => {});
	});
	watched.add(poll);
	return {
		close: () => {
			if (watched.delete(poll)) poll.close();
		},
	};
}

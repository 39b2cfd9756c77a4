/** Failed system calls as values: an errno becomes a `SystemError` whose code says what happened. */
import type { SystemError } from "@whither/core";
import { ERRNO, errnoName } from "./native/errno.ts";

const CODES: ReadonlyMap<number, SystemError["code"]> = new Map([
	[ERRNO.ENETUNREACH, "noRoute"],
	[ERRNO.EHOSTUNREACH, "noRoute"],
	[ERRNO.ENETDOWN, "networkDown"],
	[ERRNO.EADDRNOTAVAIL, "addressNotAvailable"],
	[ERRNO.EADDRINUSE, "addressNotAvailable"],
	[ERRNO.ENODEV, "noSuchDevice"],
	[ERRNO.EPERM, "permissionDenied"],
	[ERRNO.EACCES, "permissionDenied"],
	[ERRNO.EMSGSIZE, "messageTooLong"],
	[ERRNO.ENOBUFS, "noBuffers"],
	[ERRNO.ENOMEM, "noBuffers"],
	[ERRNO.EAGAIN, "noBuffers"],
	[ERRNO.EMFILE, "tooManyFiles"],
	[ERRNO.ENFILE, "tooManyFiles"],
	[ERRNO.EPROTONOSUPPORT, "unsupportedProtocol"],
	[ERRNO.ESOCKTNOSUPPORT, "unsupportedProtocol"],
	[ERRNO.EAFNOSUPPORT, "unsupportedProtocol"],
	[ERRNO.EPFNOSUPPORT, "unsupportedProtocol"],
	[ERRNO.ENOSYS, "unsupportedPlatform"],
]);

/** The error of a system call that failed with `errno`; `address` is the address it was about, or null. */
export function systemError(call: string, errno: number, address: string | null = null): SystemError {
	return { code: CODES.get(errno) ?? "systemCall", call, address, errno, errnoName: errnoName(errno) };
}

/**
 * The error of a failed send. EPERM and EACCES mean here what they never mean when a socket is opened: a local packet
 * filter (nftables, iptables) refused the packet, or routing forbids its destination.
 */
export function sendError(call: string, errno: number, address: string): SystemError {
	const error = systemError(call, errno, address);
	if (errno === ERRNO.EACCES) return { ...error, code: "prohibited" };
	return errno === ERRNO.EPERM ? { ...error, code: "filteredLocally" } : error;
}

/** Whether a send that failed so is worth trying again in a moment. */
export function isTransient(errno: number): boolean {
	return errno === ERRNO.ENOBUFS || errno === ERRNO.EAGAIN || errno === ERRNO.ENOMEM || errno === ERRNO.EINTR;
}

/** Whether after this error of a socket a request is not worth repeating; what the queues are full of passes. */
export function isHopeless({ code }: SystemError): boolean {
	return HOPELESS.has(code);
}

const HOPELESS: ReadonlySet<SystemError["code"]> = new Set([
	"noRoute",
	"networkDown",
	"prohibited",
	"filteredLocally",
	"systemCall",
]);

/** Whether after this error a socket is of no more use. */
export function isFatal(errno: number): boolean {
	return errno === ERRNO.ENODEV || errno === ERRNO.ENETDOWN || errno === ERRNO.EBADF;
}

/** Whether a send that failed so can be the report of an earlier packet's ICMP error instead of its own failure. */
export function canBePending(errno: number): boolean {
	return PENDING.has(errno);
}

/** What ip(7) and icmp_err_convert in the kernel turn ICMP errors into. */
const PENDING: ReadonlySet<number> = new Set([
	ERRNO.EHOSTUNREACH,
	ERRNO.ENETUNREACH,
	ERRNO.ECONNREFUSED,
	ERRNO.EMSGSIZE,
	ERRNO.EPROTO,
	ERRNO.EHOSTDOWN,
	ERRNO.ENOPROTOOPT,
	ERRNO.EOPNOTSUPP,
	ERRNO.EACCES,
]);

/** What is told of a defect of our own: where it was thrown, as far as that is known. */
export function defectText(thrown: unknown): string {
	return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

/** Tells a `SystemError` from any other value that a function may give. */
export function isSystemError(value: unknown): value is SystemError {
	return typeof value === "object" && value !== null && "errnoName" in value && "code" in value && "call" in value;
}

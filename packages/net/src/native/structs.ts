/** Offsets and sizes of the kernel's structures on LP64, little endian (x86_64, arm64), laid out by hand. */

/** struct mmsghdr: a 56-byte msghdr, then the length of what was sent or received. */
export const MMSGHDR = {
	bytes: 64,
	name: 0,
	nameLength: 8,
	vector: 16,
	vectorLength: 24,
	control: 32,
	controlLength: 40,
	flags: 48,
	length: 56,
} as const;
/** struct iovec. */
export const IOVEC = { bytes: 16, base: 0, length: 8 } as const;
/** struct cmsghdr; the data follows at 16 and the next header is aligned to 8. */
export const CMSGHDR = { bytes: 16, length: 0, level: 8, type: 12 } as const;
/** struct sock_extended_err; the offender's socket address follows at 16. */
export const EXTENDED_ERROR = {
	bytes: 16,
	errno: 0,
	origin: 4,
	type: 5,
	code: 6,
	info: 8,
	data: 12,
	extensionOffset: 12,
	extensionFlags: 14,
} as const;
/** Room for a sockaddr_in6, the longest address we use. */
export const SOCKADDR_BYTES = 28;
/** struct timespec. */
export const TIMESPEC = { bytes: 16, seconds: 0, nanoseconds: 8 } as const;

/** struct epoll_event is packed on x86_64 and nowhere else (include/uapi/linux/eventpoll.h, EPOLL_PACKED). */
export const EPOLL_DATA_OFFSET = process.arch === "x64" ? 4 : 8;
export const EPOLL_EVENT_BYTES = EPOLL_DATA_OFFSET + 8;
/** Events taken by one epoll_wait(2). */
export const EPOLL_EVENTS = 64;

/** Reads a 64-bit count that is known to be small. */
export function readSize(view: DataView, offset: number): number {
	return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

/** Writes an address or size as 64 bits. */
export function writeSize(view: DataView, offset: number, value: number): void {
	view.setUint32(offset, value >>> 0, true);
	view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

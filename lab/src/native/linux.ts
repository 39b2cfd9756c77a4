/**
 * The few Linux calls that the lab needs beyond Node's own: network namespaces, TUN devices and precise waiting.
 * Every buffer is handed over for the length of one call only, so nothing here is known to the kernel by address.
 */
import koffi from "koffi";

/** CLONE_NEWNET of linux/sched.h, for setns(2). */
const CLONE_NEWNET = 0x4000_0000;
/** TUNSETIFF of linux/if_tun.h: _IOW('T', 202, int). */
const TUNSETIFF = 0x4004_54ca;
/** IFF_TUN | IFF_NO_PI of linux/if_tun.h: whole IP packets, nothing before them. */
const TUN_FLAGS = 0x1001;
/** O_RDWR | O_NONBLOCK | O_CLOEXEC of asm-generic/fcntl.h (the same on x86_64 and arm64). */
const TUN_OPEN_FLAGS = 0o2 | 0o4000 | 0o2000000;
/** sizeof(struct ifreq) and the place of ifr_flags behind the 16 bytes of the name (LP64). */
const IFREQ_LENGTH = 40;
const IFREQ_FLAGS = 16;
/** POLLIN of asm-generic/poll.h. */
const POLLIN = 1;
const POLLFD_LENGTH = 8;
/** Families, types, levels and options of sys/socket.h, netinet/in.h and linux/in6.h. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_RAW = 3;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_RAW = 255;
const IP_HDRINCL = 3;
const IPV6_HDRINCL = 36;
const PR_SET_PDEATHSIG = 1;
const PR_SET_TIMERSLACK = 29;
const SIGKILL = 9;
const SCHED_FIFO = 1;
const EAGAIN = 11;
const EINTR = 4;
const EIO = 5;

function declareCalls() {
	const libc = koffi.load(null);
	return {
		setns: libc.func("int setns(int fd, int type)"),
		open: libc.func("int open(const char *path, int flags)"),
		ioctl: libc.func("int ioctl(int fd, unsigned long request, void *argument)"),
		close: libc.func("int close(int fd)"),
		read: libc.func("long read(int fd, void *buffer, size_t length)"),
		write: libc.func("long write(int fd, void *buffer, size_t length)"),
		ppoll: libc.func("int ppoll(void *fds, unsigned long count, void *timeout, void *mask)"),
		socket: libc.func("int socket(int family, int type, int protocol)"),
		setsockopt: libc.func("int setsockopt(int fd, int level, int name, void *value, unsigned int length)"),
		sendto: libc.func("long sendto(int fd, void *bytes, size_t length, int flags, void *address, unsigned int size)"),
		prctl: libc.func("int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)"),
		setScheduler: libc.func("int sched_setscheduler(int pid, int policy, void *parameters)"),
	};
}

let declared: ReturnType<typeof declareCalls> | null = null;

function calls(): ReturnType<typeof declareCalls> {
	declared ??= declareCalls();
	return declared;
}

function fail(call: string): never {
	throw new Error(`${call}: errno ${koffi.errno()}`);
}

/** Moves the calling thread to the network namespace that the descriptor is open on; throws with the errno. */
export function enterNetworkNamespace(descriptor: number): void {
	if (calls().setns(descriptor, CLONE_NEWNET) !== 0) fail("setns");
}

/** Creates a TUN device in the calling thread's namespace; it lives as long as the descriptor that comes back. */
export function openTun(name: string): number {
	const descriptor = calls().open("/dev/net/tun", TUN_OPEN_FLAGS);
	if (descriptor < 0) fail("open /dev/net/tun");
	const request = Buffer.alloc(IFREQ_LENGTH);
	request.write(name, "latin1");
	request.writeUInt16LE(TUN_FLAGS, IFREQ_FLAGS);
	if (calls().ioctl(descriptor, TUNSETIFF, request) !== 0) {
		const errno = koffi.errno();
		calls().close(descriptor);
		throw new Error(`TUNSETIFF ${name}: errno ${errno}`);
	}
	return descriptor;
}

/** Reads one packet into the buffer: its length, or null when none waits, or `gone` when the device was deleted. */
export function readPacket(descriptor: number, buffer: Buffer): number | "gone" | null {
	const length = calls().read(descriptor, buffer, buffer.length);
	if (length >= 0) return length;
	const errno = koffi.errno();
	// EIO: the device is down, so there is nothing to read until it comes up.
	return errno === EAGAIN || errno === EINTR || errno === EIO ? null : "gone";
}

/** Writes one packet; false when the device would not take it (down, or its queue is full). */
export function writePacket(descriptor: number, packet: Uint8Array): boolean {
	const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
	return calls().write(descriptor, bytes, bytes.length) === bytes.length;
}

/** Waits in the kernel for any of a fixed set of descriptors to have something to read. */
export class Waiter {
	readonly #fds: Buffer;
	readonly #timeout = Buffer.alloc(128);
	readonly #count: number;

	constructor(descriptors: readonly number[]) {
		this.#count = descriptors.length;
		this.#fds = Buffer.alloc(Math.max(128, descriptors.length * POLLFD_LENGTH));
		descriptors.forEach((descriptor, index) => {
			this.#fds.writeInt32LE(descriptor, index * POLLFD_LENGTH);
			this.#fds.writeInt16LE(POLLIN, index * POLLFD_LENGTH + 4);
		});
	}

	/** Blocks the thread until something can be read or the time has passed. */
	wait(nanoseconds: number): void {
		const whole = Math.max(0, Math.floor(nanoseconds));
		this.#timeout.writeBigInt64LE(BigInt(Math.floor(whole / 1e9)), 0);
		this.#timeout.writeBigInt64LE(BigInt(whole % 1e9), 8);
		calls().ppoll(this.#fds, this.#count, this.#timeout, null);
	}

	/** Whether the descriptor at this place of the list had something to read after the last wait. */
	ready(index: number): boolean {
		return this.#fds.readInt16LE(index * POLLFD_LENGTH + 6) !== 0;
	}

	/** Waits for this one no more: poll(2) leaves out what is negative. */
	drop(index: number): void {
		this.#fds.writeInt32LE(-1, index * POLLFD_LENGTH);
		this.#fds.writeInt16LE(0, index * POLLFD_LENGTH + 6);
	}
}

/** Opens a raw socket that sends whole IP packets, headers included; needs CAP_NET_RAW. */
export function openPacketSocket(family: 4 | 6): number {
	const descriptor = calls().socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (descriptor < 0) fail("socket");
	const on = Buffer.alloc(128);
	on.writeInt32LE(1);
	const [level, name] = family === 4 ? [IPPROTO_IP, IP_HDRINCL] : [IPPROTO_IPV6, IPV6_HDRINCL];
	if (calls().setsockopt(descriptor, level, name, on, 4) !== 0) fail("setsockopt");
	return descriptor;
}

/** Sends a whole IP packet to the destination in its header; false when the kernel would not take it. */
export function sendPacket(descriptor: number, packet: Uint8Array): boolean {
	const isIpv4 = (packet[0] ?? 0) >> 4 === 4;
	const address = Buffer.alloc(128);
	address.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6, 0);
	if (isIpv4) address.set(packet.subarray(16, 20), 4);
	else address.set(packet.subarray(24, 40), 8);
	const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
	return calls().sendto(descriptor, bytes, bytes.length, 0, address, isIpv4 ? 16 : 28) === bytes.length;
}

/** Makes this process die with its parent and wake as exactly as the kernel can; `realtime`: before all other work. */
export function becomeTimekeeper(options: { readonly realtime: boolean }): void {
	calls().prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	calls().prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	if (!options.realtime) return;
	const parameters = Buffer.alloc(128);
	parameters.writeInt32LE(1, 0);
	calls().setScheduler(0, SCHED_FIFO, parameters);
}

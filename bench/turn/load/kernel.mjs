// The kernel's calls, made so that a packet costs this process little: one sendmmsg(2) sends the same bytes many times over,
// one recvmmsg(2) takes many, and nothing is made for each.
import { insideNamespace } from "@whither/lab";
import {
	Arena,
	constants,
	EPOLL_DATA_OFFSET,
	EPOLL_EVENT_BYTES,
	encodeSockaddr,
	IOVEC,
	loadLibc,
	MMSGHDR,
	SOCKADDR_LENGTH,
	writeSize,
} from "@whither/net/native";

const { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, MSG_DONTWAIT, SOL_SOCKET } = constants;
const { AF_INET, SO_RCVBUFFORCE, SO_SNDBUFFORCE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } = constants;
/** Send as datagrams of so many bytes each; hand up several of a flow at once. */
export const { SOL_UDP, UDP_SEGMENT, UDP_GRO } = constants;

/** Messages of one call. */
export const BATCH = 64;
/** Room for one received message: a datagram, or with UDP_GRO as many as IP can carry. */
const MESSAGE_BYTES = 65_536;
const EVENTS = 256;

export const libc = loadLibc();
if ("code" in libc) throw new Error(`no libc: ${libc.address}`);

const arena = new Arena(
	BATCH * (MESSAGE_BYTES + 2 * MMSGHDR.bytes + IOVEC.bytes) + EVENTS * 16 + 131_072,
	libc.addressOf,
);
export const scratch = arena.reserve(65_536);
const events = arena.reserve(EVENTS * EPOLL_EVENT_BYTES);
/** All messages of a send point to this one vector. */
const sent = { headers: arena.reserve(BATCH * MMSGHDR.bytes), vector: arena.reserve(IOVEC.bytes) };
const received = {
	headers: arena.reserve(BATCH * MMSGHDR.bytes),
	vectors: arena.reserve(BATCH * IOVEC.bytes),
	data: arena.reserve(BATCH * MESSAGE_BYTES),
};
for (let slot = 0; slot < BATCH; slot++) {
	const header = slot * MMSGHDR.bytes;
	writeSize(sent.headers.view, header + MMSGHDR.vector, sent.vector.address);
	writeSize(sent.headers.view, header + MMSGHDR.vectorLength, 1);
	const vector = slot * IOVEC.bytes;
	writeSize(received.headers.view, header + MMSGHDR.vector, received.vectors.address + vector);
	writeSize(received.headers.view, header + MMSGHDR.vectorLength, 1);
	writeSize(received.vectors.view, vector + IOVEC.base, received.data.address + slot * MESSAGE_BYTES);
	writeSize(received.vectors.view, vector + IOVEC.length, MESSAGE_BYTES);
}

/** Bytes at an address that stays. */
export class Payload {
	constructor(bytes) {
		const own = new Arena(bytes.length + 128, libc.addressOf);
		const slab = own.reserve(bytes.length);
		slab.bytes.set(bytes);
		this.arena = own;
		this.bytes = slab.bytes;
		this.view = slab.view;
		this.address = slab.address;
		this.length = bytes.length;
	}
}

function must(result, call) {
	if (result < 0) throw new Error(`${call}: errno ${libc.errno()}`);
	return result;
}

/** Sets an option that is an int. */
export function setInteger(fd, { level, name, value }) {
	scratch.view.setInt32(0, value, true);
	must(libc.setsockopt(fd, level, name, scratch.address, 4), `setsockopt ${name}`);
}

function name({ address, port }) {
	encodeSockaddr(scratch.bytes, { family: 4, address, port });
	return SOCKADDR_LENGTH[4];
}

/** A UDP socket in a namespace, with large buffers, so that what is lost is lost elsewhere. */
export class LoadSocket {
	#local = null;

	constructor({ namespace, local = { address: "0.0.0.0", port: 0 }, remote = null, bufferBytes = 4_000_000 }) {
		this.fd = insideNamespace(namespace, () =>
			must(libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"),
		);
		for (const option of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
			if (bufferBytes > 0) setInteger(this.fd, { level: SOL_SOCKET, name: option, value: bufferBytes });
		}
		must(libc.bind(this.fd, scratch.address, name(local)), `bind ${local.address}`);
		if (remote !== null) this.connect(remote);
	}

	connect(remote) {
		must(libc.connect(this.fd, scratch.address, name(remote)), `connect ${remote.address}`);
	}

	get port() {
		if (this.#local === null) {
			scratch.view.setUint32(32, 28, true);
			must(libc.getsockname(this.fd, scratch.address, scratch.address + 32), "getsockname");
			this.#local = scratch.view.getUint16(2);
		}
		return this.#local;
	}

	/** Sends the payload `count` times, at most BATCH; how many the kernel took. */
	send(payload, count = 1) {
		return sendTo(this.fd, payload, count);
	}

	/** Datagrams that wait, at most BATCH: their number. `message` and `lengthOf` show them until the next call. */
	receive() {
		return receiveFrom(this.fd);
	}

	close() {
		libc.close(this.fd);
	}
}

export function sendTo(fd, payload, count) {
	writeSize(sent.vector.view, IOVEC.base, payload.address);
	writeSize(sent.vector.view, IOVEC.length, payload.length);
	const taken = libc.sendmmsg(fd, sent.headers.address, count, MSG_DONTWAIT);
	// An ICMP error that waits on the socket takes the place of the first message.
	return taken >= 0 ? taken : Math.max(0, libc.sendmmsg(fd, sent.headers.address, count, MSG_DONTWAIT));
}

export function receiveFrom(fd) {
	return Math.max(0, libc.recvmmsg(fd, received.headers.address, BATCH, MSG_DONTWAIT, 0));
}

export function lengthOf(slot) {
	return received.headers.view.getUint32(slot * MMSGHDR.bytes + MMSGHDR.length, true);
}

export function message(slot) {
	const at = slot * MESSAGE_BYTES;
	return received.data.bytes.subarray(at, at + lengthOf(slot));
}

/** The first 16 bits of a message: a STUN type or a channel number. */
export function typeOf(slot) {
	return received.data.view.getUint16(slot * MESSAGE_BYTES);
}

/** Sockets that are waited for together; each is known by a number. */
export class ReadySet {
	#fd = must(libc.epoll_create1(0), "epoll_create1");

	add(fd, index) {
		scratch.view.setUint32(0, EPOLLIN, true);
		writeSize(scratch.view, EPOLL_DATA_OFFSET, index);
		must(libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, scratch.address), "epoll_ctl");
	}

	remove(fd) {
		libc.epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, scratch.address);
	}

	/** How many are ready; `at` says which. */
	wait(timeoutMs) {
		return Math.max(0, libc.epoll_wait(this.#fd, events.address, EVENTS, timeoutMs));
	}

	at(position) {
		return events.view.getUint32(position * EPOLL_EVENT_BYTES + EPOLL_DATA_OFFSET, true);
	}

	close() {
		libc.close(this.#fd);
	}
}

// Packets from addresses that do not exist, straight to the device: forged Allocate requests, and garbage.
import { randomFillSync } from "node:crypto";
import { insideNamespace } from "@whither/lab";
import { Arena, constants, IOVEC, MMSGHDR, writeSize } from "@whither/net/native";
import { encodeStun, parseAddress, shortTermKey } from "@whither/wire";
import { FORGED } from "./addresses.mjs";
import { BATCH, libc, scratch } from "./kernel.mjs";
import { residentBytes } from "./process-use.mjs";

const { MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } = constants;
/** include/linux/socket.h, uapi/linux/if_packet.h: struct sockaddr_ll has the interface at 4, and 20 bytes. */
const AF_PACKET = 17;
const SOCKADDR_LL = { bytes: 20, protocol: 2, index: 4 };
const ETHERTYPE_IPV4 = 0x0800;
const UDP = 17;
const HEADERS = { ethernet: 14, ip: 20, udp: 8 };
const PAYLOAD_AT = HEADERS.ethernet + HEADERS.ip + HEADERS.udp;
const FRAME_BYTES = 512;
/** A transaction id begins here. */
const ID_AT = 8;
const LOOK_MS = 100;

const [FORGED_HIGH] = [parseAddress(`${FORGED}.0.0`)];

/** Allocate as anybody can write it: without credentials, and with such as were never right. */
function forgedAllocates() {
	const transactionId = new Uint8Array(12);
	const transport = { name: "requestedTransport", value: UDP };
	const bare = encodeStun({ class: "request", method: "allocate", transactionId, attributes: [transport] });
	const key = shortTermKey("wrong");
	const nonce = "obMatJos2AAAB1234567890abcdef";
	const credentials = [
		{ name: "username", value: "u" },
		{ name: "realm", value: "r" },
		{ name: "nonce", value: nonce },
		{ name: "messageIntegrity", key },
	];
	const attributes = [transport, ...credentials];
	return [bare, encodeStun({ class: "request", method: "allocate", transactionId, attributes })];
}

/** Noise; noise that begins as a STUN message does; ChannelData on channels that nobody has; a cut-off request. */
function garbage() {
	const noise = (length) => randomFillSync(new Uint8Array(length));
	const like = (length) => {
		const bytes = noise(length);
		bytes.set([0x00, 0x03, 0, length - 20, 0x21, 0x12, 0xa4, 0x42]);
		return bytes;
	};
	const channel = (length) => {
		const bytes = noise(length);
		bytes.set([0x40, 0x00, 0, length - 4]);
		return bytes;
	};
	return [
		noise(60),
		like(100),
		channel(164),
		noise(1),
		noise(200),
		like(44),
		channel(24),
		forgedAllocates()[1].slice(0, 50),
	];
}

const KINDS = { allocates: forgedAllocates, garbage };

/** A device's own sending socket and a batch of frames, each changed a little before it leaves again. */
class FrameSender {
	#fd;
	#headers;
	#frames;
	#payloads;
	#count = 0;
	#arena;

	constructor(place, server, payloads) {
		this.#arena = new Arena(BATCH * (MMSGHDR.bytes + IOVEC.bytes + FRAME_BYTES) + 1024, libc.addressOf);
		this.#headers = this.#arena.reserve(BATCH * MMSGHDR.bytes);
		const vectors = this.#arena.reserve(BATCH * IOVEC.bytes);
		this.#frames = this.#arena.reserve(BATCH * FRAME_BYTES);
		this.#payloads = payloads;
		for (let slot = 0; slot < BATCH; slot++) {
			const payload = payloads[slot % payloads.length];
			const [header, vector] = [slot * MMSGHDR.bytes, slot * IOVEC.bytes];
			writeSize(this.#headers.view, header + MMSGHDR.vector, vectors.address + vector);
			writeSize(this.#headers.view, header + MMSGHDR.vectorLength, 1);
			writeSize(vectors.view, vector + IOVEC.base, this.#frames.address + slot * FRAME_BYTES);
			writeSize(vectors.view, vector + IOVEC.length, PAYLOAD_AT + payload.length);
			this.#frame(slot * FRAME_BYTES, { place, server, payload });
		}
		this.#fd = this.#open(place);
	}

	#open({ client, link }) {
		const fd = insideNamespace(client, () => libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
		scratch.bytes.fill(0, 0, SOCKADDR_LL.bytes);
		scratch.view.setUint16(0, AF_PACKET, true);
		scratch.view.setUint32(SOCKADDR_LL.index, link.index, true);
		if (fd < 0 || libc.bind(fd, scratch.address, SOCKADDR_LL.bytes) < 0) throw new Error(`AF_PACKET: ${libc.errno()}`);
		return fd;
	}

	#frame(at, { place: { link }, server, payload }) {
		const { bytes, view } = this.#frames;
		const ip = at + HEADERS.ethernet;
		const udp = ip + HEADERS.ip;
		bytes.set([...link.to, ...link.from], at);
		view.setUint16(at + 12, ETHERTYPE_IPV4);
		view.setUint16(ip, 0x4500);
		view.setUint16(ip + 2, HEADERS.ip + HEADERS.udp + payload.length);
		view.setUint16(ip + 8, (64 << 8) | UDP);
		bytes.set(FORGED_HIGH, ip + 12);
		bytes.set(parseAddress(server.address), ip + 16);
		view.setUint16(udp + 2, server.port);
		view.setUint16(udp + 4, HEADERS.udp + payload.length);
		bytes.set(payload, at + PAYLOAD_AT);
	}

	/** Another source, port and transaction id for each; IP's checksum with them, and no UDP checksum. */
	#vary(slot) {
		const { view } = this.#frames;
		const at = slot * FRAME_BYTES;
		const ip = at + HEADERS.ethernet;
		const number = this.#count++;
		view.setUint16(ip + 14, (number * 40_503) & 0xffff);
		view.setUint16(ip + HEADERS.ip, 1024 + ((number * 7919) % 64_000));
		view.setUint16(ip + 10, 0);
		let sum = 0;
		for (let offset = 0; offset < HEADERS.ip; offset += 2) sum += view.getUint16(ip + offset);
		sum = (sum & 0xffff) + (sum >>> 16);
		view.setUint16(ip + 10, ~(sum + (sum >>> 16)) & 0xffff);
		if (this.#payloads[slot % this.#payloads.length].length >= 20) view.setUint32(at + PAYLOAD_AT + ID_AT, number);
	}

	send(count) {
		for (let slot = 0; slot < count; slot++) this.#vary(slot);
		return Math.max(0, libc.sendmmsg(this.#fd, this.#headers.address, count, MSG_DONTWAIT));
	}

	close() {
		libc.close(this.#fd);
	}
}

/** Sends `count` frames, `perSecond`; ends early when the server has grown by `mostBytes`. `beside(ms)` is called all the time. */
export function flood(place, { server, pid, kind, count, perSecond, mostBytes, beside = () => {} }) {
	const sender = new FrameSender(place, server, KINDS[kind]());
	const before = residentBytes(pid);
	const startedAt = performance.now();
	let [sent, slots, most, lookAt] = [0, 0, before, 0];
	let elapsed = 0;
	while (slots < count && most - before < mostBytes) {
		elapsed = performance.now() - startedAt;
		const due = Math.min(BATCH, count - slots, Math.floor((elapsed * perSecond) / 1000) - slots);
		if (due >= Math.min(16, count - slots)) {
			sent += sender.send(due);
			slots += due;
		}
		beside(elapsed);
		if (elapsed < lookAt) continue;
		lookAt = elapsed + LOOK_MS;
		most = Math.max(most, residentBytes(pid));
	}
	sender.close();
	return { sent, perSecond: (1000 * sent) / elapsed, before, most: Math.max(most, residentBytes(pid)) };
}

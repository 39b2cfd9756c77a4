// Packets straight to the device, as from addresses that this machine does not have.
import { insideNamespace } from "@whither/lab";
import { Arena, constants, IOVEC, MMSGHDR, writeSize } from "@whither/net/native";
import { parseAddress } from "@whither/wire";
import { FORGED } from "./addresses.mjs";
import { BATCH, libc, scratch } from "./kernel.mjs";

const { MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } = constants;
/** include/linux/socket.h, uapi/linux/if_packet.h: struct sockaddr_ll has the interface at 4, and 20 bytes. */
const AF_PACKET = 17;
const SOCKADDR_LL = { bytes: 20, index: 4 };
const ETHERTYPE_IPV4 = 0x0800;
const UDP = 17;
const HEADERS = { ethernet: 14, ip: 20, udp: 8 };
const PAYLOAD_AT = HEADERS.ethernet + HEADERS.ip + HEADERS.udp;
const FRAME_BYTES = 512;
/** A transaction id begins here. */
const ID_AT = 8;
const STRANGER = { address: `${FORGED}.0.0`, port: 0 };

/**
 * A device's own sending socket and a batch of frames, each changed a little before it leaves again. `payloads`: each
 * `bytes`, and `from`, whom it is to come from; where that is absent somebody else every time.
 */
export class FrameSender {
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
			writeSize(vectors.view, vector + IOVEC.length, PAYLOAD_AT + payload.bytes.length);
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

	#frame(at, { place: { link }, server, payload: { bytes: payload, from = STRANGER } }) {
		const { bytes, view } = this.#frames;
		const ip = at + HEADERS.ethernet;
		const udp = ip + HEADERS.ip;
		bytes.set([...link.to, ...link.from], at);
		view.setUint16(at + 12, ETHERTYPE_IPV4);
		view.setUint16(ip, 0x4500);
		view.setUint16(ip + 2, HEADERS.ip + HEADERS.udp + payload.length);
		view.setUint16(ip + 8, (64 << 8) | UDP);
		bytes.set(parseAddress(from.address), ip + 12);
		view.setUint16(udp, from.port);
		bytes.set(parseAddress(server.address), ip + 16);
		view.setUint16(udp + 2, server.port);
		view.setUint16(udp + 4, HEADERS.udp + payload.length);
		bytes.set(payload, at + PAYLOAD_AT);
	}

	/** Another transaction id for each, and source and port; IP's checksum with them, and no UDP checksum. */
	#vary(slot) {
		const { view } = this.#frames;
		const payload = this.#payloads[slot % this.#payloads.length];
		const at = slot * FRAME_BYTES;
		const ip = at + HEADERS.ethernet;
		const number = this.#count++;
		if (payload.from === undefined) {
			view.setUint16(ip + 14, (number * 40_503) & 0xffff);
			view.setUint16(ip + HEADERS.ip, 1024 + ((number * 7919) % 64_000));
		}
		view.setUint16(ip + 10, 0);
		let sum = 0;
		for (let offset = 0; offset < HEADERS.ip; offset += 2) sum += view.getUint16(ip + offset);
		sum = (sum & 0xffff) + (sum >>> 16);
		view.setUint16(ip + 10, ~(sum + (sum >>> 16)) & 0xffff);
		if (payload.bytes.length >= 20) view.setUint32(at + PAYLOAD_AT + ID_AT, number);
	}

	send(count) {
		for (let slot = 0; slot < count; slot++) this.#vary(slot);
		return Math.max(0, libc.sendmmsg(this.#fd, this.#headers.address, count, MSG_DONTWAIT));
	}

	close() {
		libc.close(this.#fd);
	}
}

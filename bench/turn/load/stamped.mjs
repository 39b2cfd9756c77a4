// How long packets are on their way, by the kernel's stamps at both ends: as they leave the sender for its device, and as they
// come in at the receiver. Both ends share one clock.
import { Arena, constants, decodeControl, IOVEC, MMSGHDR, writeSize } from "@whither/net/native";
import { LoadSocket, libc, Payload, setInteger } from "./kernel.mjs";
import { channelData, peerData } from "./sessions.mjs";

const { MSG_DONTWAIT, MSG_ERRQUEUE, SO_EE_ORIGIN_TIMESTAMPING, SO_TIMESTAMPING, SOL_SOCKET } = constants;
const { SOF_TIMESTAMPING_OPT_ID, SOF_TIMESTAMPING_OPT_TSONLY, SOF_TIMESTAMPING_RX_SOFTWARE } = constants;
const { SOF_TIMESTAMPING_SOFTWARE, SOF_TIMESTAMPING_TX_SOFTWARE } = constants;

const STAMPS =
	SOF_TIMESTAMPING_TX_SOFTWARE |
	SOF_TIMESTAMPING_RX_SOFTWARE |
	SOF_TIMESTAMPING_SOFTWARE |
	SOF_TIMESTAMPING_OPT_ID |
	SOF_TIMESTAMPING_OPT_TSONLY;
const SLOTS = 32;
const DATA_BYTES = 2048;
const CONTROL_BYTES = 256;
/** G.711 of 20 ms. */
const PROBE_BYTES = 160;

const arena = new Arena(SLOTS * (MMSGHDR.bytes + IOVEC.bytes + DATA_BYTES + CONTROL_BYTES) + 1024, libc.addressOf);
const headers = arena.reserve(SLOTS * MMSGHDR.bytes);
const vectors = arena.reserve(SLOTS * IOVEC.bytes);
const data = arena.reserve(SLOTS * DATA_BYTES);
const control = arena.reserve(SLOTS * CONTROL_BYTES);
for (let slot = 0; slot < SLOTS; slot++) {
	const [header, vector] = [slot * MMSGHDR.bytes, slot * IOVEC.bytes];
	writeSize(headers.view, header + MMSGHDR.vector, vectors.address + vector);
	writeSize(headers.view, header + MMSGHDR.vectorLength, 1);
	writeSize(headers.view, header + MMSGHDR.control, control.address + slot * CONTROL_BYTES);
	writeSize(vectors.view, vector + IOVEC.base, data.address + slot * DATA_BYTES);
	writeSize(vectors.view, vector + IOVEC.length, DATA_BYTES);
}

/** Whole nanoseconds since this hour began: doubles hold them exactly. */
const nanoseconds = ({ seconds, nanoseconds: rest }) => (seconds % 3600) * 1e9 + rest;

/** Reads what waits: `each(facts, bytes)`. */
function readStamped(fd, flags, each) {
	for (let slot = 0; slot < SLOTS; slot++) {
		writeSize(headers.view, slot * MMSGHDR.bytes + MMSGHDR.controlLength, CONTROL_BYTES);
	}
	const count = libc.recvmmsg(fd, headers.address, SLOTS, MSG_DONTWAIT | flags, 0);
	for (let slot = 0; slot < count; slot++) {
		const header = slot * MMSGHDR.bytes;
		const length = headers.view.getUint32(header + MMSGHDR.controlLength, true);
		const bytes = headers.view.getUint32(header + MMSGHDR.length, true);
		const facts = decodeControl(control.bytes.subarray(slot * CONTROL_BYTES, slot * CONTROL_BYTES + length));
		each(facts, data.bytes.subarray(slot * DATA_BYTES, slot * DATA_BYTES + bytes));
	}
	return Math.max(0, count);
}

/** One way: numbered packets out of one socket and into another. */
class Way {
	#from;
	#to;
	#payload;
	#numberAt;
	/** By number: when it left and came. The kernel counts what leaves as we do. */
	#left = new Map();
	#came = new Map();
	sent = 0;

	/** `payload` ends with `PROBE_BYTES` of data, the first four of which become the number. */
	constructor(from, to, payload) {
		this.#from = from;
		this.#to = to;
		this.#payload = payload;
		this.#numberAt = payload.length - PROBE_BYTES;
	}

	send() {
		this.#payload.view.setUint32(this.#numberAt, this.sent);
		this.sent += this.#from.send(this.#payload);
	}

	/** Takes stamps and arrivals; how many arrived. */
	hear() {
		readStamped(this.#from.fd, MSG_ERRQUEUE, ({ error, stamp }) => {
			if (error?.origin === SO_EE_ORIGIN_TIMESTAMPING && stamp !== null) this.#left.set(error.data, nanoseconds(stamp));
		});
		return readStamped(this.#to.fd, 0, ({ stamp }, bytes) => {
			const at = bytes.length - PROBE_BYTES;
			if (stamp === null || at < 0) return;
			const number = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
			this.#came.set(number, nanoseconds(stamp));
		});
	}

	get delays() {
		return [...this.#came].flatMap(([number, at]) => (this.#left.has(number) ? [at - this.#left.get(number)] : []));
	}

	get lost() {
		return this.sent - this.#came.size;
	}
}

function stamp(socket) {
	setInteger(socket.fd, { level: SOL_SOCKET, name: SO_TIMESTAMPING, value: STAMPS });
	return socket;
}

/** A relayed session that is watched, and the same way without the relay, a packet of each every `intervalMs`. */
export class WatchedSession {
	#direct;
	#ways;
	#nextAt = 0;
	#intervalMs;

	constructor({ place, session, intervalMs }) {
		const { client, target, peerAddress } = place;
		const far = stamp(new LoadSocket({ namespace: target, local: { address: peerAddress, port: 0 } }));
		const near = stamp(new LoadSocket({ namespace: client, remote: { address: peerAddress, port: far.port } }));
		const [socket, peer] = [stamp(session.socket), stamp(session.peer)];
		this.#intervalMs = intervalMs;
		this.#direct = [near, far];
		this.#ways = {
			direct: new Way(near, far, peerData(PROBE_BYTES)),
			toPeer: new Way(socket, peer, new Payload(channelData(session, PROBE_BYTES).bytes)),
			toClient: new Way(peer, socket, peerData(PROBE_BYTES)),
		};
	}

	/** Called all the time, with the milliseconds since the start. */
	beside(elapsedMs) {
		if (elapsedMs < this.#nextAt) return;
		this.#nextAt = elapsedMs + this.#intervalMs;
		const { direct, toPeer, toClient } = this.#ways;
		this.hear();
		direct.send();
		toPeer.send();
		toClient.send();
	}

	hear() {
		for (const way of Object.values(this.#ways)) way.hear();
	}

	/** Ends it; delays in nanoseconds, and what was lost of what was sent. */
	close() {
		const until = performance.now() + 50;
		while (performance.now() < until) this.hear();
		for (const socket of this.#direct) socket.close();
		const { direct, toPeer, toClient } = this.#ways;
		return {
			direct: direct.delays,
			toPeer: toPeer.delays,
			toClient: toClient.delays,
			sent: toPeer.sent + toClient.sent,
			lost: toPeer.lost + toClient.lost,
		};
	}
}

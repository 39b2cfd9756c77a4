/** A stream of RTP packets and what became of it, for live tests. Not part of the package's interface. */

/** What arrived of a stream, by the numbers in its packets. */
export interface StreamReport {
	readonly received: number;
	readonly duplicated: number;
	/** Packets that came after one with a higher number. */
	readonly overtaken: number;
	/** Every TTL that a packet arrived with. */
	readonly ttls: readonly (number | null)[];
	/** Datagrams that are no RTP, by what they look like. */
	readonly others: Readonly<Record<string, number>>;
}

/** RFC 3550 section 5.1: the fixed header; then as many bytes as 20 ms of G.711 take. */
const HEADER_BYTES = 12;
const PAYLOAD_BYTES = 160;
const VERSION_2 = 0x80;
const SAMPLES = 160;
const SSRC = 0x57484954;

/** The packet of that number; its payload begins with the number, which the header's 16 bits have no room for. */
export function rtpPacket(index: number): Uint8Array {
	const packet = new Uint8Array(HEADER_BYTES + PAYLOAD_BYTES).fill(0xd5);
	const view = new DataView(packet.buffer);
	view.setUint16(0, VERSION_2 << 8);
	view.setUint16(2, index & 0xffff);
	view.setUint32(4, index * SAMPLES);
	view.setUint32(8, SSRC);
	view.setUint32(HEADER_BYTES, index);
	return packet;
}

/** Keeps count of one stream. */
export class StreamCheck {
	readonly #seen = new Set<number>();
	readonly #ttls = new Set<number | null>();
	readonly #others: Record<string, number> = {};
	#highest = -1;
	#duplicated = 0;
	#overtaken = 0;

	/** Takes a packet in; false for one that is no part of a stream. */
	take(packet: Uint8Array, kind: string, ttl: number | null): boolean {
		const isMedia = kind === "rtp" && packet.length === HEADER_BYTES + PAYLOAD_BYTES;
		if (!isMedia) {
			this.#others[kind] = (this.#others[kind] ?? 0) + 1;
			return false;
		}
		const index = new DataView(packet.buffer, packet.byteOffset).getUint32(HEADER_BYTES);
		if (this.#seen.has(index)) this.#duplicated++;
		this.#seen.add(index);
		if (index < this.#highest) this.#overtaken++;
		this.#highest = Math.max(this.#highest, index);
		this.#ttls.add(ttl);
		return true;
	}

	get report(): StreamReport {
		const { size: received } = this.#seen;
		const [duplicated, overtaken] = [this.#duplicated, this.#overtaken];
		return { received, duplicated, overtaken, ttls: [...this.#ttls], others: this.#others };
	}
}

/** Sends `perSecond` packets a second for so long; resolves to how many there were. */
export function sendStream(
	{ perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
	send: (packets: readonly Uint8Array[]) => void,
): Promise<number> {
	const total = perSecond * seconds;
	const startedAt = performance.now();
	let next = 0;
	return new Promise((resolve) => {
		const timer = setInterval(() => {
			const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1e3) * perSecond));
			const packets = Array.from({ length: due - next }, (_, place) => rtpPacket(next + place));
			next = due;
			if (packets.length > 0) send(packets);
			if (next < total) return;
			clearInterval(timer);
			resolve(total);
		}, 1);
	});
}

/** The packets of one direction of a stream, cut out of its bytes as they come (RFC 4571). */

const NOTHING = new Uint8Array(0);

/** Cuts packets out of a stream; what it holds back is less than one packet (65,535 bytes at most), copied. */
export class PacketCutter {
	/** The first byte of a length that is not whole yet. */
	#high: number | null = null;
	#packet: Uint8Array = NOTHING;
	/** How much of the packet is there; all of it: between two packets. */
	#filled = 0;

	/** Every packet that is whole now, each in memory of its own; empty ones, which mean nothing, are left out. */
	push(bytes: Uint8Array): readonly Uint8Array[] {
		const packets: Uint8Array[] = [];
		let offset = 0;
		while (offset < bytes.length) {
			if (this.#filled < this.#packet.length) offset += this.#fill(bytes.subarray(offset));
			else this.#begin(bytes[offset++] as number);
			if (this.#packet.length > 0 && this.#filled === this.#packet.length) {
				packets.push(this.#packet);
				this.#packet = NOTHING;
				this.#filled = 0;
			}
		}
		return packets;
	}

	/** One byte of a length. */
	#begin(byte: number): void {
		if (this.#high === null) {
			this.#high = byte;
			return;
		}
		this.#packet = new Uint8Array((this.#high << 8) | byte);
		this.#filled = 0;
		this.#high = null;
	}

	#fill(bytes: Uint8Array): number {
		const taken = bytes.subarray(0, this.#packet.length - this.#filled);
		this.#packet.set(taken, this.#filled);
		this.#filled += taken.length;
		return taken.length;
	}
}

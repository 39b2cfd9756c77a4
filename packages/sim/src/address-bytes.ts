/** Addresses as bytes, each text read once: packets have few addresses and there are many packets. */
import { isDecodeError, parseAddress } from "@whither/wire";

/** What has been read so far; of one internet, so that it goes with it. */
export class AddressBytes {
	readonly #known = new Map<string, Uint8Array>();

	/** Of canonical text; not to be written over. Throws RangeError for what is no address. */
	of(text: string): Uint8Array {
		const known = this.#known.get(text);
		if (known !== undefined) return known;
		const bytes = parseAddress(text);
		if (isDecodeError(bytes)) throw new RangeError(`${text} is no address`);
		this.#known.set(text, bytes);
		return bytes;
	}
}

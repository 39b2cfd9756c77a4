/** Socket addresses as words of 32 bits, as they lie in memory that the kernel reads and writes. Pure. */
import type { StunAddress } from "@whither/wire";
import { AF_INET } from "../../native/constants.ts";
import { decodeSockaddr, encodeSockaddr } from "../../native/sockaddr.ts";

/** Words of a struct sockaddr_in6, the longest. */
export const NAME_WORDS = 7;
/** Bytes of either. */
export const NAME_BYTES = { 4: 16, 6: 28 } as const;

/** The family of a name's first word. */
export function familyOfName(word: number): 4 | 6 {
	return (word & 0xffff) === AF_INET ? 4 : 6;
}

const scratch = new Int32Array(NAME_WORDS);
const scratchBytes = new Uint8Array(scratch.buffer);

/** Writes a name at a place among words. `scope`: the interface of a link-local address. */
export function writeName(words: Int32Array, at: number, { address, port }: StunAddress, scope = 0): void {
	scratch.fill(0);
	encodeSockaddr(scratchBytes, { family: address.includes(":") ? 6 : 4, address, port, scope });
	words.set(scratch, at);
}

/** The address that a name is; null: of no family that we know. */
export function readName(words: Int32Array, at: number): StunAddress | null {
	const bytes = new Uint8Array(words.buffer, words.byteOffset + at * 4, NAME_WORDS * 4);
	const found = decodeSockaddr(bytes);
	return found === null ? null : { address: found.address, port: found.port };
}

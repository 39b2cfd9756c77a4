import { formatAddress, isDecodeError, parseAddress, type StunAddress } from "@whither/wire";

/** An address in the text that all else here is keyed by; null: it is none. */
export function canonicalAddress(text: string): string | null {
	const bytes = parseAddress(text);
	return isDecodeError(bytes) ? null : formatAddress(bytes);
}

/** A peer with a canonical address; null: it can be none. */
export function canonicalPeer({ address, port }: StunAddress): StunAddress | null {
	const canonical = canonicalAddress(address);
	if (canonical === null || !Number.isInteger(port) || port < 1 || port > 0xffff) return null;
	return { address: canonical, port };
}

/** A peer as a key of a map. */
export function peerKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}

import { isLoopback } from "../stun/answers.ts";

/** 4 or 6 by an address's text. */
export function familyOf({ address }: { readonly address: string }): 4 | 6 {
	return address.includes(":") ? 6 : 4;
}

/** Of one link alone; several links may have the same. */
function isLinkLocal(address: string): boolean {
	return /^fe[89ab][0-9a-f]:/.test(address);
}

/**
 * Whether a peer could be there: no group and not nowhere, which is our own machine to some kernels; nor an IPv4 address in
 * IPv6's clothes (RFC 8445 §5.1.1.1), which no rule about loopback would know.
 */
export function isHostAddress(address: string): boolean {
	if (familyOf({ address }) === 6) return address !== "::" && !/^(ff|::ffff:)/.test(address);
	const first = Number.parseInt(address, 10);
	return first !== 0 && first < 224;
}

/** Whether both are of our own machine, or neither is, and the same of one link. */
export function areOfOneScope(a: string, b: string): boolean {
	return isLoopback(a) === isLoopback(b) && isLinkLocal(a) === isLinkLocal(b);
}

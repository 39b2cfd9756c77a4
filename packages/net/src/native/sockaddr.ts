/** struct sockaddr_in and sockaddr_in6 to and from address text and port. */
import type { Family } from "@whither/core";
import { formatAddress, parseAddress } from "@whither/wire";
import { AF_INET, AF_INET6 } from "./constants.ts";

/** A socket address as values. `scope` is the interface index of a link-local IPv6 address, else 0. */
export interface SocketAddress {
	readonly address: string;
	readonly port: number;
	readonly scope: number;
}

/** Length of the structure in bytes for one family. */
export const SOCKADDR_LENGTH: Readonly<Record<Family, number>> = { 4: 16, 6: 28 };
/** Where the address stands in it. */
const ADDRESS_OFFSET: Readonly<Record<Family, number>> = { 4: 4, 6: 8 };
/** The address family's number. */
export const ADDRESS_FAMILY: Readonly<Record<Family, number>> = { 4: AF_INET, 6: AF_INET6 };

/** What `encodeSockaddr` writes; null address means any, `flowInfo` is IPv6's traffic class and flow label. */
export interface SockaddrFields {
	readonly family: Family;
	readonly address: string | null;
	readonly port: number;
	readonly scope?: number;
	readonly flowInfo?: number;
}

/** Writes the structure at the start of `target`. Throws on an address that is not one of `family`. */
export function encodeSockaddr(target: Uint8Array, fields: SockaddrFields): void {
	const { family, address, port, scope = 0, flowInfo = 0 } = fields;
	const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
	target.fill(0, 0, SOCKADDR_LENGTH[family]);
	view.setUint16(0, ADDRESS_FAMILY[family], true);
	view.setUint16(2, port);
	if (address !== null) {
		const bytes = parseAddress(address);
		if (!(bytes instanceof Uint8Array) || bytes.length !== (family === 4 ? 4 : 16)) {
			throw new TypeError(`not an IPv${family} address: ${address}`);
		}
		target.set(bytes, ADDRESS_OFFSET[family]);
	}
	if (family === 6) {
		view.setUint32(4, flowInfo);
		view.setUint32(24, scope, true);
	}
}

/** The structure as a message's destination. */
export interface SocketName {
	readonly bytes: Uint8Array;
	readonly length: number;
}

/** Makes one; throws as `encodeSockaddr` does. */
export function socketName(fields: SockaddrFields): SocketName {
	const bytes = new Uint8Array(SOCKADDR_LENGTH[fields.family]);
	encodeSockaddr(bytes, fields);
	return { bytes, length: bytes.length };
}

/** Reads the structure at the start of `bytes`; null when it is of another family or too short. */
export function decodeSockaddr(bytes: Uint8Array): SocketAddress | null {
	if (bytes.length < 2) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const number = view.getUint16(0, true);
	const family: Family | null = number === AF_INET ? 4 : number === AF_INET6 ? 6 : null;
	if (family === null || bytes.length < SOCKADDR_LENGTH[family]) return null;
	const offset = ADDRESS_OFFSET[family];
	return {
		address: formatAddress(bytes.subarray(offset, offset + (family === 4 ? 4 : 16))),
		port: view.getUint16(2),
		scope: family === 6 ? view.getUint32(24, true) : 0,
	};
}

/**
 * What the kernel's routing netlink says of interfaces and their addresses (rtnetlink(7); include/uapi/linux/if_link.h,
 * if_addr.h). Pure.
 */
import type { Family } from "@whither/core";
import { formatAddress } from "@whither/wire";
import { AF_INET, AF_INET6 } from "../native/constants.ts";
import { decodeAttributes, encodeBody, encodeNetlink, NETLINK, type NetlinkMessage } from "./messages.ts";

const MESSAGE = { newLink: 16, newAddress: 20, getAddress: 22 } as const;
/** Lengths of struct ifinfomsg and ifaddrmsg. */
const HEADER = { link: 16, address: 8 } as const;
/** IFLA_IFNAME, and IFLA_LINKINFO with its IFLA_INFO_KIND. */
const LINK = { name: 3, info: 18, kind: 1 } as const;
/** IFA_ADDRESS is the other end's where the link has two, and IFA_LOCAL ours. */
const ADDRESS = { address: 1, local: 2, flags: 8 } as const;
/** IFF_UP, IFF_LOOPBACK and IFF_RUNNING (include/uapi/linux/if.h). */
const LINK_FLAGS = { up: 0x1, loopback: 0x8, running: 0x40 } as const;
/** IFA_F_...; the first bit means something else for IPv4. */
const ADDRESS_FLAGS = { temporary: 0x01, optimistic: 0x04, failed: 0x08, deprecated: 0x20, tentative: 0x40 } as const;

/** One interface as the kernel knows it. */
export interface NetworkInterface {
	readonly index: number;
	readonly name: string;
	/** ARPHRD_... of include/uapi/linux/if_arp.h: what is at its lower end. */
	readonly hardware: number;
	/** The driver's word for a virtual one, such as `bridge`, `veth`, `tun`, `wireguard`; null of real ones. */
	readonly kind: string | null;
	readonly loopback: boolean;
	/** It is switched on, and something is at its other end. */
	readonly up: boolean;
}

/** One address of an interface. */
export interface InterfaceAddress {
	readonly family: Family;
	/** Of the interface. */
	readonly index: number;
	readonly address: string;
	/** How many bits its network has. */
	readonly prefixLength: number;
	/** One of those that change daily (RFC 8981). */
	readonly temporary: boolean;
	/** Kept for what goes on by it, not for anything new (RFC 4862 section 5.5.4). */
	readonly deprecated: boolean;
	/** It may not be used: whether somebody else has it is not known yet, or it is known that somebody has. */
	readonly tentative: boolean;
}

/** RTM_GETADDR for all interfaces and both families. */
export function encodeAddressQuestion(sequence: number): Uint8Array {
	const body = encodeBody(new Uint8Array(HEADER.address), []);
	return encodeNetlink({ type: MESSAGE.getAddress, flags: NETLINK.request | NETLINK.dump, sequence, body });
}

/** An interface; null for another message, or one without a name. */
export function decodeInterface({ type, body }: NetlinkMessage): NetworkInterface | null {
	if (type !== MESSAGE.newLink || body.length < HEADER.link) return null;
	const view = viewOf(body);
	const attributes = decodeAttributes(body, HEADER.link);
	const name = attributes.get(LINK.name);
	if (name === undefined) return null;
	const info = attributes.get(LINK.info);
	const kind = info === undefined ? undefined : decodeAttributes(info, 0).get(LINK.kind);
	const flags = view.getUint32(8, true);
	return {
		index: view.getUint32(4, true),
		name: textOf(name),
		hardware: view.getUint16(2, true),
		kind: kind === undefined ? null : textOf(kind),
		loopback: (flags & LINK_FLAGS.loopback) !== 0,
		up: (flags & LINK_FLAGS.up) !== 0 && (flags & LINK_FLAGS.running) !== 0,
	};
}

/** An address; null for another message or family, or one that has none. */
export function decodeInterfaceAddress({ type, body }: NetlinkMessage): InterfaceAddress | null {
	if (type !== MESSAGE.newAddress || body.length < HEADER.address) return null;
	const family: Family | null = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 6 : null;
	const attributes = decodeAttributes(body, HEADER.address);
	const bytes = attributes.get(ADDRESS.local) ?? attributes.get(ADDRESS.address);
	if (family === null || bytes?.length !== (family === 4 ? 4 : 16)) return null;
	const wide = attributes.get(ADDRESS.flags);
	const flags = wide !== undefined && wide.length >= 4 ? viewOf(wide).getUint32(0, true) : (body[2] ?? 0);
	const has = (flag: number): boolean => (flags & flag) !== 0;
	// An optimistic address may be used while it is still asked about (RFC 4429).
	const unsure = has(ADDRESS_FLAGS.tentative) && !has(ADDRESS_FLAGS.optimistic);
	return {
		family,
		index: viewOf(body).getUint32(4, true),
		address: formatAddress(bytes),
		prefixLength: body[1] ?? 0,
		temporary: family === 6 && has(ADDRESS_FLAGS.temporary),
		deprecated: has(ADDRESS_FLAGS.deprecated),
		tentative: unsure || has(ADDRESS_FLAGS.failed),
	};
}

/** Up to the NUL that ends it. */
function textOf(bytes: Uint8Array): string {
	const end = bytes.indexOf(0);
	return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

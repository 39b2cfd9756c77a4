/** The addresses of this machine as values, and which of them a call may be made from (RFC 8445 section 5.1.1.1). Pure. */
import type { Family } from "@whither/core";
import { isOneNetwork, parseAddress } from "@whither/wire";
import type { InterfaceKind } from "./interface-kind.ts";

/** One address of one interface that is there now. */
export interface HostAddress {
	/** Canonical text, without a zone. */
	readonly address: string;
	readonly family: Family;
	/** Name of the interface. */
	readonly interface: string;
	/** Of a link-local address: what sockets are told beside it, the name of the interface or, on Windows, its number. */
	readonly zone?: string;
	/** How many bits its network has. */
	readonly prefixLength: number;
	readonly kind: InterfaceKind;
	/** 0 for the best kind of network, up to 31 for one that is best left alone. */
	readonly cost: number;
	/** One of IPv6's that change daily (RFC 8981); false where the backend is not told. */
	readonly temporary: boolean;
	/** Kept for what goes on by it, not for anything new; false where the backend is not told. */
	readonly deprecated: boolean;
	/** The interface is switched on and something is at its other end. */
	readonly up: boolean;
	/**
	 * New sockets may be bound to it: it is not deprecated, and there is none on the same interface that tells less of who
	 * has it. What goes on by one that is no longer preferred may go on.
	 */
	readonly preferred: boolean;
}

/** What a source of addresses tells; the rest follows from all of them. */
export type KnownAddress = Omit<HostAddress, "preferred">;

/** Which addresses may be used. */
export interface GatherOptions {
	/** Those of the loopback too; else only where there are no others. */
	readonly loopback?: boolean;
	readonly families?: readonly Family[];
	/** False: nothing of that interface. */
	readonly allowInterface?: (at: HostAddress) => boolean;
}

/** The addresses that host candidates are made of (RFC 8445 section 5.1.1.1), in the order they came in. */
export function addressesToGather(all: readonly HostAddress[], options: GatherOptions = {}): readonly HostAddress[] {
	return addressesInUse(
		all.filter(({ preferred }) => preferred),
		options,
	);
}

/** Addresses in use, preferred or not: of interfaces that are up, and the loopback only where it is wanted or there are no others. */
export function addressesInUse(all: readonly HostAddress[], options: GatherOptions = {}): readonly HostAddress[] {
	const { loopback = false, families = [4, 6], allowInterface = () => true } = options;
	const usable = all.filter((one) => one.up && families.includes(one.family) && allowInterface(one));
	const others = usable.filter(({ kind }) => kind !== "loopback");
	return loopback || others.length === 0 ? usable : others;
}

/** Says of each whether it is preferred; leaves out what no candidate may be made of. */
export function withPreference(known: readonly KnownAddress[]): readonly HostAddress[] {
	const usable = known.filter(({ address }) => isUsable(address));
	const temporary = usable.filter((one) => one.temporary && !one.deprecated);
	return usable.map((one) => ({ ...one, preferred: !one.deprecated && !isOutdone(one, temporary) }));
}

/**
 * RFC 8445 section 5.1.1.1: beside an address that cannot be followed from network to network neither the one that can, of
 * the same network, nor the link-local one of its interface is told.
 */
function isOutdone(one: KnownAddress, temporary: readonly KnownAddress[]): boolean {
	if (one.family === 4 || one.temporary) return false;
	return temporary.some(
		(better) => better.interface === one.interface && (one.zone !== undefined || areOfOneNetwork(one, better)),
	);
}

function areOfOneNetwork(one: KnownAddress, other: KnownAddress): boolean {
	return isOneNetwork(one.address, other.address, Math.min(one.prefixLength, other.prefixLength));
}

/** No address of a host is unspecified or multicast; RFC 8445 section 5.1.1.1 leaves out IPv4 in disguise and site-local. */
function isUsable(address: string): boolean {
	const bytes = parseAddress(address);
	if (!(bytes instanceof Uint8Array)) return false;
	if (bytes.length === 4) return bytes[0] !== 0 && (bytes[0] ?? 0) < 224;
	const zeros = bytes.findIndex((byte) => byte !== 0);
	// ::a.b.c.d, which ::1 is not, and ::ffff:a.b.c.d.
	if (zeros < 0 || (zeros >= 12 && zeros < 15)) return false;
	if (zeros === 10 && bytes[10] === 0xff && bytes[11] === 0xff) return false;
	const isSiteLocal = bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0xc0;
	return bytes[0] !== 0xff && !isSiteLocal;
}

/** Addresses as values and as the kernel wants them, with the zones that link-local ones need. */
import type { Family, SystemError } from "@whither/core";
import { formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { isSystemError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import { decodeSockaddr, type SocketAddress, type SocketName, socketName } from "../native/sockaddr.ts";
import { localAddress } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import type { TransportAddress } from "./transport.ts";

/** Whether a text is a numeric address of this family. */
export function isOfFamily(address: string, family: Family): boolean {
	const bytes = parseAddress(address);
	return bytes instanceof Uint8Array && bytes.length === (family === 4 ? 4 : 16);
}

/** ::ffff:0:0/96 (RFC 4291 section 2.5.5.2): IPv4 in disguise, whose TTL and errors an IPv6 socket does not handle. */
export function isMapped(address: string): boolean {
	const bytes = parseAddress(address);
	if (!(bytes instanceof Uint8Array) || bytes.length !== 16) return false;
	return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** fe80::/10 (RFC 4291 section 2.5.6): addresses that mean something on one link alone. */
export function isLinkLocal(address: string): boolean {
	return /^fe[89ab]/i.test(address);
}

/** `fe80::1%eth0`, as Node writes the address of a scoped one. */
export function zoned(address: string, zone: string | undefined): string {
	return zone === undefined ? address : `${address}%${zone}`;
}

/** The same taken apart, the address as we write it. */
export function unzoned(text: string, port: number): TransportAddress {
	const [told = text, zone] = text.split("%");
	const address = told.includes(":") ? canonical(told) : told;
	return zone === undefined ? { address, port } : { address, port, zone };
}

/** RFC 5952's text of an address, which Node's is nearly always. */
function canonical(text: string): string {
	const bytes = parseAddress(text);
	return isDecodeError(bytes) ? text : formatAddress(bytes);
}

/** The index of the interface that a zone names, by its name or its number; 0: none. ENODEV: there is no such interface. */
export function scopeOf(workspace: Workspace, zone: string | undefined): number | SystemError {
	if (zone === undefined) return 0;
	if (/^\d+$/.test(zone)) return Number(zone);
	const index = workspace.libc.if_nametoindex(zone);
	return index === 0 ? systemError("if_nametoindex", ERRNO.ENODEV, zone) : index;
}

/** A message's socket address as a value; null when it is none of ours. */
export function transportAddress(name: Uint8Array): TransportAddress | null {
	const found = decodeSockaddr(name);
	return found === null ? null : withZone(found);
}

/** Where a socket is bound. */
export function boundAddress(workspace: Workspace, fd: number): TransportAddress | SystemError {
	const found = localAddress(workspace, fd);
	return isSystemError(found) ? found : withZone(found);
}

function withZone({ address, port, scope }: SocketAddress): TransportAddress {
	return scope === 0 ? { address, port } : { address, port, zone: String(scope) };
}

/** Other ends whose names are kept ready; a socket with more of them makes some anew. */
const MOST_NAMES = 1_024;

/** The names that one socket sends to. */
export class SocketNames {
	readonly #workspace: Workspace;
	readonly #family: Family;
	readonly #names = new Map<string, SocketName>();

	constructor(workspace: Workspace, family: Family) {
		this.#workspace = workspace;
		this.#family = family;
	}

	/** EAFNOSUPPORT for what is no address of the family, ENODEV for a zone that is not there. */
	of(to: TransportAddress): SocketName | SystemError {
		const key = `${to.address} ${to.port} ${to.zone ?? ""}`;
		const known = this.#names.get(key);
		if (known !== undefined) return known;
		const name = this.#make(to);
		if (isSystemError(name)) return name;
		if (this.#names.size >= MOST_NAMES) this.#names.clear();
		this.#names.set(key, name);
		return name;
	}

	#make({ address, port, zone }: TransportAddress): SocketName | SystemError {
		const family = this.#family;
		if (!isOfFamily(address, family)) return systemError("send", ERRNO.EAFNOSUPPORT, address);
		const scope = scopeOf(this.#workspace, zone);
		return isSystemError(scope) ? scope : socketName({ family, address, port, scope });
	}
}

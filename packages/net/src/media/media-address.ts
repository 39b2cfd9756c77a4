/** Addresses of media as the kernel wants them. */
import type { Family, SystemError } from "@whither/core";
import { parseAddress } from "@whither/wire";
import { isSystemError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { OutgoingMessage } from "../native/message-batch.ts";
import { decodeSockaddr, encodeSockaddr, SOCKADDR_LENGTH } from "../native/sockaddr.ts";
import { SOCKADDR_BYTES } from "../native/structs.ts";
import type { Workspace } from "../native/workspace.ts";
import type { MediaAddress } from "./media-socket.ts";

/** The index of the interface that a zone names, by its name or its number; 0: none. */
export function scopeOf(workspace: Workspace, zone: string | undefined): number | SystemError {
	if (zone === undefined) return 0;
	if (/^\d+$/.test(zone)) return Number(zone);
	const index = workspace.libc.if_nametoindex(zone);
	return index === 0 ? systemError("if_nametoindex", ERRNO.ENODEV, zone) : index;
}

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

/** The socket address of a message from the kernel; null when it is none of ours. */
export function mediaAddress(name: Uint8Array): MediaAddress | null {
	const from = decodeSockaddr(name);
	if (from === null) return null;
	const { address, port, scope } = from;
	return scope === 0 ? { address, port } : { address, port, zone: String(scope) };
}

type Name = NonNullable<OutgoingMessage["name"]>;

/** Other ends whose names are kept ready; a socket with more of them makes some anew. */
const MOST_NAMES = 1_024;

/** The names that one socket sends to. */
export class SocketNames {
	readonly #workspace: Workspace;
	readonly #family: Family;
	readonly #names = new Map<string, Name>();

	constructor(workspace: Workspace, family: Family) {
		this.#workspace = workspace;
		this.#family = family;
	}

	/** EAFNOSUPPORT for what is no address of the family, ENODEV for a zone that is not there. */
	of(to: MediaAddress): Name | SystemError {
		const key = `${to.address} ${to.port} ${to.zone ?? ""}`;
		const known = this.#names.get(key);
		if (known !== undefined) return known;
		const name = this.#make(to);
		if (isSystemError(name)) return name;
		if (this.#names.size >= MOST_NAMES) this.#names.clear();
		this.#names.set(key, name);
		return name;
	}

	#make({ address, port, zone }: MediaAddress): Name | SystemError {
		const family = this.#family;
		if (!isOfFamily(address, family)) return systemError("send", ERRNO.EAFNOSUPPORT, address);
		const scope = scopeOf(this.#workspace, zone);
		if (isSystemError(scope)) return scope;
		const bytes = new Uint8Array(SOCKADDR_BYTES);
		encodeSockaddr(bytes, { family, address, port, scope });
		return { bytes, length: SOCKADDR_LENGTH[family] };
	}
}

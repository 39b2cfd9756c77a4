/** Addresses of media as the kernel wants them. */
import type { Family, SystemError } from "@whither/core";
import { parseAddress } from "@whither/wire";
import { isSystemError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { OutgoingMessage } from "../native/message-batch.ts";
import type { Workspace } from "../native/workspace.ts";
import { scopeOf, socketName } from "../transport/native-socket.ts";
import type { TransportAddress } from "../transport/transport.ts";

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
	of(to: TransportAddress): Name | SystemError {
		const key = `${to.address} ${to.port} ${to.zone ?? ""}`;
		const known = this.#names.get(key);
		if (known !== undefined) return known;
		const name = this.#make(to);
		if (isSystemError(name)) return name;
		if (this.#names.size >= MOST_NAMES) this.#names.clear();
		this.#names.set(key, name);
		return name;
	}

	#make(to: TransportAddress): Name | SystemError {
		const family = this.#family;
		if (!isOfFamily(to.address, family)) return systemError("send", ERRNO.EAFNOSUPPORT, to.address);
		const scope = scopeOf(this.#workspace, to.zone);
		return isSystemError(scope) ? scope : socketName(this.#workspace, family, to);
	}
}

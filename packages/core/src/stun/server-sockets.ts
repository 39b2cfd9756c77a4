import { isSameEndpoint, type StunAddress } from "@whither/wire";
import { isLoopback } from "./answers.ts";
import type { StunServerSocket } from "./server-io.ts";

/** What stands beside one socket of a server: where an answer may leave from instead (RFC 5780 §3). Indexes of sockets. */
interface Alternates {
	readonly ip: number | null;
	readonly port: number | null;
	readonly both: number | null;
}

/** The sockets of a server, and how they stand to each other. */
export class ServerSockets {
	readonly #sockets: readonly StunServerSocket[];
	readonly #alternates: readonly Alternates[];

	constructor(sockets: readonly StunServerSocket[]) {
		this.#sockets = sockets;
		this.#alternates = sockets.map(({ address }) => alternatesOf(address, sockets));
	}

	/** What clients know a socket by; null where that is not known. */
	addressOf(local: number): StunAddress | null {
		const socket = this.#sockets[local];
		if (socket === undefined) return null;
		if (socket.publicAddress !== undefined) return socket.publicAddress;
		return isWildcard(socket.address.address) ? null : socket.address;
	}

	/** The other address and port, as OTHER-ADDRESS tells them: null unless all four stand. */
	otherOf(local: number): StunAddress | null {
		const beside = this.#alternates[local];
		if (beside === undefined || beside.ip === null || beside.port === null || beside.both === null) return null;
		return this.addressOf(beside.both);
	}

	/** The socket to answer from; null where there is none such. */
	changed(local: number, change: { readonly ip: boolean; readonly port: boolean }): number | null {
		if (!change.ip && !change.port) return local;
		const beside = this.#alternates[local];
		if (beside === undefined) return null;
		if (change.ip && change.port) return beside.both;
		return change.ip ? beside.ip : beside.port;
	}
}

function alternatesOf(own: StunAddress, sockets: readonly StunServerSocket[]): Alternates {
	const family = own.address.includes(":");
	const find = (ip: boolean, port: boolean) => {
		const index = sockets.findIndex(
			({ address }) =>
				address.address.includes(":") === family &&
				!isWildcard(address.address) &&
				!isSameEndpoint(address, own) &&
				// What this machine alone reaches is no other address to anybody else.
				isLoopback(address.address) === isLoopback(own.address) &&
				(address.address !== own.address) === ip &&
				(address.port !== own.port) === port,
		);
		return index < 0 ? null : index;
	};
	if (isWildcard(own.address)) return { ip: null, port: null, both: null };
	return { ip: find(true, false), port: find(false, true), both: find(true, true) };
}

function isWildcard(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

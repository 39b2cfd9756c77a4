/** Sends whole IP packets, headers included, by raw sockets (CAP_NET_RAW). */
import type { Family, SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import {
	IP_HDRINCL,
	IPPROTO_RAW,
	IPV6_HDRINCL,
	MSG_DONTWAIT,
	SOCK_RAW,
	SOL_IP,
	SOL_IPV6,
} from "../native/constants.ts";
import { socketName } from "../native/sockaddr.ts";
import { openSocket, prepared, type SocketOption, setOption } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";

const HEADER_INCLUDED: Readonly<Record<Family, SocketOption>> = {
	4: { label: "IP_HDRINCL", level: SOL_IP, name: IP_HDRINCL, value: 1 },
	6: { label: "IPV6_HDRINCL", level: SOL_IPV6, name: IPV6_HDRINCL, value: 1 },
};

/** A packet and where it goes. */
export interface OutgoingPacket {
	readonly family: Family;
	readonly destination: string;
	readonly bytes: Uint8Array;
}

/** Owns a raw socket a family. */
export class PacketSender {
	readonly #workspace: Workspace;
	readonly #fds: Partial<Record<Family, number>>;
	#failed = 0;

	private constructor(workspace: Workspace, fds: Partial<Record<Family, number>>) {
		this.#workspace = workspace;
		this.#fds = fds;
	}

	/** Both sockets, or on a kernel without IPv6 the one; the error where not even IPv4 can be had. */
	static open(workspace: Workspace): PacketSender | SystemError {
		const [fd4, fd6] = [openRaw(workspace, 4), openRaw(workspace, 6)];
		if (!isSystemError(fd4)) return new PacketSender(workspace, isSystemError(fd6) ? { 4: fd4 } : { 4: fd4, 6: fd6 });
		if (!isSystemError(fd6)) workspace.libc.close(fd6);
		return fd4;
	}

	/** Packets that the kernel would not take: no route back, a firewall, no room. */
	get failed(): number {
		return this.#failed;
	}

	/** Sends one packet now. */
	send({ family, destination, bytes }: OutgoingPacket): void {
		const { libc, outgoing } = this.#workspace;
		const fd = this.#fds[family];
		if (fd === undefined) {
			this.#failed++;
			return;
		}
		// Raw IPv6 sockets take the port for the protocol: it must be 0.
		const name = socketName({ family, address: destination, port: 0 });
		outgoing.clear();
		outgoing.append({ name, data: bytes, control: [] });
		if (libc.sendmmsg(fd, outgoing.address(), 1, MSG_DONTWAIT) !== 1) this.#failed++;
	}

	close(): void {
		for (const fd of Object.values(this.#fds)) this.#workspace.libc.close(fd);
	}
}

function openRaw(workspace: Workspace, family: Family): number | SystemError {
	const opened = openSocket(workspace, { family, type: SOCK_RAW, protocol: IPPROTO_RAW });
	return prepared(workspace, opened, (fd) => setOption(workspace, fd, HEADER_INCLUDED[family]));
}

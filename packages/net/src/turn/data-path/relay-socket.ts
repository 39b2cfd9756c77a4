/** One relayed transport address on this machine: a socket that peers send to, and whose ICMP errors are heard. */
import type { Family, SystemError, TurnIcmp } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { readMessages } from "../../channel/read-messages.ts";
import { bufferOptions, errorsOption, fragmentOption, sendBufferOptions } from "../../channel/socket-options.ts";
import type { Clock } from "../../clock.ts";
import { isSystemError } from "../../errors.ts";
import { IP_PMTUDISC_DO, IP_PMTUDISC_DONT, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 } from "../../native/constants.ts";
import { ERRNO } from "../../native/errno.ts";
import { decodeSockaddr } from "../../native/sockaddr.ts";
import { setOption, takeError } from "../../native/socket.ts";
import type { Workspace } from "../../native/workspace.ts";
import { openUdpSocket } from "../../transport/udp-socket.ts";
import { COALESCE } from "./listeners.ts";
import type { OutSocket, OutWay } from "./outgoing-messages.ts";

/** An ICMP error about what was sent to a peer. */
export interface PeerError {
	readonly relay: number;
	readonly to: StunAddress;
	readonly icmp: TurnIcmp;
}

/** Charged only while something waits: so many datagrams as a call brings in a second. */
const BUFFER_BYTES = 1024 * 1024;

/** Where one is opened. */
export interface RelayRequest {
	readonly id: number;
	readonly address: string;
	readonly port: number;
}

/** Owns its descriptor. */
export class RelaySocket implements OutSocket {
	readonly id: number;
	readonly fd: number;
	readonly family: Family;
	refusedSize = 65_536;
	first = -1;
	last = -1;
	readonly way: OutWay = { socket: this, control: 0, controlLength: 0 };
	/** How many datagrams the next look is likely to find. */
	expected = 1;
	readonly #workspace: Workspace;
	readonly #clock: Clock;
	readonly #errors: PeerError[];

	private constructor(parts: {
		workspace: Workspace;
		clock: Clock;
		errors: PeerError[];
		id: number;
		fd: number;
		family: Family;
	}) {
		this.#workspace = parts.workspace;
		this.#clock = parts.clock;
		this.#errors = parts.errors;
		this.id = parts.id;
		this.fd = parts.fd;
		this.family = parts.family;
	}

	/** Opens one; what its error queue tells is added to `errors`. */
	static open(
		parts: { readonly workspace: Workspace; readonly clock: Clock; readonly errors: PeerError[] },
		{ id, address, port }: RelayRequest,
	): RelaySocket | SystemError {
		const family = address.includes(":") ? 6 : 4;
		const fd = openUdpSocket(parts.workspace, { family, address, port }, [
			errorsOption(family),
			// RFC 8656 §15: DF is not set unless the client asks for it.
			{ ...fragmentOption(family, IP_PMTUDISC_DONT), need: "try" },
			...bufferOptions(BUFFER_BYTES),
			...sendBufferOptions(BUFFER_BYTES),
			COALESCE,
		]);
		return isSystemError(fd) ? fd : new RelaySocket({ ...parts, id, fd, family });
	}

	/** For one datagram that must not be cut into fragments (DONT-FRAGMENT): runs `send` while the socket is set so. */
	withoutFragments(send: () => void): void {
		const set = (value: number) =>
			setOption(this.#workspace, this.fd, { ...fragmentOption(this.family, value), need: "try" });
		set(IP_PMTUDISC_DO);
		send();
		set(IP_PMTUDISC_DONT);
	}

	takeErrors(): boolean {
		const source = { workspace: this.#workspace, clock: this.#clock, fd: this.fd, queue: "errors" } as const;
		const count = readMessages(source, ({ name }, { error }) => {
			const to = decodeSockaddr(name);
			if (to === null || error === null) return;
			if (error.origin !== SO_EE_ORIGIN_ICMP && error.origin !== SO_EE_ORIGIN_ICMP6) return;
			const { type, code, info, errno } = error;
			// Only of what was too long does ICMP tell more than why: the MTU.
			const icmp = { type, code, data: errno === ERRNO.EMSGSIZE ? info : 0 };
			this.#errors.push({ relay: this.id, to: { address: to.address, port: to.port }, icmp });
		});
		return takeError(this.#workspace, this.fd) !== 0 || count > 0;
	}

	close(): void {
		this.#workspace.libc.close(this.fd);
	}
}

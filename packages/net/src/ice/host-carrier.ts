/** A base that is a socket of ours. */
import type { IceBase } from "@whither/core";
import type { Carrier } from "./carrier.ts";
import type { IceSocket } from "./ice-socket.ts";
import type { IceTcpBase } from "./tcp-base.ts";

/** One of either transport. */
export type HostSocket = IceSocket | IceTcpBase;

/** What is known of the address that it is bound to. */
interface HostPlace extends Pick<IceBase, "address" | "stream" | "component" | "transport" | "tcpType" | "name"> {
	readonly interface: string;
	readonly cost: number;
	readonly zone?: string;
}

/** The socket as a carrier, which `close` closes. */
export function hostCarrier(socket: HostSocket, place: HostPlace, close: () => void): Carrier {
	const { address, stream = 0, component = 1, cost, transport = "udp", tcpType, zone } = place;
	const tcp = tcpType === undefined ? {} : { transport, tcpType };
	const named = place.name === undefined ? {} : { name: place.name };
	return {
		at: { address, port: socket.local.port, stream, component, interface: place.interface, cost, ...tcp, ...named },
		send: (to, bytes) => socket.send(to, bytes),
		permit: () => {},
		use: () => {},
		flow: (peer) => ({
			socket: "lent" in socket ? socket.lent : null,
			remote: { ...peer, ...(zone === undefined ? {} : { zone }) },
			relay: null,
		}),
		close,
	};
}

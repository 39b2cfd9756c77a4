/** What a method's row in the table says beside its name: whether it needs a privilege, and who makes its packets. */
import type { TraceMethod } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";

/** Whether ordinary sockets can do it. */
export function isOrdinary({ channels }: TraceMethod): boolean {
	return channels.some((need) => need.kind === "errorQueue");
}

/** Whether Node's own sockets can send it and hear its target: plain UDP to one port. */
export function isPortable({ channels }: TraceMethod): boolean {
	return channels.some(
		({ kind, transport, protocol, destinationPorts }) =>
			kind === "errorQueue" && transport === "udp" && protocol === IP_PROTOCOL.udp && destinationPorts === undefined,
	);
}

/** Whether its packets are the kernel's own work: nobody chooses their length then. */
export function isMadeByKernel({ channels }: TraceMethod): boolean {
	return channels.every((need) => need.transport === "tcpConnect");
}

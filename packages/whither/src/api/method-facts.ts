/** What a method's row in the table says beside its name: whether it needs a privilege, and who makes its packets. */
import type { TraceMethod } from "@whither/core";

/** Whether ordinary sockets can do it. */
export function isOrdinary({ channels }: TraceMethod): boolean {
	return channels.some((need) => need.kind === "errorQueue");
}

/** Whether its packets are the kernel's own work: nobody chooses their length then. */
export function isMadeByKernel({ channels }: TraceMethod): boolean {
	return channels.every((need) => need.transport === "tcpConnect");
}

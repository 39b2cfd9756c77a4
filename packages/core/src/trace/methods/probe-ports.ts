/** Whether the ports that an answer or a quote shows are this trace's. */
import type { ProbeContext } from "../method.ts";

/** Our own port. A socket is not told it again, and where a channel holds none each probe has a socket of its own. */
export function isPortOurs({ sourcePorts }: ProbeContext, ours: number | null): boolean {
	return ours === null || sourcePorts.length === 0 || sourcePorts.includes(ours);
}

/** Our own port and the target's, for methods that send to one port. */
export function arePortsOurs(context: ProbeContext, ours: number | null, theirs: number | null): boolean {
	return theirs === context.port && isPortOurs(context, ours);
}

/** Which methods send all their probes as one flow. */

/** Each of their probes has ports of its own, so that a load balancer may send any two different ways. */
const MANY_FLOWS: ReadonlySet<string> = new Set(["udp-classic", "udp-port", "tcp", "tcpconnect"]);

/** Whether probes of this method with the same `flow` have one 5-tuple, so that who answers them stands on one path. */
export function keepsFlow(method: string): boolean {
	return !MANY_FLOWS.has(method);
}

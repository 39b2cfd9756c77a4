/** Source ports of sockets that ask for none. */

/** Linux: net.ipv4.ip_local_port_range, from 32768 to 60999. */
export const EPHEMERAL_PORTS = { first: 32_768, count: 28_232 } as const;

/** The port after another; after the last comes the first. */
export function portAfter(port: number): number {
	const { first, count } = EPHEMERAL_PORTS;
	return first + ((port + 1 - first + count) % count);
}

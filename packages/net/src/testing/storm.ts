/** Sends ICMP errors as fast as asked for, to see what a channel makes of a storm. */
import { encodeIcmpError, encodeIpv4, encodeUdp, IP_PROTOCOL } from "@whither/wire";
import { isSystemError } from "../errors.ts";
import { MSG_DONTWAIT, SOCK_RAW } from "../native/constants.ts";
import { socketName } from "../native/sockaddr.ts";
import { openSocket } from "../native/socket.ts";
import { openWorkspace } from "../native/workspace.ts";

/** What to send and where: time exceeded about a UDP packet from `to` to `quotedTarget`. */
export interface Storm {
	readonly to: string;
	readonly quotedTarget: string;
	readonly perSecond: number;
	readonly seconds: number;
}

const BATCH = 8;

/** Sends the storm; how many packets left. Blocks its thread all the while. */
export function sendStorm(storm: Storm): number {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) throw new Error(workspace.code);
	const { libc, outgoing } = workspace;
	const fd = openSocket(workspace, { family: 4, type: SOCK_RAW, protocol: IP_PROTOCOL.icmp });
	if (isSystemError(fd)) throw new Error(fd.errnoName);
	const name = socketName({ family: 4, address: storm.to, port: 0 });
	outgoing.clear();
	const message = { name, data: timeExceeded(storm), control: [] };
	while (outgoing.append(message));
	const start = performance.now();
	let sent = 0;
	for (let passed = 0; passed < storm.seconds; passed = (performance.now() - start) / 1e3) {
		if (sent < passed * storm.perSecond)
			sent += Math.max(0, libc.sendmmsg(fd, outgoing.address(), BATCH, MSG_DONTWAIT));
	}
	libc.close(fd);
	return sent;
}

function timeExceeded({ to, quotedTarget }: Storm): Uint8Array {
	const ports = { family: 4 as const, source: to, destination: quotedTarget, sourcePort: 9, destinationPort: 33434 };
	const datagram = encodeUdp(ports, new Uint8Array(32));
	const header = {
		tos: 0,
		ttl: 1,
		protocol: IP_PROTOCOL.udp,
		source: to,
		destination: quotedTarget,
		identification: 1,
	};
	return encodeIcmpError(4, { type: 11, code: 0, quoted: encodeIpv4({ ...header, dontFragment: false }, datagram) });
}

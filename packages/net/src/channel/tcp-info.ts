/** What the kernel tells of a TCP socket (TCP_INFO). */
import { SOL_TCP, TCP_INFO, TCP_INFO_BYTES, TCP_INFO_RTT_OFFSET } from "../native/constants.ts";
import { readOptionBytes } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";

/** The state (TCP_ESTABLISHED and so on) and the smoothed round trip in nanoseconds, 0 before the first. */
export interface TcpInfo {
	readonly state: number;
	readonly rttNs: number;
}

/** Null where the kernel does not say. */
export function readTcpInfo(workspace: Workspace, fd: number): TcpInfo | null {
	const bytes = readOptionBytes(workspace, fd, { level: SOL_TCP, name: TCP_INFO, length: TCP_INFO_BYTES });
	if (bytes === null || bytes.length < TCP_INFO_RTT_OFFSET + 4) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return { state: view.getUint8(0), rttNs: view.getUint32(TCP_INFO_RTT_OFFSET, true) * 1_000 };
}

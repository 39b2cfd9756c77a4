/**
 * Keeps the kernel's arrival stamps on. It begins to stamp only a moment after the first socket on the machine asks for it
 * (the switch is thrown by a kernel worker, on our own processor), and stops with the last such socket. So a channel
 * holds one from its beginning, and sends nothing before a datagram to ourselves has come back with a stamp.
 */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { MSG_DONTWAIT, SOCK_DGRAM } from "../native/constants.ts";
import { decodeControl } from "../native/control.ts";
import { socketName } from "../native/sockaddr.ts";
import { bindSocket, localAddress, openSocket, prepared, setOption } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { stampOption } from "./socket-options.ts";

const LOOPBACK = { family: 4, address: "127.0.0.1" } as const;
/** Looks, with a millisecond's sleep between them; without stamps we go on, and say so with every answer. */
const LOOKS = 4;
const SLEEP_MS = 1;

/** Opens the socket, whose descriptor the caller closes. `epollFd`: any epoll descriptor, to sleep on. */
export function openStampHolder(workspace: Workspace, epollFd: number): number | SystemError {
	const opened = openSocket(workspace, { family: LOOPBACK.family, type: SOCK_DGRAM, protocol: 0 });
	const fd = prepared(workspace, opened, (fd) => setOption(workspace, fd, stampOption("receive")));
	if (!isSystemError(fd)) awaitStamps(workspace, fd, epollFd);
	return fd;
}

/** Without a loopback interface there is nothing to look at, and nothing is waited for. */
function awaitStamps(workspace: Workspace, fd: number, epollFd: number): void {
	const { libc, outgoing, events } = workspace;
	if (bindSocket(workspace, fd, { ...LOOPBACK, port: 0 }) !== null) return;
	const local = localAddress(workspace, fd);
	if (isSystemError(local)) return;
	const name = socketName({ ...LOOPBACK, port: local.port });
	for (let look = 0; look < LOOKS; look++) {
		outgoing.clear();
		outgoing.append({ name, data: new Uint8Array(1), control: [] });
		if (libc.sendmmsg(fd, outgoing.address(), 1, MSG_DONTWAIT) !== 1 || isStamped(workspace, fd)) return;
		libc.epoll_wait(epollFd, events.address, 1, SLEEP_MS);
	}
}

function isStamped({ libc, incoming }: Workspace, fd: number): boolean {
	incoming.reset();
	const count = libc.recvmmsg(fd, incoming.address(), incoming.slots, MSG_DONTWAIT, 0);
	return count > 0 && decodeControl(incoming.message(count - 1).control).stamp !== null;
}

/**
 * Waits for all sockets of this thread in one place: one epoll set, one handle of the event loop. A handle for each would
 * cost more, and fall silent at the first ICMP error (libuv takes POLLERR for a dead descriptor).
 */
import type { SystemError } from "@whither/core";
import { openStampHolder } from "../channel/stamp-holder.ts";
import { isSystemError } from "../errors.ts";
import { EPOLLIN } from "../native/constants.ts";
import { EpollSet } from "../native/epoll.ts";
import type { Watch } from "../native/libc.ts";
import type { Workspace } from "../native/workspace.ts";

/** Hears what epoll said of its descriptor (EPOLLIN, EPOLLERR). */
export type Ready = (events: number) => void;

interface Waiting {
	readonly workspace: Workspace;
	/** Keeps the kernel's arrival stamps on; null where it could not be had. */
	readonly holder: number | null;
	readonly epoll: EpollSet;
	readonly watch: Watch;
}

const sockets = new Map<number, Ready>();
let waiting: Waiting | null = null;

/** Begins to watch a descriptor, which keeps the process alive until `unwatch`. */
export function watchSocket(workspace: Workspace, fd: number, ready: Ready): SystemError | null {
	if (waiting === null) {
		const epoll = EpollSet.open(workspace);
		if (isSystemError(epoll)) return epoll;
		// Without one the kernel does not stamp what comes first.
		const holder = openStampHolder(workspace, epoll.fd);
		waiting = {
			workspace,
			holder: isSystemError(holder) ? null : holder,
			epoll,
			watch: workspace.libc.watch(epoll.fd, () => tellReady(epoll)),
		};
	}
	const failed = waiting.epoll.add(fd, EPOLLIN);
	if (failed === null) sockets.set(fd, ready);
	else closeIfIdle();
	return failed;
}

/** Stops; to be called before the descriptor is closed. */
export function unwatchSocket(fd: number): void {
	if (!sockets.delete(fd)) return;
	waiting?.epoll.remove(fd);
	closeIfIdle();
}

function tellReady(epoll: EpollSet): void {
	for (const { fd, events } of epoll.closed ? [] : epoll.ready()) sockets.get(fd)?.(events);
}

function closeIfIdle(): void {
	if (sockets.size > 0 || waiting === null) return;
	waiting.watch.close();
	waiting.epoll.close();
	if (waiting.holder !== null) waiting.workspace.libc.close(waiting.holder);
	waiting = null;
}

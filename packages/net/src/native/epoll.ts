/** One epoll set with a timer in it: a single descriptor to watch for a channel's sockets and its deadline. */
import type { SystemError } from "@whither/core";
import { isSystemError, systemError } from "../errors.ts";
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN } from "./constants.ts";
import { EPOLL_DATA_OFFSET, EPOLL_EVENT_BYTES, EPOLL_EVENTS, writeSize } from "./structs.ts";
import { Timer } from "./timer.ts";
import type { Workspace } from "./workspace.ts";

/** A descriptor that has something to say, and what (EPOLLIN and so on). */
export interface ReadyDescriptor {
	readonly fd: number;
	readonly events: number;
}

/** Owns an epoll descriptor and a timer; the descriptors added to it stay their owner's. */
export class EpollSet {
	readonly fd: number;
	readonly #timer: Timer;
	readonly #workspace: Workspace;
	#closed = false;

	private constructor(workspace: Workspace, fd: number, timer: Timer) {
		this.#workspace = workspace;
		this.fd = fd;
		this.#timer = timer;
	}

	/** A new set, or the error of the call that failed. */
	static open(workspace: Workspace): EpollSet | SystemError {
		const { libc } = workspace;
		const fd = libc.epoll_create1(EPOLL_CLOEXEC);
		if (fd < 0) return systemError("epoll_create1", libc.errno());
		const timer = Timer.open(workspace);
		if (isSystemError(timer)) {
			libc.close(fd);
			return timer;
		}
		const set = new EpollSet(workspace, fd, timer);
		const failed = set.add(timer.fd, EPOLLIN);
		if (failed === null) return set;
		set.close();
		return failed;
	}

	/** Watches a descriptor for `events`; errors and hang-ups are always told. */
	add(fd: number, events: number): SystemError | null {
		const { libc, scratch } = this.#workspace;
		scratch.view.setUint32(0, events, true);
		writeSize(scratch.view, EPOLL_DATA_OFFSET, fd);
		return libc.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, scratch.address) < 0
			? systemError("epoll_ctl", libc.errno())
			: null;
	}

	/** Stops watching a descriptor; to be called before it is closed. */
	remove(fd: number): void {
		this.#workspace.libc.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, this.#workspace.scratch.address);
	}

	/** Descriptors that are ready now, at most 64; an expired timer is taken note of and left out. Never blocks. */
	ready(): readonly ReadyDescriptor[] {
		const { libc, events } = this.#workspace;
		const count = libc.epoll_wait(this.fd, events.address, EPOLL_EVENTS, 0);
		const found: ReadyDescriptor[] = [];
		for (let index = 0; index < count; index++) {
			const offset = index * EPOLL_EVENT_BYTES;
			const fd = events.view.getUint32(offset + EPOLL_DATA_OFFSET, true);
			if (fd === this.#timer.fd) this.#timer.settle();
			else found.push({ fd, events: events.view.getUint32(offset, true) });
		}
		return found;
	}

	/** Makes the set readable once in `delayNs` nanoseconds (at once when not positive); null: never. */
	arm(delayNs: number | null): void {
		this.#timer.arm(delayNs);
	}

	get closed(): boolean {
		return this.#closed;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#timer.close();
		this.#workspace.libc.close(this.fd);
	}
}

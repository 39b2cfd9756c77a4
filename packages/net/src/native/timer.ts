/** A timerfd(2): a descriptor that becomes readable when its time has come. */
import type { SystemError } from "@whither/core";
import { systemError } from "../errors.ts";
import { CLOCK_MONOTONIC, TFD_CLOEXEC, TFD_NONBLOCK } from "./constants.ts";
import { TIMESPEC, writeSize } from "./structs.ts";
import type { Workspace } from "./workspace.ts";

/** Owns its descriptor. */
export class Timer {
	readonly fd: number;
	readonly #workspace: Workspace;
	#closed = false;

	private constructor(workspace: Workspace, fd: number) {
		this.#workspace = workspace;
		this.fd = fd;
	}

	/** A new one that is not armed, or the error of the call that failed. */
	static open(workspace: Workspace): Timer | SystemError {
		const { libc } = workspace;
		const fd = libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		return fd < 0 ? systemError("timerfd_create", libc.errno()) : new Timer(workspace, fd);
	}

	/** Becomes readable once in `delayNs` nanoseconds (at once when not positive); null: never. */
	arm(delayNs: number | null): void {
		if (this.#closed) return;
		const { libc, scratch } = this.#workspace;
		scratch.bytes.fill(0, 0, 2 * TIMESPEC.bytes);
		if (delayNs !== null) {
			// A time of zero would disarm.
			const delay = Math.max(1, delayNs);
			writeSize(scratch.view, TIMESPEC.bytes + TIMESPEC.seconds, Math.floor(delay / 1e9));
			writeSize(scratch.view, TIMESPEC.bytes + TIMESPEC.nanoseconds, Math.floor(delay % 1e9));
		}
		libc.timerfd_settime(this.fd, 0, scratch.address, 0);
	}

	/** Takes note of a time that has come: it is no longer readable. */
	settle(): void {
		if (!this.#closed) this.#workspace.libc.read(this.fd, this.#workspace.scratch.address, 8);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#workspace.libc.close(this.fd);
	}
}

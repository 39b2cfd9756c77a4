/** The monotonic clock that a trace lives on, and the kernel's real-time stamps put on the same scale. */
import type { Instant, SystemError } from "@whither/core";
import { isSystemError } from "./errors.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "./native/constants.ts";
import { readSize, TIMESPEC } from "./native/structs.ts";
import { openWorkspace, type Workspace } from "./native/workspace.ts";

/** Time for one trace. */
export interface Clock {
	now(): Instant;
	/** A CLOCK_REALTIME stamp of the kernel as an instant. Right as long as nobody has set the clock in between. */
	fromRealtime(seconds: number, nanoseconds: number): Instant;
	/** Nanoseconds since 1970-01-01 UTC of an instant. */
	toUnix(at: Instant): bigint;
	/** ISO 8601, the instant 0. */
	readonly startedAt: string;
}

/** How long the measured difference between the two clocks is trusted; a step of the system clock shows at the next look. */
const TRUST_NS = 1_000_000;

/** A clock whose instant 0 is now, made of the process's CLOCK_MONOTONIC, which is what process.hrtime reads. */
export function createClock(workspace: Workspace): Clock {
	const origin = readClock(workspace, CLOCK_MONOTONIC);
	// Seconds and nanoseconds stay apart: together they would not fit a double exactly.
	const now = (): Instant => {
		const time = readClock(workspace, CLOCK_MONOTONIC);
		return (time.seconds - origin.seconds) * 1e9 + (time.nanoseconds - origin.nanoseconds);
	};
	let zero = measureZero(workspace, now);
	let measuredAt = now();
	const startedAt = new Date(zero.seconds * 1e3 + zero.nanoseconds / 1e6).toISOString();
	const look = (): Time => {
		const at = now();
		if (at - measuredAt > TRUST_NS) {
			zero = measureZero(workspace, now);
			measuredAt = at;
		}
		return zero;
	};
	return {
		now,
		toUnix(at) {
			const zero = look();
			return BigInt(zero.seconds) * 1_000_000_000n + BigInt(zero.nanoseconds + Math.round(at));
		},
		fromRealtime(seconds, nanoseconds) {
			const zero = look();
			return (seconds - zero.seconds) * 1e9 + (nanoseconds - zero.nanoseconds);
		},
		startedAt,
	};
}

/** `createClock` on this thread's libc; `unsupportedPlatform` where there is none. */
export function openClock(): Clock | SystemError {
	const workspace = openWorkspace();
	return isSystemError(workspace) ? workspace : createClock(workspace);
}

interface Time {
	readonly seconds: number;
	readonly nanoseconds: number;
}

function readClock(workspace: Workspace, clock: number): Time {
	const { libc, scratch } = workspace;
	libc.clock_gettime(clock, scratch.address);
	return {
		seconds: readSize(scratch.view, TIMESPEC.seconds),
		nanoseconds: scratch.view.getUint32(TIMESPEC.nanoseconds, true),
	};
}

/** What the real-time clock showed at instant 0: the closest of a few looks at both clocks. */
function measureZero(workspace: Workspace, now: () => Instant): Time {
	let best: { readonly time: Time; readonly gap: number } | null = null;
	for (let look = 0; look < 4; look++) {
		const before = now();
		const real = readClock(workspace, CLOCK_REALTIME);
		const gap = now() - before;
		if (best !== null && gap >= best.gap) continue;
		best = { gap, time: { seconds: real.seconds, nanoseconds: real.nanoseconds - Math.round(before + gap / 2) } };
	}
	return best?.time ?? { seconds: 0, nanoseconds: 0 };
}

/** A trace's clock without the kernel's own calls: Node's monotonic clock, and the wall clock to the millisecond. */
import type { Clock } from "../clock.ts";

/** A clock whose instant 0 is now. */
export function createPortableClock(): Clock {
	const [seconds, nanoseconds] = process.hrtime();
	const startedAtMs = Date.now();
	const zero = BigInt(startedAtMs) * 1_000_000n;
	return {
		now: () => {
			const time = process.hrtime();
			// Seconds and nanoseconds stay apart: together they would not fit a double exactly.
			return (time[0] - seconds) * 1e9 + (time[1] - nanoseconds);
		},
		fromRealtime: (at, rest) => (at - startedAtMs / 1e3) * 1e9 + rest,
		toUnix: (at) => zero + BigInt(Math.round(at)),
		startedAt: new Date(startedAtMs).toISOString(),
	};
}

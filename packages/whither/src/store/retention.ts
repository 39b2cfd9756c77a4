/** Which sessions are not kept any longer. Pure. */
import type { Kept } from "./index/session-index.ts";

/** How long, how many and how much is kept. */
export interface RetentionRules {
	readonly keepDays: number;
	readonly keepSessions: number;
	readonly keepBytes: number;
}

/** Where nobody says: a quarter of a year, ten thousand, a gibibyte. */
export const DEFAULT_RETENTION: RetentionRules = { keepDays: 90, keepSessions: 10_000, keepBytes: 1 << 30 };

const DAY_MS = 86_400_000;

/** Ids of those that go. `kept`: all that have ended, the oldest first; `runningBytes`: what those under way take, none of which goes. */
export function overdue(
	kept: readonly Kept[],
	rules: RetentionRules,
	now: { readonly unixMs: number; readonly runningBytes: number },
): readonly string[] {
	const latest = now.unixMs - rules.keepDays * DAY_MS;
	let count = kept.length;
	let bytes = kept.reduce((sum, one) => sum + one.bytes, now.runningBytes);
	const gone: string[] = [];
	for (const one of kept) {
		const isOld = Date.parse(one.endedAt) < latest;
		if (!isOld && count <= rules.keepSessions && bytes <= rules.keepBytes) continue;
		gone.push(one.id);
		count--;
		bytes -= one.bytes;
	}
	return gone;
}

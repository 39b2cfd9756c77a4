/** How many descriptors the process may have: each relay is one. */
import { RLIMIT_NOFILE } from "../../native/constants.ts";
import { readSize, writeSize } from "../../native/structs.ts";
import type { Workspace } from "../../native/workspace.ts";

/** Raises the limit to `wanted` as far as we may; the limit then. Without privilege the hard limit is as far as it goes. */
export function raiseDescriptorLimit({ libc, scratch: { view, address } }: Workspace, wanted: number): number {
	if (libc.getrlimit(RLIMIT_NOFILE, address) < 0) return 0;
	const soft = readSize(view, 0);
	const hard = readSize(view, 8);
	if (soft >= wanted) return soft;
	for (const [newSoft, newHard] of [
		[wanted, Math.max(hard, wanted)] as const,
		[Math.min(hard, wanted), hard] as const,
	]) {
		writeSize(view, 0, newSoft);
		writeSize(view, 8, newHard);
		if (libc.setrlimit(RLIMIT_NOFILE, address) === 0) return newSoft;
	}
	return soft;
}

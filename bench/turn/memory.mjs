// Part "memory": what an allocation with a permission and a channel takes of a server that has just been started.
import { print, verdict } from "./rounds.mjs";

const COUNTS = [1000, 10_000];
/** Opened and closed first: what a server needs once, and what its compiler makes of itself, is no allocation's. */
const WARM_UP = [200];
/** Of the issue: coturn's as it was measured for it. */
const MOST_KB = 45;
const AIM_KB = 20;

async function measureOnce({ load }, { server, pid }) {
	await load.ask({ work: "allocations", server, pid, counts: WARM_UP });
	const { steps, perSecond, processorNs } = await load.ask({ work: "allocations", server, pid, counts: COUNTS });
	const [first, ...rest] = steps;
	const last = steps.at(-1);
	return {
		steps: rest.map(({ count, bytes }) => ({ count, kb: (bytes - first.bytes) / count / 1024 })),
		descriptors: (last.descriptors - first.descriptors) / last.count,
		megabytes: last.bytes / 2 ** 20,
		perSecond,
		us: processorNs / last.count / 1e3,
	};
}

/** Measures and prints; returns the figures by server. */
export async function measureMemory(context) {
	const figures = {};
	for (const kind of context.kinds) {
		const running = await context.start(kind);
		try {
			figures[kind] = await measureOnce(context, running);
		} finally {
			await running.close();
		}
	}
	const { coturn, whither } = figures;
	const row = (name, pick, limits) => {
		const [theirs, ours] = [coturn, whither].map((seen) => (seen === undefined ? null : pick(seen)));
		const ratio = theirs === null || ours === null ? null : ours / theirs;
		return [
			name,
			theirs,
			ours,
			ratio,
			limits?.most ?? limits?.least ?? "",
			limits === undefined ? "" : verdict(ours, limits),
		];
	};
	print(
		"Allocations with a channel each",
		["", "coturn", "whither", "x coturn", "limit", ""],
		[
			...COUNTS.flatMap((count, index) => [
				row(`KB each, ${count}`, ({ steps }) => steps[index].kb, { most: MOST_KB }),
				row(`KB each, ${count}, aimed at`, ({ steps }) => steps[index].kb, { most: AIM_KB }),
			]),
			row("descriptors each", (seen) => seen.descriptors),
			row("MB resident in the end", (seen) => seen.megabytes),
			row("processor us each", (seen) => seen.us),
			row("a second", (seen) => seen.perSecond),
		],
	);
	return figures;
}

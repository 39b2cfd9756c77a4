import type { Instant } from "../machine.ts";
import type { ChecklistSet } from "./checklist.ts";
import type { Checks } from "./checks.ts";
import type { Component } from "./component.ts";
import { byPriority, type Pair } from "./pair.ts";

/** Tries better pairs again once one works: the peer is there now, so its NAT may let in what came too early before. Those behind NATs first. */
export function hurry(list: ChecklistSet, checks: Checks, component: Component, works: Pair, now: Instant): void {
	const better = [...list.pairs].filter(
		(pair) => component.owns(pair) && pair.relays < works.relays && pair.state === "inProgress" && !pair.isTcp,
	);
	const isReflexive = ({ remote }: Pair) => remote.type !== "host";
	for (const pair of better.sort((a, b) => Number(isReflexive(b)) - Number(isReflexive(a)) || byPriority(a, b))) {
		if (pair.hurried) continue;
		pair.hurried = true;
		checks.quiet(pair, now);
		list.hurry(pair, now);
	}
}

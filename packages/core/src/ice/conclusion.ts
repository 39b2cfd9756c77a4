import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import type { ChecklistSet } from "./checklist.ts";
import type { Component } from "./component.ts";
import type { Ground } from "./ground.ts";
import type { IceFailure, IceState } from "./ice-io.ts";
import type { Pair } from "./pair.ts";
import type { RemoteCandidates } from "./remotes.ts";

/** RFC 8863 §4: as long as one check may take, so that the peer has had the time to send its own. */
const PATIENCE_NS = 39.5 * SECOND;
const GIVE_UP_MS = 60_000;
/** Two requests for consent are late by then. */
const SILENT_NS = 12 * SECOND;

/** What there is to judge by. */
export interface ConclusionFacts {
	readonly ground: Ground;
	readonly list: ChecklistSet;
	readonly components: readonly Component[];
	readonly remotes: RemoteCandidates;
	/** When checks began; null: the peer is not known yet. */
	readonly startedAt: Instant | null;
}

/** Where a generation stands (RFC 8445 §8.1.2), as long as it has not failed. */
export function stateOf({ components, list, startedAt }: ConclusionFacts, now: Instant): IceState {
	if (startedAt === null) return "new";
	let isSilent = false;
	for (const component of components) {
		const { selected } = component;
		const pair = component.sending(list.pairs, now);
		if (pair === null) return "checking";
		const isNoBetter = selected?.dead === true && pair.heardAt <= selected.heardAt;
		isSilent ||= selected !== null && (isNoBetter || silentAt(pair) <= now);
	}
	if (isSilent) return "disconnected";
	return components.every(({ selected }) => selected?.isWritable(now)) ? "completed" : "connected";
}

/** When a pair has been silent for so long that people should know; never where nobody has to answer. */
export function silentAt({ heardAt, isUnproved }: Pick<Pair, "heardAt" | "isUnproved">): Instant {
	return isUnproved ? Number.POSITIVE_INFINITY : heardAt + SILENT_NS;
}

/**
 * Why a generation has failed, if it has; else when to look again. Deviation: RFC 8445 §6.1.3 has it fail with the last of its
 * checklists; here it fails with the first, as there is nobody to agree with on a stream that is left out.
 */
export function failureOf(facts: ConclusionFacts, now: Instant): IceFailure | { readonly lookAt: Instant } {
	let lookAt = Number.POSITIVE_INFINITY;
	if (facts.startedAt === null) return { lookAt };
	for (const component of facts.components) {
		const found = componentFailure(facts, component, facts.startedAt, now);
		if (typeof found === "string") return found;
		lookAt = Math.min(lookAt, found);
	}
	return { lookAt };
}

function hasBase({ locals }: Ground, { stream, number }: Component): boolean {
	for (const base of locals.bases.values()) if (base.stream === stream && base.component === number) return true;
	return false;
}

function componentFailure(
	facts: ConclusionFacts,
	component: Component,
	startedAt: Instant,
	now: Instant,
): IceFailure | Instant {
	const { ground, list, remotes } = facts;
	if (component.selected !== null) return Number.POSITIVE_INFINITY;
	const patientUntil = startedAt + PATIENCE_NS;
	const giveUpNs = Math.max(PATIENCE_NS, (ground.config.giveUpMs ?? GIVE_UP_MS) * MILLISECOND);
	const ownPairs = [...list.pairs].filter((pair) => component.owns(pair));
	const writable = ownPairs.filter((pair) => pair.isWritable(now));
	if (component.bereavedBy !== null) {
		if (writable.length === 0) return component.bereavedBy;
		return Math.max(...writable.map(({ consentUntil }) => consentUntil));
	}
	if (writable.length > 0) {
		const at = (component.firstValidAt ?? startedAt) + giveUpNs;
		return at <= now ? "neverNominated" : at;
	}
	if (ground.isGathered() && !hasBase(ground, component)) return "noLocalCandidates";
	const isOver =
		ground.isGathered() &&
		remotes.isComplete(component.stream) &&
		ownPairs.every((pair) => !pair.isOpen) &&
		ground.config.lite !== true;
	if (isOver && now >= patientUntil) {
		if (!remotes.hasAny(component.stream, component.number)) return "noRemoteCandidates";
		return ground.locals.all.length === 0 ? "noLocalCandidates" : "allPairsFailed";
	}
	const at = startedAt + giveUpNs;
	if (at <= now) return "gaveUp";
	return isOver ? Math.min(at, patientUntil) : at;
}

/** What a hop's quotes show that no earlier hop's did: packets changed on the way (`--changes`), NAT, smaller lengths. */
import type { HopResult } from "@whither/core";

/** What the hops told so far have shown; each hop is told against it. */
export interface Shown {
	/** Names of fields to how they changed. */
	readonly changes: ReadonlyMap<string, string>;
	/** Whether a NAT has been marked. */
	readonly nat: boolean;
	/** The last length in bytes that was written: the header's, then each F=. */
	readonly mtu: number | null;
}

/** Before the first hop; `length` is the probe's as the header has it. */
export function nothingShown(length: number | null): Shown {
	return { changes: new Map(), nat: false, mtu: length };
}

/** What stands behind a hop's answers, and what has then been shown. */
export interface HopNews {
	/** Such as `dscp 10 -> 0`, or `dscp 10 again` where a later hop got it as it was sent. */
	readonly changes: readonly string[];
	/** The first hop behind a NAT. */
	readonly nat: boolean;
	/** The length to write as F=, or null where it is still the one that was written last. */
	readonly mtu: number | null;
	readonly shown: Shown;
}

/** What this hop shows for the first time. */
export function hopNews(hop: HopResult, before: Shown): HopNews {
	const { changes, now } = changeNews(hop, before.changes);
	const nat = hop.nat !== undefined;
	const answered = hop.probes.some((probe) => probe.rttNs !== null);
	const mtu = answered && hop.mtu !== undefined && hop.mtu !== before.mtu ? hop.mtu : null;
	const shown = { changes: now, nat: before.nat || nat, mtu: mtu ?? before.mtu };
	return { changes, nat: nat && !before.nat, mtu, shown };
}

/** `tos` says once more what `dscp` and `ecn` say. */
const REPEATED: ReadonlySet<string> = new Set(["tos"]);

/** Marks of differences that come of quoting, or of another change, and are none of their own. */
const EXPLAINED = /\((byte-swapped|less header|follows)\)$/;

/** Fields of which every probe has its own value: what counts is that they are rewritten. */
const OWN_VALUES: ReadonlySet<string> = new Set([
	"checksum",
	"sequence",
	"acknowledgment",
	"identification",
	"icmpSequence",
	"sourcePort",
	"destinationPort",
]);

/** Fields that every quote reaches: where they are no longer different, they have been set back. */
const ALWAYS_QUOTED: ReadonlySet<string> = new Set([
	"dscp",
	"ecn",
	"length",
	"dontFragment",
	"protocol",
	"source",
	"destination",
	"ipOptions",
	"extensionHeaders",
	"sourcePort",
	"destinationPort",
]);

interface ChangeNews {
	readonly changes: readonly string[];
	readonly now: ReadonlyMap<string, string>;
}

function changeNews(hop: HopResult, before: ReadonlyMap<string, string>): ChangeNews {
	const quoted = hop.probes.filter((probe) => probe.quoted !== null);
	if (quoted.length === 0) return { changes: [], now: before };
	const here = fieldChanges(quoted.flatMap((probe) => probe.quoted?.changes ?? []));
	const now = new Map(before);
	const changes: string[] = [];
	for (const [field, text] of here) {
		const known = before.get(field);
		now.set(field, text);
		if (known === undefined || (known !== text && !OWN_VALUES.has(field))) changes.push(text);
	}
	for (const [field, text] of before) {
		if (here.has(field) || !ALWAYS_QUOTED.has(field)) continue;
		now.delete(field);
		changes.push(`${text.split(" -> ")[0]} again`);
	}
	return { changes, now };
}

/** One text a field; values that differ from probe to probe are left out. */
function fieldChanges(changes: readonly string[]): ReadonlyMap<string, string> {
	const fields = new Map<string, string>();
	for (const change of changes) {
		const field = /^(option \S+|\S+)/.exec(change)?.[0] ?? change;
		if (REPEATED.has(field) || EXPLAINED.test(change)) continue;
		const known = fields.get(field);
		if (known === undefined || known === change) fields.set(field, change);
		else if (OWN_VALUES.has(field)) fields.set(field, `${field} rewritten`);
		else if (!known.split(" / ").includes(change)) fields.set(field, `${known} / ${change}`);
	}
	return fields;
}

/** From a session that fails to a simpler one that fails as well. */
import { type Box, OPEN, PLAIN_NAT } from "./box.ts";
import type { SessionSpec, Site } from "./session-spec.ts";

/** The most sessions that are run for it. */
const MOST_TRIES = 150;

/** The simplest specification found that still fails, one thing made plain at a time. */
export function shrinkSession(spec: SessionSpec, fails: (spec: SessionSpec) => boolean): SessionSpec {
	let simplest = spec;
	let tries = 0;
	for (let hasChanged = true; hasChanged && tries < MOST_TRIES; ) {
		hasChanged = false;
		for (const candidate of simpler(simplest)) {
			if (tries >= MOST_TRIES) break;
			tries++;
			if (!fails(candidate)) continue;
			simplest = candidate;
			hasChanged = true;
			break;
		}
	}
	return simplest;
}

/** Everything that is one step simpler, the largest steps first. */
function simpler(spec: SessionSpec): readonly SessionSpec[] {
	const changes: Partial<SessionSpec>[] = [
		...spec.families.slice(0, spec.families.length - 1).map((family) => ({ families: [family] })),
		...(spec.families.length > 1 ? [{ families: spec.families.slice(1) }] : []),
		...(spec.moves.length > 0
			? [{ moves: [] }, { moves: spec.moves.slice(1) }, { moves: spec.moves.slice(0, -1) }]
			: []),
		{ server: "alive" },
		{ roles: "right" },
		{ end: "closes" },
		{ loss: 0 },
		{ reorder: 0 },
		{ duplicate: 0 },
		{ place: "apart" },
		{ relay: false },
		{ delayMs: 5 },
		{ signallingMs: 20 },
		{ pacingMs: [50, 50] },
		...simplerSites(spec.a).map((a) => ({ a })),
		...simplerSites(spec.b).map((b) => ({ b })),
	];
	const before = JSON.stringify(spec);
	const isWhole = ({ place, a }: SessionSpec) => place !== "oneCarrier" || a.carrier !== null;
	const changed = changes.map((change) => ({ ...spec, ...change }));
	return changed.filter((each) => isWhole(each) && JSON.stringify(each) !== before);
}

function simplerSites(site: Site): readonly Site[] {
	const sites: Site[] = site.carrier === null ? [] : [{ ...site, carrier: null }];
	for (const family of [4, 6] as const)
		for (const box of simplerBoxes(site.home[family])) sites.push({ ...site, home: { ...site.home, [family]: box } });
	if (site.carrier !== null)
		for (const family of [4, 6] as const)
			for (const box of simplerBoxes(site.carrier[family]))
				sites.push({ ...site, carrier: { ...site.carrier, [family]: box } });
	return sites;
}

function simplerBoxes(box: Box): readonly Box[] {
	if (box.kind === "open") return [];
	if (box.kind !== "nat") return [OPEN];
	const plain = (key: "mapping" | "filtering" | "hairpin" | "ports" | "preservesParity" | "lifetimeMs"): Box => ({
		...box,
		...(PLAIN_NAT.kind === "nat" && { [key]: PLAIN_NAT[key] }),
	});
	const single = (["lifetimeMs", "preservesParity", "ports", "hairpin", "filtering", "mapping"] as const).map(plain);
	return [OPEN, PLAIN_NAT, ...single];
}

/** Two answers about one object as one. Pure. */
import type { WhoisFacts } from "./rdap-answer.ts";

/** What the first says, and what it does not say by the second. */
export function mergeFacts(first: WhoisFacts, second: WhoisFacts): WhoisFacts {
	const list = (name: "prefixes" | "asns" | "status" | "nameServers" | "remarks") =>
		first[name].length > 0 ? first[name] : second[name];
	const roles = new Set(first.entities.flatMap((entity) => entity.roles));
	const others = second.entities.filter((entity) => !entity.roles.some((role) => roles.has(role)));
	return {
		handle: first.handle ?? second.handle,
		name: first.name ?? second.name,
		prefixes: list("prefixes"),
		asns: list("asns"),
		country: first.country ?? second.country,
		status: list("status"),
		registeredAt: first.registeredAt ?? second.registeredAt,
		changedAt: first.changedAt ?? second.changedAt,
		expiresAt: first.expiresAt ?? second.expiresAt,
		nameServers: list("nameServers"),
		entities: [...first.entities, ...others],
		remarks: list("remarks"),
	};
}

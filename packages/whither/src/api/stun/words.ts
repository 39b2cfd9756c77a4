/** What the findings of `stun` mean, in plain words. */
import type { StunFamilyResult } from "./result.ts";

type Behaviour = Pick<StunFamilyResult, "mapping" | "filtering" | "mappedAddress" | "transport" | "tests">;

const KINDS = {
	endpointIndependent: "endpoint-independent",
	addressDependent: "address-dependent",
	addressAndPortDependent: "address-and-port-dependent",
} as const;

/** "endpoint-independent mapping", "no translation", "mapping unknown". */
export function mappingWords(mapping: StunFamilyResult["mapping"]): string {
	if (mapping === "none") return "no translation";
	return mapping === "unknown" ? "mapping unknown" : `${KINDS[mapping]} mapping`;
}

/** "address-dependent filtering", "filtering unknown"; without translation, "no filtering" where nothing is kept out. */
export function filteringWords({ filtering, mapping }: Pick<Behaviour, "filtering" | "mapping">): string {
	if (filtering === "endpointIndependent" && mapping === "none") return "no filtering";
	return filtering === "unknown" ? "filtering unknown" : `${KINDS[filtering]} filtering`;
}

/**
 * What it comes to for calls between two peers (RFC 4787 section 4 and 5, with RFC 5128's hole punching): one clause for
 * `mapping` and `filtering` that are known.
 */
function outlook({ mapping, filtering }: Behaviour): string {
	if (mapping === "addressDependent" || mapping === "addressAndPortDependent")
		return "direct calls work with peers that let strangers in; with others they need a relay";
	if (mapping === "unknown") return "whether direct calls work is not known";
	if (filtering === "endpointIndependent") return "direct calls work with every peer";
	if (filtering === "addressDependent") return "direct calls work with most peers";
	if (filtering === "addressAndPortDependent")
		return "direct calls work with many peers; those with a mapping for each destination need a relay";
	return mapping === "none"
		? "direct calls work unless a firewall keeps strangers out"
		: "direct calls work with many peers, with which is not known";
}

/** One sentence without a full stop: what the address translation does, and what that means. */
export function behaviourSummary(found: Behaviour): string {
	const { mapping, transport, tests } = found;
	if (transport !== "udp") {
		const streams = transport.toUpperCase();
		return mapping === "none"
			? `no translation of ${streams}; how UDP fares is another matter`
			: `${streams} is translated; how UDP fares is another matter`;
	}
	const words = `${mappingWords(mapping)}, ${filteringWords(found)}`;
	if (mapping === "unknown" && tests === "none")
		return "a NAT translates our address; how it behaves takes a server with two addresses to find out";
	return `${words}: ${outlook(found)}`;
}

/** What is known of the NATs and filters at either end, by what candidates and servers showed; what is not known stays so. */
import { addressFamily, formatEndpoint, isSameEndpoint } from "@whither/wire";
import type { MeetCandidate, MeetPlace, MeetResult } from "../result.ts";

/** What one end can say of the network in front of it. */
export interface EndView {
	/**
	 * `blocked`: UDP to a server goes unanswered that answers over TCP, and the other end has had answers over UDP, so that it
	 * is not the server's own filter. `silent`: nobody who was asked over UDP answered.
	 */
	readonly udp: "works" | "blocked" | "silent" | "unknown";
	/** The NAT gives each destination another mapping (RFC 4787 §4.1; "symmetric"). That it does not is never quite known. */
	readonly mapping: "perDestination" | "unknown";
}

/** Where nothing is known. */
export const NOTHING_KNOWN: EndView = { udp: "unknown", mapping: "unknown" };

/** What evidence is taken from. */
export interface EvidenceFacts
	extends Pick<MeetResult, "selected" | "pairs" | "candidates" | "candidateErrors" | "servers" | "timings"> {
	/** Addresses that have answered us over TCP or TLS. */
	readonly tcpReached: readonly MeetPlace[];
	/** What the other end told of itself; null: nothing. */
	readonly peerView: EndView | null;
}

/** Failures of what was asked over UDP that are no answer. */
const SILENT: ReadonlySet<string> = new Set(["timeout", "unreachable", "portUnreachable"]);

/** This end. */
export function ownView(facts: EvidenceFacts): EndView {
	return { udp: ownUdp(facts), mapping: ownMapping(facts) };
}

/** The other end: what it told, else what its candidates show. */
export function peerViewOf({ selected, candidates, peerView }: EvidenceFacts): EndView {
	const told = peerView ?? NOTHING_KNOWN;
	if (told.mapping !== "unknown") return told;
	const { remote } = candidates;
	const seen = selected === null ? remote : [...remote, selected.remote];
	const isPerDestination = hasSeveralPlaces(remote) || seen.some((one) => isMappedAnew(one, remote));
	return { ...told, mapping: isPerDestination ? "perDestination" : "unknown" };
}

/** Whether a candidate is what a NAT made of a socket's address. */
export function isReflexive({ type }: Pick<MeetCandidate, "type">): boolean {
	return type === "srflx" || type === "prflx";
}

function ownUdp({
	selected,
	candidates,
	candidateErrors,
	servers,
	timings,
	tcpReached,
	peerView,
}: EvidenceFacts): EndView["udp"] {
	const isHeard = candidates.local.some(
		({ type, protocol, leg, server }) => protocol === "udp" && (type === "srflx" ? server !== null : leg === "udp"),
	);
	const isUsed = selected !== null && selected.local.protocol === "udp" && selected.local.type !== "relay";
	if (isHeard || isUsed) return "works";
	const failuresOf = (server: MeetPlace) =>
		candidateErrors.flatMap(({ base, server: asked, why }) =>
			base !== null && isSameEndpoint(asked, server) ? [why] : [],
		);
	const silent = servers.stun.filter((server) => {
		const failures = failuresOf(server);
		return failures.length > 0 && failures.every((why) => SILENT.has(why));
	});
	// A server that sees us by our own address gives no candidate, and is in no list of errors either.
	if (timings.gatheredMs === null || silent.length === 0 || silent.length < servers.stun.length) return "unknown";
	// Requests have come to a machine that says that nobody has the port.
	const isThere = silent.some(
		(server) =>
			tcpReached.some(({ address }) => address === server.address) && !failuresOf(server).includes("portUnreachable"),
	);
	const isHeardThere = peerView?.udp === "works" || candidates.remote.some(({ type }) => type === "srflx");
	return isThere && isHeardThere ? "blocked" : "silent";
}

function ownMapping({ pairs, selected, candidates: { local } }: EvidenceFacts): EndView["mapping"] {
	// As our checks were seen, by the other end or by its relay.
	const seen = [...pairs.map((pair) => pair.local), ...(selected === null ? [] : [selected.local])];
	const isPerDestination = hasSeveralPlaces(local) || seen.some((one) => isMappedAnew(one, local));
	return isPerDestination ? "perDestination" : "unknown";
}

/** One socket that is seen by several ports of one address. */
function hasSeveralPlaces(candidates: readonly MeetCandidate[]): boolean {
	const ports = new Map<string, Set<number>>();
	for (const { type, protocol, address, port, base } of candidates) {
		if (type !== "srflx" || protocol !== "udp" || base === null || isHidden(base)) continue;
		const key = `${formatEndpoint(base)} ${address}`;
		ports.set(key, (ports.get(key) ?? new Set()).add(port));
	}
	return [...ports.values()].some(({ size }) => size > 1);
}

/**
 * Whether a NAT gave a socket, as a check has shown it, another port of the address that a STUN server saw it by. Where
 * there are sockets that no server has seen, it may be one of those.
 */
function isMappedAnew(chosen: MeetCandidate, known: readonly MeetCandidate[]): boolean {
	if (chosen.type !== "prflx" || chosen.protocol !== "udp") return false;
	const family = addressFamily(chosen.address);
	const ofFamily = known.filter(({ address, protocol }) => protocol === "udp" && addressFamily(address) === family);
	const reflexive = ofFamily.filter(({ type }) => type === "srflx");
	const seen = new Set(reflexive.map(({ base }) => (base === null ? "" : formatEndpoint(base))));
	if (ofFamily.filter(({ type }) => type === "host").length > seen.size) return false;
	return reflexive.some(({ address, port }) => address === chosen.address && port !== chosen.port);
}

/** RFC 8839 §5.1: what stands where the base is not to be told. */
function isHidden({ address }: MeetPlace): boolean {
	return address === "0.0.0.0" || address === "::";
}

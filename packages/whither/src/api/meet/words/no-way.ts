/** Why two ends did not come together, or no longer are; and what would do, where that is known. */
import { addressFamily, formatEndpoint, isSameEndpoint } from "@whither/wire";
import type { MeetCandidate, MeetCandidateError } from "../result.ts";
import { placeOfUrl } from "../signalling/server-url.ts";
import { ownView, peerViewOf } from "./evidence.ts";
import { type MeetFacts, obstacleWords } from "./obstacle.ts";

/** There was a pair, and it died. */
export function lossSentence({ outcome }: MeetFacts): string {
	switch (outcome.failure) {
		case "consentRevoked":
			return "connected, and then the other end took its consent back";
		case "noBase":
			return "connected, and then the last interface or relay of ours went away";
		case "consentExpired":
			return "connected, and then nothing came from the other end for 30 seconds";
		default:
			return "connected, and then the way was lost";
	}
}

/** There never was one. */
export function noWaySentence(facts: MeetFacts): string {
	const { outcome, policy } = facts;
	const refused = refusalWords(facts);
	switch (outcome.failure) {
		case "noLocalCandidates":
		case "noBase": {
			const what = policy === "relay" ? "no relay could be had" : "this machine has no address to be reached at";
			return `no way: ${[what, ...refused].join("; ")}`;
		}
		case "noRemoteCandidates":
			return "no way: the other end has told of no address that it could be reached at";
		case "neverNominated":
			return "pairs work, but the other end, which decides, has chosen none";
		default:
			return `no way: ${[...obstacles(facts), ...refused, ...remedies(facts)].join("; ")}`;
	}
}

function obstacles(facts: MeetFacts): readonly string[] {
	const known = obstacleWords(ownView(facts), peerViewOf(facts));
	if (known !== null) return [known.replace(", and no direct check got through", "")];
	const { pairs, candidates } = facts;
	if (candidates.remote.length === 0) return ["the other end has told of no address that it could be reached at"];
	if (pairs.length === 0) return [strangersWords(candidates)];
	const heard = pairs.some(({ readable }) => readable);
	const tried = `${pairs.length} ${pairs.length === 1 ? "pair was" : "pairs were"} tried`;
	return [
		heard
			? `the other end's checks come in, but ours are not answered (${tried})`
			: `none of our checks was answered and none of theirs came (${tried})`,
	];
}

/** Why there was nothing to try: addresses pair within their family. */
function strangersWords({ local, remote }: MeetFacts["candidates"]): string {
	const [ours, theirs] = [familyOf(local), familyOf(remote)];
	if (ours === null || theirs === null || ours === theirs) return "no address of ours goes together with one of theirs";
	return `all addresses here are IPv${ours}, and all there IPv${theirs}`;
}

/** Null: there are both, or none. */
function familyOf(candidates: readonly MeetCandidate[]): number | null {
	const [family = null, ...others] = new Set(candidates.map(({ address }) => addressFamily(address)));
	return others.length > 0 ? null : family;
}

/** What would have helped: only what has been shown to pass. */
function remedies(facts: MeetFacts): readonly string[] {
	const { candidates, tcpReached, servers } = facts;
	const hasOwn = candidates.local.some(({ type }) => type === "relay");
	const helped = relaysTried(facts);
	if (hasOwn) return helped;
	const { udp } = ownView(facts);
	if ((udp === "blocked" || udp === "silent") && facts.policy === "all") {
		const [place] = tcpReached;
		if (servers.rendezvous?.startsWith("https:") && placeOfUrl(servers.rendezvous)?.port === 443)
			return [...helped, "a relay over TLS 443 would work: that port passes here"];
		if (place !== undefined)
			return [...helped, `a relay over TCP ${place.port} would be reached: that port passes here`];
	}
	if (helped.length > 0) return helped;
	return servers.turn.length === 0 ? ["there was no relay to go by (--turn)"] : [];
}

/** Relays that there were, and that pairs were tried by. */
function relaysTried({ candidates: { local, remote }, pairs }: MeetFacts): readonly string[] {
	if (pairs.length === 0) return [];
	if (local.some(({ type }) => type === "relay")) return ["nor did a relay help"];
	return remote.some(({ type }) => type === "relay") ? ["nor did the other end's relay help"] : [];
}

/** Relays that said no, or did not answer: one word for each server. */
function refusalWords({ candidateErrors, servers }: MeetFacts): readonly string[] {
	const ofRelays = candidateErrors.filter(
		({ base, server }) => base === null && servers.turn.some((place) => isSameEndpoint(place, server)),
	);
	return [...new Set(ofRelays.map(relayWords))];
}

function relayWords({ server, why, stunError }: MeetCandidateError): string {
	const where = server === null ? "the relay" : `the relay at ${formatEndpoint(server)}`;
	if (stunError === 401) return `${where} refuses the credentials (401)`;
	if (stunError === 486) return `${where} gives this user no more (486)`;
	if (stunError !== null) return `${where} refuses (${stunError})`;
	return why === "timeout" ? `${where} does not answer` : `${where} could not be used (${why})`;
}

/** By which way two ends came together, and why by that one. */
import { formatEndpoint } from "@whither/wire";
import type { MeetCandidate, MeetSelected } from "../result.ts";
import { isReflexive, ownView, peerViewOf } from "./evidence.ts";
import { type MeetFacts, obstacleWords } from "./obstacle.ts";

/** The clause for a pair. */
export function connectedWords(facts: MeetFacts, selected: MeetSelected): string {
	const { local, remote } = selected;
	if (isUnchecked(selected)) return uncheckedWords(selected);
	if (local.type === "relay" || remote.type === "relay") return relayWords(facts, selected);
	const over = [local.protocol === "tcp" ? "TCP" : "", local.address.includes(":") ? "IPv6" : ""].filter(
		(word) => word !== "",
	);
	const how = over.length === 0 ? "direct" : `direct over ${over.join(" and ")}`;
	return `${how}, ${directWords(facts, selected)}`;
}

/** Whether packets go by what the other end said alone, and not by what a check has shown. */
function isUnchecked({ reason }: MeetSelected): boolean {
	return reason === "noIce" || reason === "unproved";
}

function uncheckedWords({ local, remote, relay, reason }: MeetSelected): string {
	const from = relay === null ? formatEndpoint(local) : `our relay at ${formatEndpoint(relay.server)}`;
	const why = reason === "noIce" ? "since it speaks no ICE that we do" : "since no check has succeeded";
	return `unchecked, from ${from} to where the other end said (${formatEndpoint(remote)}), ${why}`;
}

function directWords(facts: MeetFacts, { local, remote }: MeetSelected): string {
	const isOwn = local.type === "host" && remote.type === "host" && local.address === remote.address;
	if (isOwn || (isLoopback(local) && isLoopback(remote))) return "within this machine";
	if (isHairpin(facts, local, remote))
		return `by way of the NAT at ${local.address}, which both ends are behind and which turns packets round (hairpin)`;
	if (!isReflexive(local) && !isReflexive(remote)) {
		const ends = `${local.address} to ${remote.address}`;
		return isPrivate(local) && isPrivate(remote) ? `inside one network: ${ends}` : `no NAT between: ${ends}`;
	}
	const ours = isReflexive(local) ? `through your NAT at ${local.address}` : `from your own address ${local.address}`;
	return [ours, ...ownNote(facts, local), theirWords(facts, remote)].join("; ");
}

/** That the peer had to learn our address from our check. */
function ownNote(facts: MeetFacts, local: MeetCandidate): readonly string[] {
	if (local.type !== "prflx" || ownView(facts).mapping !== "perDestination") return [];
	return ["it is symmetric, so the other end learnt your address from your check"];
}

function theirWords(facts: MeetFacts, remote: MeetCandidate): string {
	if (remote.type === "host") return `theirs is ${remote.address}, which nothing translates`;
	if (remote.type === "srflx") return `theirs is at ${remote.address}`;
	return peerViewOf(facts).mapping === "perDestination"
		? "theirs is symmetric, so it came in as peer-reflexive"
		: `theirs came in from ${remote.address}, which it had not told (peer-reflexive)`;
}

/** Both ends are seen by one address, and not because they share the machine. */
function isHairpin({ candidates }: MeetFacts, local: MeetCandidate, remote: MeetCandidate): boolean {
	if (!isReflexive(local) || !isReflexive(remote) || local.address !== remote.address) return false;
	return !candidates.local.some(({ type, address }) => type === "host" && address === local.address);
}

function relayWords(facts: MeetFacts, { local, remote, relay }: MeetSelected): string {
	const leg = relay === null || relay.leg === "udp" ? "" : ` over ${relay.leg.toUpperCase()}`;
	const server = relay === null ? local.address : formatEndpoint(relay.server);
	const ours = `our relay at ${server}${leg}`;
	const theirs = `the other end's relay at ${remote.address}`;
	const way = local.type !== "relay" ? theirs : remote.type !== "relay" ? ours : `two relays, ${ours} and ${theirs}`;
	return `by ${way}, ${relayReason(facts)}`;
}

function relayReason(facts: MeetFacts): string {
	if (facts.policy === "relay") return "since nothing else was allowed (--policy relay)";
	const told = facts.candidates.remote.filter(({ type }) => type !== "prflx");
	if (told.length > 0 && told.every(({ type }) => type === "relay")) return "since the other end told of relays alone";
	const obstacle = obstacleWords(ownView(facts), peerViewOf(facts));
	if (obstacle !== null) return `since ${obstacle}`;
	const direct = facts.pairs.filter(({ local, remote }) => local.type !== "relay" && remote.type !== "relay");
	if (direct.length === 0) return "since there was no direct pair to try";
	return `since no direct pair answered (${direct.length} ${direct.length === 1 ? "was" : "were"} tried)`;
}

function isLoopback({ address }: MeetCandidate): boolean {
	return address === "::1" || address.startsWith("127.");
}

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291 §2.5.6. */
function isPrivate({ address }: MeetCandidate): boolean {
	return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe[89ab])/.test(address);
}

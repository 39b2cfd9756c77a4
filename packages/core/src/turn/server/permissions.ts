import { attributeOf, CHANNEL_NUMBERS, type StunAddress, type StunMessage } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { Allocation } from "./allocation.ts";
import { familyOf, respond } from "./replies.ts";
import { allocationFor, refused, type TurnRequest } from "./request.ts";
import type { TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

type Outputs = readonly TurnServerOutput[];

/** RFC 8656 §9. */
const PERMISSION_NS = 300 * SECOND;

/** RFC 8656 §12. */
const CHANNEL_NS = 600 * SECOND;

/** How long a channel and its peer are kept from others once its binding has ended (RFC 8656 §12). */
const QUARANTINE_NS = 300 * SECOND;

/** RFC 8656 §10.2: all of its peers, or none. */
export function createPermission(state: TurnState, request: TurnRequest, now: Instant): Outputs {
	const { message, reply } = request;
	const allocation = allocationFor(request);
	if (typeof allocation === "number") return refused(state, reply, allocation);
	const peers = peersOf(message);
	if (peers.length === 0) return refused(state, reply, 400);
	for (const peer of peers) {
		if (allocation.relayOf(familyOf(peer.address)) === undefined) return refused(state, reply, 443);
		if (state.filter.judgeAddress(peer.address) !== null) return refused(state, reply, 403);
	}
	const wanted = new Set(peers.map(({ address }) => address));
	if (!hasRoom(state, allocation, wanted, now)) return refused(state, reply, 508);
	for (const address of wanted) allocation.permit(address, now + PERMISSION_NS);
	allocation.answer = null;
	state.counters.permissions += wanted.size;
	return [respond(reply, [])];
}

/** Every XOR-PEER-ADDRESS of a request that counts. */
function peersOf(message: StunMessage): readonly StunAddress[] {
	const peers: StunAddress[] = [];
	for (const attribute of message.attributes)
		if (attribute.name === "xorPeerAddress" && attribute.protected) peers.push(attribute.value);
	return peers;
}

/** Whether as many more permissions may be held; those that have ended are forgotten first where it matters. */
function hasRoom(state: TurnState, allocation: Allocation, wanted: ReadonlySet<string>, now: Instant): boolean {
	const fits = () => {
		let more = 0;
		for (const address of wanted) if (!allocation.permissions.has(address)) more++;
		return allocation.permissions.size + more <= state.holdings.permissions;
	};
	if (fits()) return true;
	allocation.sweep(now, QUARANTINE_NS);
	return fits();
}

/** RFC 8656 §12.1. A binding is a permission too. */
export function channelBind(state: TurnState, request: TurnRequest, now: Instant): Outputs {
	const { message, reply } = request;
	const allocation = allocationFor(request);
	if (typeof allocation === "number") return refused(state, reply, allocation);
	const number = attributeOf(message, "channelNumber");
	const peer = attributeOf(message, "xorPeerAddress");
	if (number === undefined || peer === undefined || allocation.isTcp) return refused(state, reply, 400);
	if (number < CHANNEL_NUMBERS.first || number > lastChannel(state)) return refused(state, reply, 400);
	if (allocation.relayOf(familyOf(peer.address)) === undefined) return refused(state, reply, 443);
	if (state.filter.judge(peer) !== null) return refused(state, reply, 403);
	if (isKeptFromThem(allocation, number, peer, now)) return refused(state, reply, 400);
	if (!bind(state, allocation, number, peer, now)) return refused(state, reply, 508);
	allocation.answer = null;
	state.counters.channelBinds++;
	return [respond(reply, [])];
}

/** The last number that a channel may have. */
export function lastChannel(state: TurnState): number {
	return state.config.wideChannels === true ? CHANNEL_NUMBERS.lastOf5766 : CHANNEL_NUMBERS.last;
}

/** Whether the number belongs to another peer, or the peer has another number, or one had so until lately. */
function isKeptFromThem(allocation: Allocation, number: number, peer: StunAddress, now: Instant): boolean {
	const ofNumber = allocation.channels.get(number);
	const ofPeer = allocation.channelOf(peer);
	if (ofNumber === ofPeer) return false;
	return [ofNumber, ofPeer].some((channel) => channel !== undefined && channel.expiresAt + QUARANTINE_NS > now);
}

/** False: there is no room for it. */
function bind(state: TurnState, allocation: Allocation, number: number, peer: StunAddress, now: Instant): boolean {
	const bound = allocation.channels.get(number);
	if (bound === undefined || bound !== allocation.channelOf(peer)) {
		allocation.sweep(now, QUARANTINE_NS);
		if (allocation.channels.size >= state.holdings.channels) return false;
	}
	if (!hasRoom(state, allocation, new Set([peer.address]), now)) return false;
	allocation.bind({ number, peer: { ...peer }, expiresAt: now + CHANNEL_NS });
	allocation.permit(peer.address, now + PERMISSION_NS);
	return true;
}

import {
	attributeOf,
	decodeChannelData,
	encodeChannelData,
	encodeStun,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import type { Instant } from "../../machine.ts";
import type { Allocation, Relay } from "./allocation.ts";
import { lastChannel } from "./permissions.ts";
import { familyOf, withoutMapping } from "./replies.ts";
import { attributeFault, ignored } from "./request.ts";
import type { TurnServerInput, TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

type Outputs = readonly TurnServerOutput[];

/** A Send indication (RFC 8656 §11.2), which nothing answers. */
export function send(state: TurnState, message: StunMessage, allocation: Allocation, now: Instant): Outputs {
	const to = attributeOf(message, "xorPeerAddress");
	const data = attributeOf(message, "data");
	if (to === undefined || data === undefined || allocation.isTcp) return ignored("malformed");
	if (attributeFault(message, state) !== null) return ignored("malformed");
	if (!isPermitted(allocation, to.address, now)) return ignored("noPermission");
	if (state.filter.judge(to) !== null) return ignored("deniedPeer");
	return passOn(allocation, { to, bytes: data, dontFragment: attributeOf(message, "dontFragment") === true }, now);
}

/** Channel data of a client (RFC 8656 §12.6). */
export function channelData(state: TurnState, bytes: Uint8Array, allocation: Allocation, now: Instant): Outputs {
	const read = decodeChannelData(bytes, lastChannel(state));
	if (isDecodeError(read) || allocation.isTcp) return ignored("malformed");
	const channel = allocation.channels.get(read.channel);
	if (channel === undefined || channel.expiresAt <= now) return ignored("noChannel");
	return passOn(allocation, { to: channel.peer, bytes: read.data, dontFragment: false }, now);
}

interface Parcel {
	readonly to: StunAddress;
	readonly bytes: Uint8Array;
	readonly dontFragment: boolean;
}

function passOn(allocation: Allocation, parcel: Parcel, now: Instant): Outputs {
	const { usage, up } = allocation;
	const relay = allocation.relayOf(familyOf(parcel.to.address));
	if (relay === undefined) return ignored("noPermission");
	if (up !== null && !up.takes(parcel.bytes.length, now)) {
		usage.droppedPackets++;
		return ignored("overBandwidth");
	}
	usage.sentPackets++;
	usage.sentBytes += parcel.bytes.length;
	return [{ type: "relaySend", relay: relay.id, ...parcel }];
}

/** Bytes that an indication has room for, with a peer of either family. */
const MOST_INDICATED = 65_480;
/** Bytes that channel data has room for: in a datagram beside its header, on a stream what its length can say. */
const MOST_ON_CHANNEL = { datagram: 65_507 - 4, stream: 65_535 } as const;

/** A datagram of a peer (RFC 8656 §11.3, §12.7): channel data where its sender has a channel, else a Data indication. */
export function relayReceived(
	state: TurnState,
	{ relay: id, from, bytes }: Extract<TurnServerInput, { readonly type: "relayReceived" }>,
	now: Instant,
): Outputs {
	const allocation = state.relays.get(id)?.allocation ?? null;
	if (allocation === null || allocation.pending !== null) return ignored("unknownRelay");
	const peer = withoutMapping(from);
	if (!isPermitted(allocation, peer.address, now)) return ignored("noPermission");
	const bound = allocation.channelOf(peer);
	const channel = bound !== undefined && bound.expiresAt > now ? bound : null;
	const most = channel === null ? MOST_INDICATED : MOST_ON_CHANNEL[allocation.transport];
	if (bytes.length > most) return ignored("malformed");
	const { usage, down } = allocation;
	if (down !== null && !down.takes(bytes.length, now)) {
		usage.droppedPackets++;
		return ignored("overBandwidth");
	}
	usage.receivedPackets++;
	usage.receivedBytes += bytes.length;
	if (channel === null)
		return indicate(state, allocation, "data", [
			{ name: "xorPeerAddress", value: peer },
			{ name: "data", value: bytes },
		]);
	const { client, local, transport } = allocation;
	const framed = encodeChannelData({ channel: channel.number, data: bytes }, transport, lastChannel(state));
	return [{ type: "send", bytes: framed, to: client, local }];
}

function isPermitted(allocation: Allocation, address: string, now: Instant): boolean {
	const permission = allocation.permissions.get(address);
	return permission !== undefined && permission.expiresAt > now;
}

/** An indication to an allocation's client. */
export function indicate(
	state: TurnState,
	{ client, local }: Allocation,
	method: "data" | "connectionAttempt",
	attributes: readonly StunItem[],
): Outputs {
	const transactionId = state.nextIndicationId();
	const bytes = encodeStun({ class: "indication", method, transactionId, attributes });
	return [{ type: "send", bytes, to: client, local }];
}

/** ICMP types that clients are told of: what could not be reached, and what ran out of time or room (RFC 8656 §11.5). */
const TOLD_ICMP: Readonly<Record<4 | 6, ReadonlySet<number>>> = { 4: new Set([3, 11]), 6: new Set([1, 2, 3]) };

/** What went wrong towards a peer: never anything for an allocation to end by. */
export function relayError(
	state: TurnState,
	{ relay: id, to, icmp }: Extract<TurnServerInput, { readonly type: "relayError" }>,
	now: Instant,
): Outputs {
	const relay: Relay | undefined = state.relays.get(id);
	const allocation = relay?.allocation ?? null;
	if (relay === undefined || allocation === null || allocation.pending !== null) return ignored("unknownRelay");
	const peer = withoutMapping(to);
	if (icmp === undefined || !TOLD_ICMP[relay.family].has(icmp.type)) return ignored("relayError");
	if (!isPermitted(allocation, peer.address, now)) return ignored("noPermission");
	return indicate(state, allocation, "data", [
		{ name: "xorPeerAddress", value: peer },
		{ name: "icmp", value: { type: icmp.type & 0x7f, code: icmp.code & 0x1ff, data: icmp.data >>> 0 } },
	]);
}

import { attributeOf, type StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { Allocation } from "./allocation.ts";
import type { Expiring } from "./expiries.ts";
import { indicate } from "./relaying.ts";
import { familyOf, type ReplyTo, respond, withoutMapping } from "./replies.ts";
import { allocationFor, ignored, refused, type TurnRequest } from "./request.ts";
import type { TurnServerInput, TurnServerOutput } from "./server-io.ts";
import { type TurnState, tupleKey } from "./state.ts";

type Outputs = readonly TurnServerOutput[];
type Of<Type extends TurnServerInput["type"]> = Extract<TurnServerInput, { readonly type: Type }>;

/** RFC 6062 §5.2, §5.3: how long a connection may take to stand, and then to be bound. */
const PATIENCE_NS = 30 * SECOND;

/** A connection between a TCP relay and a peer (RFC 6062). */
export interface PeerConnection extends Expiring {
	readonly kind: "connection";
	readonly id: number;
	readonly allocation: Allocation;
	readonly peer: StunAddress;
	/** The Connect to be answered when it stands; null: it has been, or the peer connected. */
	reply: ReplyTo | null;
	/** The client's stream that carries its bytes; null: none yet. */
	stream: { readonly from: StunAddress; readonly local: number } | null;
}

/** RFC 6062 §5.2. */
export function connect(state: TurnState, request: TurnRequest, now: Instant): Outputs {
	const { message, reply } = request;
	const allocation = allocationFor(request);
	if (typeof allocation === "number") return refused(state, reply, allocation);
	const peer = attributeOf(message, "xorPeerAddress");
	if (peer === undefined || !allocation.isTcp) return refused(state, reply, 400);
	const relay = allocation.relayOf(familyOf(peer.address));
	if (relay === undefined) return refused(state, reply, 443);
	if (state.filter.judge(peer) !== null) return refused(state, reply, 403);
	if (connectionTo(state, allocation, peer) !== undefined) return refused(state, reply, 446);
	if ((allocation.connections?.size ?? 0) >= state.holdings.connections) return refused(state, reply, 508);
	const kept = { ...reply, transactionId: reply.transactionId.slice() };
	const { id } = newConnection(state, allocation, peer, kept, now);
	return [{ type: "connectPeer", connection: id, relay: relay.id, to: peer }];
}

function connectionTo(state: TurnState, { connections }: Allocation, to: StunAddress): PeerConnection | undefined {
	for (const id of connections ?? []) {
		const connection = state.connections.get(id);
		if (connection?.peer.address === to.address && connection.peer.port === to.port) return connection;
	}
	return undefined;
}

function newConnection(
	state: TurnState,
	allocation: Allocation,
	peer: StunAddress,
	reply: ReplyTo | null,
	now: Instant,
): PeerConnection {
	const id = newConnectionId(state);
	const connection: PeerConnection = {
		kind: "connection",
		id,
		allocation,
		peer: { ...peer },
		reply,
		stream: null,
		expiresAt: 0,
		place: -1,
	};
	state.connections.set(id, connection);
	allocation.connections ??= new Set();
	allocation.connections.add(id);
	state.expiries.set(connection, now + PATIENCE_NS);
	state.counters.connections++;
	return connection;
}

/** One that nobody else has, and nobody can tell beforehand. */
function newConnectionId(state: TurnState): number {
	for (;;) {
		const id = state.draw();
		if (!state.connections.has(id)) return id;
	}
}

/** A connection that was asked for stands; its client has some time to bind it. */
export function peerConnected(state: TurnState, { connection: id }: Of<"peerConnected">, now: Instant): Outputs {
	const connection = state.connections.get(id);
	if (connection === undefined) return [{ type: "closePeer", connection: id }, ...ignored("unknownConnection")];
	const { reply } = connection;
	if (reply === null) return ignored("unknownConnection");
	connection.reply = null;
	state.expiries.set(connection, now + PATIENCE_NS);
	return [respond(reply, [{ name: "connectionId", value: id }])];
}

/** It does not stand. */
export function peerConnectFailed(state: TurnState, { connection: id }: Of<"peerConnectFailed">): Outputs {
	const connection = state.connections.get(id);
	if (connection === undefined || connection.reply === null) return ignored("unknownConnection");
	forget(state, connection);
	return refused(state, connection.reply, 447);
}

/** RFC 6062 §5.3: a peer that has no permission, or that the filter denies, is turned away. */
export function peerAccepted(state: TurnState, input: Of<"peerAccepted">, now: Instant): Outputs {
	const { relay: id, from, handle } = input;
	const refuse: TurnServerOutput = { type: "refusePeer", handle };
	const allocation = state.relays.get(id)?.allocation ?? null;
	if (allocation === null || allocation.pending !== null) return [refuse, ...ignored("unknownRelay")];
	const peer = withoutMapping(from);
	if (!((allocation.permissions.get(peer.address)?.expiresAt ?? 0) > now)) return [refuse, ...ignored("noPermission")];
	if (state.filter.judge(peer) !== null) return [refuse, ...ignored("deniedPeer")];
	if ((allocation.connections?.size ?? 0) >= state.holdings.connections) return [refuse, ...ignored("tooMany")];
	const connection = newConnection(state, allocation, peer, null, now);
	const told = indicate(state, allocation, "connectionAttempt", [
		{ name: "connectionId", value: connection.id },
		{ name: "xorPeerAddress", value: peer },
	]);
	return [{ type: "adoptPeer", handle, connection: connection.id }, ...told];
}

/** RFC 6062 §5.4: from then on the stream carries the connection's bytes. */
export function connectionBind(state: TurnState, request: TurnRequest): Outputs {
	const { message, reply, transport, from, local, credential, allocation } = request;
	const id = attributeOf(message, "connectionId");
	const connection = id === undefined ? undefined : state.connections.get(id);
	if (transport !== "stream" || allocation !== undefined || connection === undefined) return refused(state, reply, 400);
	if (connection.reply !== null || connection.stream !== null) return refused(state, reply, 400);
	if (connection.allocation.owner !== credential.owner) return refused(state, reply, 441);
	const key = tupleKey(local, from);
	if (state.boundStreams.has(key)) return refused(state, reply, 400);
	connection.stream = { from: { address: from.address, port: from.port }, local };
	state.boundStreams.set(key, connection);
	state.expiries.delete(connection);
	return [respond(reply, []), { type: "bindConnection", connection: connection.id, ...connection.stream }];
}

/** A peer's connection has ended, and with it the client's stream that carried it. */
export function peerClosed(state: TurnState, { connection: id }: Of<"peerClosed">): Outputs {
	const connection = state.connections.get(id);
	if (connection === undefined) return ignored("unknownConnection");
	// One that has ended before it stood has failed.
	if (connection.reply !== null) return peerConnectFailed(state, { type: "peerConnectFailed", connection: id });
	forget(state, connection);
	return connection.stream === null ? [] : [{ type: "closeStream", ...connection.stream }];
}

/** The stream that carried a connection has ended. */
export function boundStreamClosed(state: TurnState, connection: PeerConnection): Outputs {
	forget(state, connection);
	return [{ type: "closePeer", connection: connection.id }];
}

/** Nobody bound it in time, or it never stood. */
export function endConnection(state: TurnState, connection: PeerConnection): Outputs {
	forget(state, connection);
	const { id, reply } = connection;
	const answer = reply === null ? [] : refused(state, reply, 447);
	return [{ type: "closePeer", connection: id }, ...answer];
}

/** Ends a connection because its allocation ends. */
export function closeConnection(state: TurnState, id: number): Outputs {
	const connection = state.connections.get(id);
	if (connection === undefined) return [];
	forget(state, connection);
	const closed: TurnServerOutput = { type: "closePeer", connection: id };
	return connection.stream === null ? [closed] : [closed, { type: "closeStream", ...connection.stream }];
}

function forget(state: TurnState, connection: PeerConnection): void {
	const { id, allocation, stream } = connection;
	state.connections.delete(id);
	allocation.connections?.delete(id);
	state.expiries.delete(connection);
	if (stream !== null) state.boundStreams.delete(tupleKey(stream.local, stream.from));
}

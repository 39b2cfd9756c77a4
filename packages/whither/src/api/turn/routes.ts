/** Other ends for relayed packets: a second relay, a socket of ours, or whoever was named. */
import type { RelayOrder } from "@whither/net/turn-client";
import { addressFamily } from "@whither/wire";
import type { PlaceResult } from "../stun/result.ts";
import { cutShort, isFailure, plainFailure } from "./cell-failure.ts";
import { HeldRelay } from "./held-relay.ts";
import { sourceFor } from "./options.ts";
import type { TurnCellFailure, TurnWay } from "./result.ts";
import { type EchoRoute, opensWay } from "./round-trips.ts";
import type { TurnWorld } from "./world.ts";

/** What a route is made from. */
export interface RouteOrder {
	readonly first: HeldRelay;
	/** The relayed address of the first. */
	readonly relayed: PlaceResult;
	/** The order of the first, for a second like it. */
	readonly order: RelayOrder;
	/** Where to ask, over UDP, how a socket of ours is seen; null: there is no server of that family. */
	readonly stunServer: PlaceResult | null;
	readonly source: string | null;
	readonly waitMs: number;
	readonly signal: AbortSignal;
}

/** An open way. */
export interface OpenRoute extends EchoRoute {
	readonly way: TurnWay;
	readonly peer: PlaceResult;
	close(): Promise<void>;
}

/** How long a permission may take. */
const MOST_ADMITTING_MS = 2_000;

/** The way to somebody who was named. */
export async function routeToPeer(
	world: TurnWorld,
	{ first, signal }: RouteOrder,
	peer: PlaceResult,
): Promise<OpenRoute | TurnCellFailure> {
	const refusal = await first.admit(peer, MOST_ADMITTING_MS);
	if (refusal !== null) return refusal;
	const route = { ...outward(first, peer), way: "peer", peer, close: async () => {} } as const;
	return (await opensWay(world, route, signal)) ? route : nothingBack(signal);
}

/** The way to a second relay at the same server, which sends back by us. */
export async function routeToRelay(world: TurnWorld, made: RouteOrder): Promise<OpenRoute | TurnCellFailure> {
	const { first, relayed, order, waitMs, signal } = made;
	const second = new HeldRelay(world, order, { signal, waitMs });
	const end = await second.allocation;
	const failed = async (failure: TurnCellFailure) => {
		await second.close();
		return failure;
	};
	if (isFailure(end)) return failed(end);
	const peer = end.relayed.find(({ address }) => addressFamily(address) === addressFamily(relayed.address));
	if (peer === undefined) return failed(plainFailure("noOtherEnd"));
	second.received = ({ bytes }) => second.relay.send(relayed, bytes);
	const refusals = await Promise.all([
		second.admit(relayed, MOST_ADMITTING_MS),
		first.admit({ ...peer }, MOST_ADMITTING_MS),
	]);
	const refusal = refusals.find((one) => one !== null);
	if (refusal !== undefined && refusal !== null) return failed(refusal);
	const route = { ...outward(first, peer), way: "relayToRelay", peer, close: () => second.close() } as const;
	return (await opensWay(world, route, signal)) ? route : failed(nothingBack(signal));
}

/** The way to a socket of ours, which has to be let in where it is seen. */
export async function routeToOwnSocket(world: TurnWorld, made: RouteOrder): Promise<OpenRoute | TurnCellFailure> {
	const { first, relayed, stunServer, source, signal } = made;
	if (stunServer === null) return plainFailure("noOtherEnd");
	let tellMapped: (address: PlaceResult | null) => void = () => {};
	const mapped = new Promise<PlaceResult | null>((resolve) => {
		tellMapped = resolve;
	});
	const own = sourceFor(addressFamily(stunServer.address) ?? 4, source);
	const opened = world.openPeer(
		{ server: stunServer, source: own },
		{
			mapped: (address) => tellMapped(address),
			received: (from, bytes) => socket.send(from, bytes),
		},
	);
	if ("errnoName" in opened) return { ...plainFailure("noOtherEnd"), system: opened };
	const socket = opened;
	const stop = () => tellMapped(null);
	signal.addEventListener("abort", stop);
	const seen = (await mapped) ?? socket.local;
	signal.removeEventListener("abort", stop);
	const close = async () => socket.close();
	const refusal = await first.permit(seen, MOST_ADMITTING_MS);
	if (refusal !== null) {
		await close();
		return refusal;
	}
	const peer = (await knocksFrom(world, made, () => socket.send(relayed, KNOCK))) ?? seen;
	first.relay.bind(peer);
	const route = { ...outward(first, peer), way: "ownSocket", peer, close } as const;
	if (await opensWay(world, route, signal)) return route;
	await close();
	return nothingBack(signal);
}

/**
 * A NAT lets the relay's packets in once one of ours has gone out to it, and may show it another port than the server saw:
 * where our knocks come from, or null where none comes.
 */
function knocksFrom(world: TurnWorld, { first, signal }: RouteOrder, knock: () => void): Promise<PlaceResult | null> {
	return new Promise((resolve) => {
		const until = world.now() + MOST_KNOCKING_MS * 1e6;
		let forget = (): void => {};
		const done = (from: PlaceResult | null) => {
			forget();
			first.received = () => {};
			resolve(from);
		};
		const again = () => {
			if (world.now() >= until || signal.aborted) {
				done(null);
				return;
			}
			knock();
			forget = world.after(KNOCK_EVERY_MS, again);
		};
		first.received = ({ from, bytes }) => {
			if (bytes.length === KNOCK.length && bytes.every((byte, index) => byte === KNOCK[index])) done(from);
		};
		again();
	});
}

/** As unlike anybody else's packets as needs be. */
const KNOCK = new TextEncoder().encode("whither turn knocks");
const MOST_KNOCKING_MS = 1_000;
const KNOCK_EVERY_MS = 100;

function outward(first: HeldRelay, peer: PlaceResult): EchoRoute {
	return {
		send: (packets) => first.relay.sendBatch(packets.map((data) => ({ peer, data }))),
		now: () => first.relay.now(),
		listen: (heard) => {
			first.received = ({ bytes, at, stamp }) => heard(bytes, at, stamp);
		},
	};
}

function nothingBack(signal: AbortSignal): TurnCellFailure {
	return signal.aborted ? cutShort(signal) : plainFailure("nothingBack");
}

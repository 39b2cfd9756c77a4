/** One leg tried: an allocation over one transport to one address of the server, and packets through it. */
import type { TurnAllocated, TurnAllocationOptions } from "@whither/core";
import type { RelayOrder, TransportAddress } from "@whither/net/turn-client";
import type { PlaceResult } from "../stun/result.ts";
import type { StunTransport } from "../stun/server-name.ts";
import { isFailure, plainFailure } from "./cell-failure.ts";
import { HeldRelay } from "./held-relay.ts";
import { sourceFor, type TurnNumbers, type TurnUser } from "./options.ts";
import type { TurnCellFailure, TurnCellResult, TurnRelaying, TurnTrace } from "./result.ts";
import { measureRoundTrips } from "./round-trips.ts";
import { type OpenRoute, type RouteOrder, routeToOwnSocket, routeToPeer, routeToRelay } from "./routes.ts";
import { measureThroughput } from "./throughput.ts";
import type { TriedRelay, TurnWorld } from "./world.ts";

/** Which leg. */
export interface CellOrder {
	readonly family: 4 | 6;
	readonly transport: StunTransport;
	readonly server: TransportAddress;
	/** TLS: the name in the certificate. */
	readonly serverName: string;
}

/** What all legs of a run share. */
export interface CellContext {
	readonly world: TurnWorld;
	readonly user: TurnUser;
	readonly numbers: TurnNumbers;
	readonly peer: PlaceResult | null;
	readonly source: string | null;
	readonly authorities: string | undefined;
	/** Aborted with `outOfTime` or `stopped` as its reason. */
	readonly signal: AbortSignal;
	/** Where a socket of ours asks how it is seen. */
	readonly stunServer: (family: 4 | 6) => PlaceResult | null;
	/** Throughput is measured on one leg at a time: they share our link and the server's. */
	readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
	/** Traces the leg; null: that is not asked for. */
	readonly trace: ((cell: CellOrder, relay: TriedRelay, signal: AbortSignal) => Promise<TracedLeg>) | null;
	/** The first leg that has an allocation hears of it. */
	readonly allocated: (cell: CellOrder, allocated: TurnAllocated) => void;
}

/** A trace's part of `TurnTrace`. */
export type TracedLeg = Pick<TurnTrace, "by" | "result" | "error">;

/** All but the words. */
export type CellFindings = Omit<TurnCellResult, "summary">;

/** What a relay is asked for over this leg. */
export function relayOrder(cell: CellOrder, { user, source, authorities }: CellContext): RelayOrder {
	const { transport, server, serverName, family } = cell;
	return {
		...{ server, transport, serverName, source: sourceFor(family, source) },
		...(user.credentials === null ? {} : { credentials: user.credentials }),
		...(authorities === undefined ? {} : { authorities }),
	};
}

/** Tries it; never rejects for what the server or the network does. */
export async function tryCell(cell: CellOrder, context: CellContext): Promise<CellFindings> {
	const found = await tryFamily(cell, context, {});
	// A server without IPv4 refuses whoever does not ask for IPv6 (RFC 8656 section 7.2).
	return found.failure?.code === "familyUnsupported" ? tryFamily(cell, context, { family: 6 }) : found;
}

async function tryFamily(
	cell: CellOrder,
	context: CellContext,
	wished: Pick<TurnAllocationOptions, "family">,
): Promise<CellFindings> {
	const { world, numbers, signal } = context;
	const order = { ...relayOrder(cell, context), allocation: wished };
	const allocation = { ...wished, mobility: true };
	const first = new HeldRelay(world, { ...order, allocation }, { signal, waitMs: numbers.waitMs });
	const end = await first.allocation;
	try {
		if (isFailure(end)) return await unallocated(cell, context, first, end);
		context.allocated(cell, end);
		return await relayed(cell, context, { first, order }, end);
	} finally {
		await first.close();
	}
}

function common({ family, transport, server }: CellOrder, first: HeldRelay) {
	const { connectNs, allocateNs } = first.timings;
	return {
		...{ family, transport, server: { address: server.address, port: server.port } },
		redirectedTo: first.movedTo,
		localAddress: first.local,
		connectNs: transport === "udp" ? null : connectNs,
		allocateNs,
	};
}

async function unallocated(
	cell: CellOrder,
	context: CellContext,
	first: HeldRelay,
	failure: TurnCellFailure,
): Promise<CellFindings> {
	if (failure.code === "timeout" && first.handshaking)
		return failed(cell, first, { ...plainFailure("tlsUnfinished"), alternate: first.movedTo });
	const silent = failure.code === "timeout" || failure.code === "badRequest" || failure.code === "closed";
	// Who challenges a request for an allocation knows what that is.
	const challenged = first.understood > (failure.code === "badRequest" ? 1 : 0);
	const stunOnly = silent && !challenged && (await answersBinding(cell, context));
	const elsewhere = first.movedTo === null ? failure : { ...failure, alternate: failure.alternate ?? first.movedTo };
	const known = { ...elsewhere, code: codeOf(failure, { stunOnly, challenged }) };
	const stands = cell.transport !== "udp" && first.openedAt !== null;
	return {
		...failed(cell, first, known),
		reachable: stands || stunOnly || challenged || known.stunError !== null || known.code === "notStun",
		authenticated: AUTHENTICATED.has(known.code)
			? true
			: REFUSED.has(known.code) && known.stunError !== 438
				? false
				: null,
	};
}

function failed(cell: CellOrder, first: HeldRelay, failure: TurnCellFailure): CellFindings {
	return {
		...{ ...common(cell, first), reachable: false, authenticated: null, failure },
		...{ mappedAddress: null, relayed: [], lifetimeSeconds: null, relaying: null, refusedWays: [], trace: null },
	};
}

function codeOf(
	{ code }: TurnCellFailure,
	{ stunOnly, challenged }: { readonly stunOnly: boolean; readonly challenged: boolean },
): TurnCellFailure["code"] {
	if (stunOnly) return "stunOnly";
	return challenged && (code === "timeout" || code === "closed") ? "challengedOnly" : code;
}

/** Said after a password that was right. */
const AUTHENTICATED: ReadonlySet<TurnCellFailure["code"]> = new Set([
	"quotaReached",
	"insufficientCapacity",
	"familyUnsupported",
	"transportUnsupported",
	"allocationMismatch",
	"forbidden",
]);
const REFUSED: ReadonlySet<TurnCellFailure["code"]> = new Set(["unauthorized", "wrongCredentials"]);

/** How long a Binding request may take that tells a STUN server from nobody. */
const BINDING_MS = 1_500;

/** Whether the server answers Binding requests, which every relay does and servers that relay nothing too. */
function answersBinding({ family, transport, server, serverName }: CellOrder, context: CellContext): Promise<boolean> {
	const { world, source, authorities, signal } = context;
	if (signal.aborted) return Promise.resolve(false);
	const trust = authorities === undefined ? {} : { authorities };
	const own = sourceFor(family, source);
	const order = { family, transport, server, serverName, source: own, timeoutMs: BINDING_MS, ...trust };
	return new Promise((resolve) => {
		const running = world.discover(order, (message) => {
			if (message.type === "event" && message.event.kind === "mapped") {
				resolve(true);
				running.stop();
			} else if (message.type === "result") resolve(message.findings.behaviour.mappedAddress !== null);
			else if (message.type === "failed") resolve(false);
		});
		signal.addEventListener("abort", () => running.stop());
	});
}

/** The allocation, and what another like it is asked for by. */
interface Allocation {
	readonly first: HeldRelay;
	readonly order: RelayOrder;
}

async function relayed(
	cell: CellOrder,
	context: CellContext,
	{ first, order }: Allocation,
	allocated: TurnAllocated,
): Promise<CellFindings> {
	const { world, numbers, signal } = context;
	const known = {
		...common(cell, first),
		reachable: true,
		authenticated: context.user.credentials === null ? null : true,
		mappedAddress: allocated.mapped,
		relayed: allocated.relayed,
		lifetimeSeconds: allocated.lifetimeSeconds,
	};
	const [address] = allocated.relayed;
	const { route, refusedWays } = await openRoute(context, { first, order }, address ?? { address: "", port: 0 });
	if (route === null) {
		const failure = refusedWays.at(-1)?.failure ?? plainFailure("noOtherEnd");
		return { ...known, relaying: null, refusedWays, failure: tellingFailure(refusedWays, failure), trace: null };
	}
	const { count, size, rate, durationMs } = numbers;
	const found = await measureRoundTrips(world, route, { count, size, rate, signal });
	const trace = await traced(cell, context, first.relay, route);
	const isMeasured = durationMs > 0 && !signal.aborted;
	const throughput = isMeasured
		? await context.alone(() => measureThroughput(world, route, { durationMs, stalledMs: stalledMs(found), signal }))
		: null;
	await route.close();
	const relaying: TurnRelaying = { way: route.way, peer: route.peer, bytes: size, ...found, throughput };
	const failure = found.received > 0 || signal.aborted ? null : plainFailure("nothingBack");
	return { ...known, relaying, refusedWays, failure, trace };
}

/** Some round trips, within reason. */
function stalledMs({ rtt }: Pick<TurnRelaying, "rtt">): number {
	return Math.min(500, Math.max(20, ((rtt?.p99Ns ?? 0) * 4) / 1e6));
}

/** The path, while packets are relayed as before. */
async function traced(
	cell: CellOrder,
	context: CellContext,
	relay: TriedRelay,
	route: OpenRoute,
): Promise<TurnTrace | null> {
	if (context.trace === null || context.signal.aborted) return null;
	const { size, rate } = context.numbers;
	const over = new AbortController();
	const measured = measureRoundTrips(context.world, route, { count: null, size, rate, signal: over.signal });
	const leg = await context.trace(cell, relay, context.signal);
	over.abort();
	const { sent, received } = await measured;
	return { ...leg, sent, received };
}

/** The first way that works. */
async function openRoute(
	context: CellContext,
	{ first, order: like }: Allocation,
	address: PlaceResult,
): Promise<{ readonly route: OpenRoute | null; readonly refusedWays: CellFindings["refusedWays"] }> {
	const { world, peer, source, numbers, signal } = context;
	const order: RouteOrder = {
		...{ first, relayed: address, order: like, source, signal, waitMs: numbers.waitMs },
		stunServer: context.stunServer(address.address.includes(":") ? 6 : 4),
	};
	const ways =
		peer === null
			? ([
					["relayToRelay", () => routeToRelay(world, order)],
					["ownSocket", () => routeToOwnSocket(world, order)],
				] as const)
			: ([["peer", () => routeToPeer(world, order, peer)]] as const);
	const refusedWays: { way: (typeof ways)[number][0]; failure: TurnCellFailure }[] = [];
	for (const [way, open] of ways) {
		const route = await open();
		if (!isFailure(route)) return { route, refusedWays };
		refusedWays.push({ way, failure: route });
		if (signal.aborted) break;
	}
	return { route: null, refusedWays };
}

/** A refusal tells more than a silence. */
function tellingFailure(refused: CellFindings["refusedWays"], last: TurnCellFailure): TurnCellFailure {
	const told = refused.find(({ failure }) => failure.code === "forbidden");
	return told?.failure ?? last;
}

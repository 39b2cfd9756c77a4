/** What a relay offers beyond the legs that were tried, found out by asking for it. */
import type { TurnAllocated, TurnAllocationOptions } from "@whither/core";
import { addressFamily } from "@whither/wire";
import { type CellContext, type CellOrder, relayOrder } from "./cell.ts";
import { isFailure } from "./cell-failure.ts";
import { HeldRelay } from "./held-relay.ts";
import type { TurnOffers } from "./result.ts";

/** By a leg that gave an allocation. */
export async function findOffers(cell: CellOrder, allocated: TurnAllocated, context: CellContext): Promise<TurnOffers> {
	const families = new Set(allocated.relayed.map(({ address }) => addressFamily(address)));
	const has = async (family: 4 | 6) => families.has(family) || (await isGiven(cell, { family }, context));
	// Connections to peers are for legs that are connections; where none was tried, one more is.
	const stream: CellOrder = cell.transport === "udp" ? { ...cell, transport: "tcp" } : cell;
	return {
		ipv4: await has(4),
		ipv6: await has(6),
		mobility: allocated.mobile,
		tcpRelay: await isGiven(stream, { transport: "tcp" }, context),
		sha256: allocated.integrity === null ? null : allocated.integrity === "sha256",
		software: allocated.software,
	};
}

/** What says that it is not to be had, and not that just now it was not. */
const NOT_OFFERED: ReadonlySet<string> = new Set([
	"familyUnsupported",
	"transportUnsupported",
	"unsupportedAttributes",
	"badRequest",
	"forbidden",
	"badAnswer",
]);

async function isGiven(
	cell: CellOrder,
	allocation: TurnAllocationOptions,
	context: CellContext,
): Promise<boolean | null> {
	const { world, signal, numbers } = context;
	if (signal.aborted) return null;
	const held = new HeldRelay(world, { ...relayOrder(cell, context), allocation }, { signal, waitMs: numbers.waitMs });
	const end = await held.allocation;
	await held.close();
	if (!isFailure(end)) return true;
	return NOT_OFFERED.has(end.code) ? false : null;
}

/** The path to a relay: on the 5-tuple of an allocation, or by a connection of its own to the same port. */

import { asWhitherError } from "../error.ts";
import type { TraceRun } from "../trace/run.ts";
import type { CellOrder, TracedLeg } from "./cell.ts";
import type { TriedRelay } from "./world.ts";

/** Traces one leg; what cannot be traced is told, never thrown. */
export async function traceLeg(cell: CellOrder, relay: TriedRelay, signal: AbortSignal): Promise<TracedLeg> {
	const by = cell.transport === "udp" ? "allocation" : "connection";
	try {
		const run = by === "allocation" ? await traceAllocation(cell, relay, signal) : await traceConnection(cell, signal);
		return { by, result: await run.result, error: null };
	} catch (thrown) {
		const { code, message } = asWhitherError(thrown);
		return { by, result: null, error: { code, message } };
	}
}

async function traceAllocation({ server }: CellOrder, relay: TriedRelay, signal: AbortSignal): Promise<TraceRun> {
	const { traceFlow } = await import("../trace/flow.ts");
	const { borrow } = relay;
	const zone = server.zone === undefined ? "" : `%${server.zone}`;
	const socket = {
		borrow: (request: Parameters<NonNullable<typeof borrow>>[0]) => relay.borrow?.(request) ?? UNLENDABLE,
	};
	return traceFlow(socket, { address: `${server.address}${zone}`, port: server.port }, { signal });
}

const UNLENDABLE = {
	code: "unsupportedPlatform",
	call: "borrow",
	address: null,
	errno: 93,
	errnoName: "EPROTONOSUPPORT",
} as const;

/** Inside a TCP connection where the privilege is there, else by connecting. */
async function traceConnection({ server, family }: CellOrder, signal: AbortSignal): Promise<TraceRun> {
	const [{ trace }, { openRealWorldHere }] = await Promise.all([
		import("../trace/trace.ts"),
		import("../real-world.ts"),
	]);
	const world = await openRealWorldHere();
	const order = { port: server.port, family, queries: 1, signal, world } as const;
	const zone = server.zone === undefined ? "" : `%${server.zone}`;
	const host = `${server.address}${zone}`;
	const inside = trace(host, { ...order, method: "tcpinsession" });
	try {
		await inside.result;
		return inside;
	} catch {
		return trace(host, { ...order, method: "tcpconnect" });
	}
}

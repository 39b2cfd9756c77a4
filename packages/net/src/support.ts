/** What this machine can do, found by trying: every method over every channel it knows, in both families. */
import { type ChannelKind, type Family, type ProbeTransport, type SystemError, TRACE_METHODS } from "@whither/core";
import { openChannel } from "./channel/open.ts";
import { createClock } from "./clock.ts";
import { isSystemError } from "./errors.ts";
import { openWorkspace } from "./native/workspace.ts";

/** One way to run one method, and what stands in its way. */
export interface MethodSupport {
	readonly method: string;
	readonly family: Family;
	readonly channel: ChannelKind;
	readonly transport: ProbeTransport;
	/** Null: it works here. */
	readonly error: SystemError | null;
}

/** Loopback: opening a channel towards it needs no network, and nothing is sent. */
const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: "::1" };
const FAMILIES: readonly Family[] = [4, 6];

/**
 * Opens and closes a channel for each; a row a method, family and channel, in the order of the methods' table. Borrowed
 * sockets are not for us to open.
 */
export function methodSupport(): readonly MethodSupport[] {
	return TRACE_METHODS.flatMap((method) =>
		FAMILIES.flatMap((family) =>
			method.channels
				.filter(({ kind }) => kind !== "borrowed")
				.map((need) => ({
					method: method.name,
					family,
					channel: need.kind,
					transport: need.transport,
					error: tryChannel(family, need, method.defaultPort ?? 0),
				})),
		),
	);
}

function tryChannel(
	family: Family,
	need: (typeof TRACE_METHODS)[number]["channels"][number],
	port: number,
): SystemError | null {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const channel = openChannel({
		need,
		family,
		target: LOOPBACK[family],
		port,
		source: null,
		interface: null,
		sourcePort: null,
		tos: 0,
		flowLabel: 0,
		dontFragment: false,
		bypassRouting: false,
		gateways: [],
		looseMatch: false,
		capture: false,
		fwmark: null,
		portCount: 1,
		connections: 1,
		clock: createClock(workspace),
	});
	if (isSystemError(channel)) return channel;
	channel.close();
	return null;
}

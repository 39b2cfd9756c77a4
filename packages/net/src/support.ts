/** What this machine can do, found by trying: every method over every channel it knows, in both families. */
import {
	type ChannelKind,
	type ChannelNeed,
	channelFacts,
	DEFAULT_TRACE_OPTIONS,
	type Family,
	type ProbeTransport,
	type SystemError,
	TRACE_METHODS,
	type TraceMethod,
} from "@whither/core";
import { openBackend } from "./backend.ts";
import { openBestChannel } from "./channel/choice.ts";
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
 * Opens and closes a channel for each; a row a method, family and channel, in the order of the methods' table. By the
 * portable backend there is one channel.
 */
export function methodSupport(): readonly MethodSupport[] {
	const backend = openBackend();
	if (isSystemError(backend) || backend.name === "native") return nativeSupport();
	return TRACE_METHODS.flatMap((method) =>
		FAMILIES.map((family) => {
			const target = LOOPBACK[family];
			const options = { ...DEFAULT_TRACE_OPTIONS, method: method.name, family, target, targetName: target };
			const opened = openBestChannel(method, options, { backend });
			if (!isSystemError(opened)) opened.channel.close();
			const error = isSystemError(opened) ? opened : null;
			const transport = method.channels.find(({ kind }) => kind === "errorQueue")?.transport ?? "ip";
			return { method: method.name, family, channel: "portable" as const, transport, error };
		}),
	);
}

/** Borrowed sockets are not for us to open. */
function nativeSupport(): readonly MethodSupport[] {
	return TRACE_METHODS.flatMap((method) =>
		FAMILIES.flatMap((family) =>
			method.channels
				.filter(({ kind }) => kind !== "borrowed")
				.map((need) => ({
					method: method.name,
					family,
					channel: need.kind,
					transport: need.transport,
					error: tryChannel(family, method, need),
				})),
		),
	);
}

function tryChannel(family: Family, method: TraceMethod, need: ChannelNeed): SystemError | null {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const target = LOOPBACK[family];
	const facts = channelFacts(method, { ...DEFAULT_TRACE_OPTIONS, family, target, targetName: target });
	const channel = openChannel({ ...facts, need, portCount: 1, connections: 1, clock: createClock(workspace) });
	if (isSystemError(channel)) return channel;
	channel.close();
	return null;
}

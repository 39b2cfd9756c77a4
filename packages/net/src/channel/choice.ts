/** Which of a method's channels a trace runs on: tried in order, the first that this machine allows is taken. */
import {
	type ChannelNeed,
	channelFacts,
	channelOrder,
	type SystemError,
	type TraceMethod,
	type TraceOptions,
} from "@whither/core";
import type { Backend } from "../backend.ts";
import type { Clock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { Watch } from "../native/libc.ts";
import { openPortableChannel, unsupported } from "../portable/channel.ts";
import type { Channel, ChannelRequest } from "./channel.ts";
import { openChannel } from "./open.ts";

/** A channel and the need of the method that it meets. */
export interface OpenedChannel {
	readonly channel: Channel;
	readonly need: ChannelNeed;
}

/** Errors after which another kind of channel may still work. */
const TRY_NEXT: ReadonlySet<SystemError["code"]> = new Set([
	"permissionDenied",
	"unsupportedProtocol",
	// A raw channel holds all its ports from the start, other kinds open sockets as they need them.
	"tooManyFiles",
]);

/** Opens one channel: `openChannel`, or what somebody lends a socket with. */
export type ChannelOpener = (request: ChannelRequest) => Channel | SystemError;

/** Where a channel comes from. */
export interface ChannelPlace {
	readonly backend: Backend;
	/** Null: a new one. */
	readonly open?: ChannelOpener | null;
}

/** The first channel that this machine allows, or the error of the last that was tried. */
export function openBestChannel(
	method: TraceMethod,
	options: TraceOptions,
	{ backend, open = null }: ChannelPlace,
): OpenedChannel | SystemError {
	const { clock } = backend;
	if (open === null && backend.name === "portable") return openOnPortable(method, options, clock);
	let failed: SystemError = {
		code: "unsupportedProtocol",
		call: `${method.name} channel`,
		address: null,
		errno: ERRNO.EPROTONOSUPPORT,
		errnoName: "EPROTONOSUPPORT",
	};
	for (const need of channelOrder(method, options)) {
		const channel = (open ?? openChannel)({ ...channelFacts(method, options), need, clock });
		if (!isSystemError(channel)) return { channel, need };
		failed = channel;
		if (!TRY_NEXT.has(channel.code)) break;
	}
	return failed;
}

/** The portable channel stands in for ordinary sockets, and for nothing else. */
function openOnPortable(method: TraceMethod, options: TraceOptions, clock: Clock): OpenedChannel | SystemError {
	const need = channelOrder(method, options).find(({ kind }) => kind === "errorQueue");
	if (need === undefined) return unsupported(options.looseMatch ? "--loose-match" : "method");
	const channel = openPortableChannel({ ...channelFacts(method, options), need, clock });
	return isSystemError(channel) ? channel : { channel, need };
}

/** Calls back when there is something to read of a channel, or its time has come, until closed. */
export function watchChannel(channel: Channel, backend: Backend, readable: () => void): Watch {
	if (channel.watch !== undefined) return channel.watch(readable);
	if (backend.name === "portable" || channel.pollFd === null) throw new Error("a channel without a way to wait");
	return backend.workspace.libc.watch(channel.pollFd, readable);
}

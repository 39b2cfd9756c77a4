/** Which of a method's channels a trace runs on: tried in order, the first that this machine allows is taken. */
import {
	type ChannelNeed,
	channelFacts,
	channelOrder,
	type SystemError,
	type TraceMethod,
	type TraceOptions,
} from "@whither/core";
import type { Clock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
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

/** The first channel that this machine allows, or the error of the last that was tried. */
export function openBestChannel(
	method: TraceMethod,
	options: TraceOptions,
	{ clock, open = openChannel }: { readonly clock: Clock; readonly open?: ChannelOpener },
): OpenedChannel | SystemError {
	let failed: SystemError = {
		code: "unsupportedProtocol",
		call: `${method.name} channel`,
		address: null,
		errno: ERRNO.EPROTONOSUPPORT,
		errnoName: "EPROTONOSUPPORT",
	};
	for (const need of channelOrder(method, options)) {
		const channel = open({ ...channelFacts(method, options), need, clock });
		if (!isSystemError(channel)) return { channel, need };
		failed = channel;
		if (!TRY_NEXT.has(channel.code)) break;
	}
	return failed;
}

/** The channel that one check of the conformance suite runs on. */
import type { ChannelNeed, Family, SystemError, TraceMethod } from "@whither/core";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { openChannel } from "../channel/open.ts";
import type { Clock } from "../clock.ts";
import { isSystemError } from "../errors.ts";
import { openMediaSocket } from "../media/media-socket.ts";
import { openPortableChannel } from "../portable/channel.ts";
import { type ConformingChannel, LIMITS } from "./conformance-limits.ts";

/** One run of the suite: a method on one of its channels, over a path with these hops, the target last. */
export interface ConformanceCase {
	readonly method: string;
	readonly channel: ConformingChannel;
	readonly family: Family;
	readonly hops: readonly string[];
	readonly source: string;
	/** A port that nobody listens on. */
	readonly closedPort: number;
	/** A port where a UDP echo and a TCP listener answer. */
	readonly openPort: number;
}

/** Probes that are sent at once. */
export const BURST = 60;

/** What one check asks for. */
export interface CheckSetting {
	readonly target: string;
	readonly port: number;
	readonly dontFragment?: boolean;
	readonly method: TraceMethod;
	readonly clock: Clock;
}

/** What came of it, and what it was opened with. */
export interface OpenedCase {
	readonly channel: Channel | SystemError;
	readonly need: ChannelNeed;
	readonly port: number;
	/** Closes what the channel was borrowed of; what its owner got that was not for him, in words. */
	close(): readonly string[];
}

/** Opens it; null where it refuses, as it should, what its kind cannot do. */
export function openCase({ channel: kind, family }: ConformanceCase, setting: CheckSetting): OpenedCase | null {
	const { target, method, clock, dontFragment = false } = setting;
	const wanted = kind === "portable" ? "errorQueue" : kind;
	const need = method.channels.find((one) => one.kind === wanted);
	if (need === undefined) throw new TypeError(`${method.name} has no ${kind} channel`);
	const port = method.defaultPort === null ? 0 : setting.port;
	const request: ChannelRequest = {
		need,
		family,
		target,
		port,
		source: null,
		interface: null,
		sourcePort: null,
		tos: 0,
		flowLabel: 0,
		dontFragment,
		bypassRouting: false,
		gateways: [],
		looseMatch: false,
		capture: false,
		fwmark: null,
		portCount: BURST,
		connections: 1,
		clock,
	};
	if (kind === "borrowed") return { ...borrowed(request), need, port };
	const channel = kind === "portable" ? openPortableChannel(request) : openChannel(request);
	const mayRefuse = dontFragment && !LIMITS[kind].dontFragment;
	if (mayRefuse && isSystemError(channel) && channel.code === "unsupportedPlatform") return null;
	return { channel, need, port, close: () => [] };
}

/** A channel on a socket whose owner is silent, so that everything that comes is for the trace. */
function borrowed(request: ChannelRequest): Pick<OpenedCase, "channel" | "close"> {
	const wrong: string[] = [];
	const { family, dontFragment } = request;
	const socket = openMediaSocket(
		{ family, dontFragment },
		{
			received: ({ from }) => wrong.push(`the owner was given a datagram from ${from.address}`),
			refused: ({ from }) => wrong.push(`the owner was told of an error from ${from}`),
		},
	);
	if (isSystemError(socket)) return { channel: socket, close: () => wrong };
	const close = (): readonly string[] => {
		socket.close();
		return wrong;
	};
	return { channel: socket.borrow(request), close };
}

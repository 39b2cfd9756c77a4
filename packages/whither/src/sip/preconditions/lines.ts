/** What a description says of preconditions, stream by stream (RFC 3312 §4). */
import {
	type SdpAttribute,
	type SdpDesiredPrecondition,
	type SdpPrecondition,
	type SdpPreconditionDirection,
	type SdpSection,
	sdpAttributes,
	sdpLine,
} from "@whither/wire";

/** The lines of one stream, as whoever wrote them sees it. */
export interface PreconditionLines {
	/** `a=curr`: what stands. */
	readonly current: readonly SdpPrecondition[];
	/** `a=des`: what is wanted. */
	readonly desired: readonly SdpDesiredPrecondition[];
	/** `a=conf`: what its writer wants to be told of. */
	readonly confirm: readonly SdpPrecondition[];
}

/** Of a description that says nothing of them. */
export const NO_LINES: PreconditionLines = { current: [], desired: [], confirm: [] };

/** Which of two ways: of what we send, and of what we receive. */
export interface BothWays<Value> {
	readonly send: Value;
	readonly receive: Value;
}

/** That neither way is so. */
export const NEITHER_WAY: BothWays<boolean> = { send: false, receive: false };

/** What the first draft of ICE calls `conn` (draft-rosenberg-sipping-ice-01 §8 and §11 have two names for it). */
const EARLIER_NAMES: ReadonlySet<string> = new Set(["connectivity", "connected"]);

/** The lines of one stream's section; none of a stream that is refused (its port is 0), as nobody waits for that (RFC 3312 §6). */
export function readPreconditions(section: SdpSection): PreconditionLines {
	const [, port = ""] = (sdpLine(section, "m") ?? "").split(" ");
	if (/^0+(\/|$)/.test(port)) return NO_LINES;
	return {
		current: sdpAttributes(section, "curr").map(renamed),
		desired: sdpAttributes(section, "des").map(renamed),
		confirm: sdpAttributes(section, "conf").map(renamed),
	};
}

function renamed<Line extends SdpPrecondition>(line: Line): Line {
	return EARLIER_NAMES.has(line.type) ? { ...line, type: "conn" } : line;
}

/** The lines as attributes of a stream, in the order of RFC 3312's examples. */
export function preconditionAttributes({ current, desired, confirm }: PreconditionLines): readonly SdpAttribute[] {
	return [
		...current.map((value) => ({ name: "curr", value }) as const),
		...desired.map((value) => ({ name: "des", value }) as const),
		...confirm.map((value) => ({ name: "conf", value }) as const),
	];
}

/** A line of the other end's as we see it: what it sends we receive, and its own segment is remote (RFC 3312 §5.2). */
export function seenFromHere<Line extends SdpPrecondition>(line: Line): Line {
	const status = line.status === "e2e" ? "e2e" : line.status === "local" ? "remote" : "local";
	const { send, receive } = waysOf(line.direction);
	return { ...line, status, direction: directionOf({ send: receive, receive: send }) };
}

/** Which ways a direction speaks of. */
export function waysOf(direction: SdpPreconditionDirection): BothWays<boolean> {
	const isBoth = direction === "sendrecv";
	return { send: isBoth || direction === "send", receive: isBoth || direction === "recv" };
}

/** The direction that speaks of these ways. */
export function directionOf({ send, receive }: BothWays<boolean>): SdpPreconditionDirection {
	return send && receive ? "sendrecv" : send ? "send" : receive ? "recv" : "none";
}

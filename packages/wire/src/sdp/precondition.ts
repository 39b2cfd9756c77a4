/** Whose segment of the way a precondition speaks of (RFC 3312 §4). */
export type SdpPreconditionStatus = "e2e" | "local" | "remote";

/** Which way, as the sender of the description sees it. */
export type SdpPreconditionDirection = "none" | "send" | "recv" | "sendrecv";

/** How much it is wanted; `failure` and `unknown` in answers that refuse (RFC 3312 §8). */
export type SdpPreconditionStrength = "mandatory" | "optional" | "none" | "failure" | "unknown";

/** What stands now (`a=curr`, RFC 3312 §4), or what is to be told of when it stands (`a=conf`). */
export interface SdpPrecondition {
	/** `qos` (RFC 3312), `sec` (RFC 5027), `conn` (RFC 5898), or another token in small letters. */
	readonly type: string;
	readonly status: SdpPreconditionStatus;
	readonly direction: SdpPreconditionDirection;
}

/** What is wanted (`a=des`, RFC 3312 §4). */
export interface SdpDesiredPrecondition extends SdpPrecondition {
	readonly strength: SdpPreconditionStrength;
}

const TYPE = /^[a-z0-9!#$%&'*+.^_`{|}~-]{1,32}$/;
const STATUSES: ReadonlySet<string> = new Set<SdpPreconditionStatus>(["e2e", "local", "remote"]);
const DIRECTIONS: ReadonlySet<string> = new Set<SdpPreconditionDirection>(["none", "send", "recv", "sendrecv"]);
const STRENGTHS: ReadonlySet<string> = new Set<SdpPreconditionStrength>([
	"mandatory",
	"optional",
	"none",
	"failure",
	"unknown",
]);

/** The value behind `a=curr:` or `a=conf:`, such as `conn e2e none`; null where it does not fit. */
export function parseSdpPrecondition(text: string | null): SdpPrecondition | null {
	const words = (text ?? "").trim().toLowerCase().split(/ +/);
	const [type = "", status = "", direction = ""] = words;
	if (words.length !== 3 || !TYPE.test(type) || !STATUSES.has(status) || !DIRECTIONS.has(direction)) return null;
	return {
		type,
		status: status as SdpPreconditionStatus,
		direction: direction as SdpPreconditionDirection,
	};
}

/** What is to stand behind `a=curr:` or `a=conf:`; throws RangeError for what does not fit. */
export function formatSdpPrecondition({ type, status, direction }: SdpPrecondition): string {
	const line = `${type} ${status} ${direction}`;
	if (parseSdpPrecondition(line)?.type !== type) throw new RangeError(`not a precondition: ${line}`);
	return line;
}

/** The value behind `a=des:`, such as `conn mandatory e2e sendrecv`; null where it does not fit. */
export function parseSdpDesired(text: string | null): SdpDesiredPrecondition | null {
	const [type = "", strength = "", ...rest] = (text ?? "").trim().toLowerCase().split(/ +/);
	const precondition = parseSdpPrecondition([type, ...rest].join(" "));
	if (precondition === null || !STRENGTHS.has(strength)) return null;
	return { ...precondition, strength: strength as SdpPreconditionStrength };
}

/** What is to stand behind `a=des:`; throws RangeError for what does not fit. */
export function formatSdpDesired({ type, strength, status, direction }: SdpDesiredPrecondition): string {
	const line = `${type} ${strength} ${status} ${direction}`;
	if (parseSdpDesired(line)?.type !== type) throw new RangeError(`not a precondition: ${line}`);
	return line;
}

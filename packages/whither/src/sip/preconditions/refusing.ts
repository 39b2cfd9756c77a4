/** Preconditions that nobody here can meet (RFC 3312 §8): 580, and which they are. */
import type { SdpDesiredPrecondition } from "@whither/wire";
import { NO_LINES, type PreconditionLines, seenFromHere } from "./lines.ts";

/** Types that are known and not ours: reserving of capacity (RFC 3312) and keys (RFC 5027). */
const KNOWN: ReadonlySet<string> = new Set(["conn", "qos", "sec"]);

/** Whether everything mandatory of an offer is what checks can meet: connectivity, end to end (RFC 5898 §3). */
export function canMeetPreconditions({ desired }: PreconditionLines): boolean {
	return desired.every(isOurs);
}

function isOurs({ type, status, strength }: SdpDesiredPrecondition): boolean {
	return strength !== "mandatory" || (type === "conn" && status === "e2e");
}

/** What the body of 580 says: of each that cannot be met that it fails, or that nobody knows its type. */
export function refusedPreconditions(offer: PreconditionLines): PreconditionLines {
	const desired = offer.desired.filter((line) => !isOurs(line)).map(seenFromHere);
	return {
		...NO_LINES,
		desired: desired.map((line) => ({ ...line, strength: KNOWN.has(line.type) ? "failure" : "unknown" })),
	};
}

/** What the body of 580 says where connectivity was wanted and could not be proved. */
export function failedConnectivity(): PreconditionLines {
	return { ...NO_LINES, desired: [{ type: "conn", strength: "failure", status: "e2e", direction: "sendrecv" }] };
}

/** What browsers post, read with suspicion. Pure. */
const LONGEST_SDP = 32_768;
const LONGEST_LINE = 512;
const MOST_LINES = 32;

/** The SDP of an `IceOffer`; null: it is none. */
export function readOffer(body: unknown): string | null {
	const { sdp } = fieldsOf(body);
	return typeof sdp === "string" && sdp !== "" && sdp.length <= LONGEST_SDP ? sdp : null;
}

/** The lines of `IceCandidates`, without `candidate:` or with it; null: they are none. */
export function readCandidates(body: unknown): readonly string[] | null {
	const { candidates } = fieldsOf(body);
	return Array.isArray(candidates) && candidates.length <= MOST_LINES && candidates.every(isLine)
		? [...candidates]
		: null;
}

function isLine(value: unknown): value is string {
	return typeof value === "string" && value.length <= LONGEST_LINE && /^[\x20-\x7e]+$/.test(value);
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
	return typeof body === "object" && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
}

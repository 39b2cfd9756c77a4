/**
 * Connection IDs that name their probe. Routers quote the one that we chose for the other end, the target sends back the
 * one that we chose for ourselves; nobody who has not seen our packet can make either up.
 *
 *     +-----------------------+------------------------------------------------------
 *     | sequence, masked (16) | HMAC of role, key and sequence, its first 48 bits
 *     +-----------------------+------------------------------------------------------
 */
import type { ProbeContext } from "../method.ts";

/** Length in bytes of the connection IDs that we make: the shortest that a first Initial may have (RFC 9000 section 7.2). */
export const CONNECTION_ID_LENGTH = 8;
const SEQUENCE_LENGTH = 2;
/** Of an ID that was cut off, so many bytes still name the probe: the sequence and 32 bits that nobody guesses. */
const NAMING_LENGTH = 6;

/** What a secret of a probe is for; `ids`: both of its connection IDs. */
const ROLES = { ids: 0, random: 1, keyShare: 2, mask: 3 } as const;

/** 32 bytes that belong to this probe and purpose alone. */
export function quicSecret(context: ProbeContext, role: keyof typeof ROLES, sequence: number): Uint8Array {
	const label = new Uint8Array(9);
	const view = new DataView(label.buffer);
	view.setUint8(0, ROLES[role]);
	view.setUint32(1, context.key);
	view.setUint32(5, sequence);
	return context.crypto.hmacSha256(context.secret, label);
}

/** Where the tag of each ID stands among the secret bytes that both come from. */
const TAG_OFFSET = { destination: 0, source: CONNECTION_ID_LENGTH - SEQUENCE_LENGTH } as const;

/** What the IDs of a trace come from: its mask, and the secret of the probe asked for last, as it is asked for again. */
interface IdSecrets {
	readonly mask: number;
	last: { readonly sequence: number; readonly tags: Uint8Array } | null;
}

const idSecrets = new WeakMap<ProbeContext, IdSecrets>();

function idSecretsOf(context: ProbeContext): IdSecrets {
	const known = idSecrets.get(context);
	if (known !== undefined) return known;
	const mask = new DataView(quicSecret(context, "mask", 0).slice().buffer).getUint16(0);
	const secrets: IdSecrets = { mask, last: null };
	idSecrets.set(context, secrets);
	return secrets;
}

function idTags(context: ProbeContext, sequence: number): Uint8Array {
	const secrets = idSecretsOf(context);
	if (secrets.last?.sequence !== sequence) secrets.last = { sequence, tags: quicSecret(context, "ids", sequence) };
	return secrets.last.tags;
}

/** The Destination or Source Connection ID of this probe's Initial. */
export function connectionId(context: ProbeContext, role: "destination" | "source", sequence: number): Uint8Array {
	const id = new Uint8Array(CONNECTION_ID_LENGTH);
	new DataView(id.buffer).setUint16(0, (sequence ^ sequenceMask(context)) & 0xffff);
	const start = TAG_OFFSET[role];
	id.set(idTags(context, sequence).subarray(start, start + CONNECTION_ID_LENGTH - SEQUENCE_LENGTH), SEQUENCE_LENGTH);
	return id;
}

/** The probe that a connection ID, or what is quoted of it, names; null: it is not ours. */
export function namedSequence(context: ProbeContext, role: "destination" | "source", id: Uint8Array): number | null {
	if (id.length < NAMING_LENGTH || id.length > CONNECTION_ID_LENGTH) return null;
	const sequence = (new DataView(id.buffer, id.byteOffset).getUint16(0) ^ sequenceMask(context)) & 0xffff;
	return connectionId(context, role, sequence).every((byte, at) => at >= id.length || byte === id[at])
		? sequence
		: null;
}

/** Where the DCID begins in a long header: first byte, version, its length (RFC 8999 section 5.1). */
const DCID_OFFSET = 6;

/**
 * The probe that a quoted Initial names; undefined: too little of it is quoted, null: it is not ours. Behind a Retry the
 * DCID is the server's, and the SCID names the first Initial of the connection (`behindRetry`).
 */
export function quotedConnection(
	context: ProbeContext,
	payload: Uint8Array,
): { readonly sequence: number; readonly behindRetry: boolean } | null | undefined {
	if (payload.length < DCID_OFFSET + NAMING_LENGTH) return undefined;
	if (((payload[0] ?? 0) & 0x80) === 0) return null;
	const scidLengthAt = DCID_OFFSET + (payload[DCID_OFFSET - 1] ?? 0);
	const sequence = namedSequence(context, "destination", payload.subarray(DCID_OFFSET, scidLengthAt));
	if (sequence !== null) return { sequence, behindRetry: false };
	const scidAt = scidLengthAt + 1;
	const scid = payload.subarray(scidAt, scidAt + (payload[scidLengthAt] ?? 0));
	const first = namedSequence(context, "source", scid);
	return first === null ? null : { sequence: first, behindRetry: true };
}

/** So that the sequence numbers of a trace do not stand in its packets for everybody to read. */
function sequenceMask(context: ProbeContext): number {
	return idSecretsOf(context).mask;
}

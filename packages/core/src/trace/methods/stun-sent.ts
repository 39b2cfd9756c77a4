/** The requests that left in one trace: what a quote too short for a transaction id is told by, its length and checksum. */
import { STUN_HEADER_LENGTH, UDP_HEADER_LENGTH } from "@whither/wire";
import type { QuotedProbe } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import { sentChecksum } from "./udp-payload.ts";

/** One packet; `length` is that of its UDP header, `checksum` null where the kernel wrote it. */
export interface SentRequest {
	readonly sequence: number;
	readonly ttl: number;
	readonly length: number;
	readonly checksum: number | null;
}

interface Memory {
	readonly byLength: Map<number, SentRequest[]>;
	/** The packets of one transaction, in the order they left, by the sequence of the first. */
	readonly byTransaction: Map<number, SentRequest[]>;
	/** How many answers each transaction has had. */
	readonly answers: Map<number, number>;
}

const memories = new WeakMap<ProbeContext, Memory>();

function memoryOf(context: ProbeContext): Memory {
	const known = memories.get(context);
	if (known !== undefined) return known;
	const memory: Memory = { byLength: new Map(), byTransaction: new Map(), answers: new Map() };
	memories.set(context, memory);
	return memory;
}

/** Notes a packet; `first` is the sequence that its transaction began with. */
export function rememberSent(context: ProbeContext, first: number, request: SentRequest): void {
	const { byLength, byTransaction } = memoryOf(context);
	listIn(byLength, request.length).push(request);
	listIn(byTransaction, first).push(request);
}

function listIn(lists: Map<number, SentRequest[]>, key: number): SentRequest[] {
	const list = lists.get(key) ?? [];
	lists.set(key, list);
	return list;
}

/** Counts an answer to a transaction: 1 for the first. */
export function countAnswer(context: ProbeContext, first: number): number {
	const { answers } = memoryOf(context);
	const count = (answers.get(first) ?? 0) + 1;
	answers.set(first, count);
	return count;
}

/**
 * The packet of a transaction that left as the `count`-th, or whose checksum is quoted; where neither is known, the last:
 * an answer to one before it would have come sooner. What was never sent is named by its transaction.
 */
export function sentInTransaction(
	context: ProbeContext,
	first: number,
	{ count, quoted }: { readonly count?: number | undefined; readonly quoted?: QuotedProbe },
): number {
	const list = memoryOf(context).byTransaction.get(first) ?? [];
	const counted = count === undefined ? undefined : list[count - 1];
	const summed = quoted === undefined ? [] : withChecksum(context, list, quoted);
	return (counted ?? summed[0] ?? list.at(-1))?.sequence ?? first;
}

/** The packets that a quote without a transaction id may be of; none: it is of nobody's. */
export function sentLike(context: ProbeContext, quoted: QuotedProbe): readonly SentRequest[] | undefined {
	const length = quotedLength(quoted);
	if (length === undefined) return undefined;
	const alike = memoryOf(context).byLength.get(length) ?? [];
	const exact = withChecksum(context, alike, quoted);
	return exact.length > 0 ? exact : alike;
}

/** Length of the UDP datagram: by its own header, else by the message's (RFC 8489 section 5). */
function quotedLength({ segment, payload }: QuotedProbe): number | undefined {
	if (segment !== null && segment.length >= 6) return new DataView(segment.buffer, segment.byteOffset).getUint16(4);
	if (payload.length < 4) return undefined;
	return UDP_HEADER_LENGTH + STUN_HEADER_LENGTH + new DataView(payload.buffer, payload.byteOffset).getUint16(2);
}

/** Those whose checksum is quoted; a NAT that leaves another one leaves none of them. */
function withChecksum(
	context: ProbeContext,
	list: readonly SentRequest[],
	quoted: QuotedProbe,
): readonly SentRequest[] {
	const { segment } = quoted;
	if (segment === null || segment.length < UDP_HEADER_LENGTH) return [];
	const checksum = new DataView(segment.buffer, segment.byteOffset).getUint16(6);
	if (checksum === 0) return [];
	const told = sentChecksum(context, quoted, checksum);
	// Zero has two forms in that arithmetic.
	return list.filter((sent) => sent.checksum !== null && (sent.checksum - told) % 0xffff === 0);
}

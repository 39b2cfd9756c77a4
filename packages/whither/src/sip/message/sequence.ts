/** Numbers of requests and of provisional answers: CSeq (RFC 3261 §20.16), RSeq and RAck (RFC 3262 §7). */
import { isSipToken, parseWhole } from "./grammar.ts";

/** The largest number there is; below 2^31 a request should stay (RFC 3261 §8.1.1.5). */
const LARGEST = 0xffff_ffff;

/** CSeq: the number and method of a request. */
export interface SipCseq {
	readonly number: number;
	readonly method: string;
}

/** RAck: which provisional answer a PRACK is for. */
export interface SipRack extends SipCseq {
	/** RSeq of the answer. */
	readonly response: number;
}

/** Null where it does not fit. */
export function parseSipCseq(text: string | null): SipCseq | null {
	const [digits = "", method = "", ...more] = (text ?? "").split(/[ \t]+/);
	const number = parseWhole(digits, LARGEST);
	return number === null || !isSipToken(method) || more.length > 0 ? null : { number, method };
}

/** CSeq as text. */
export function formatSipCseq({ number, method }: SipCseq): string {
	return `${number} ${method}`;
}

/** Null where it does not fit. */
export function parseSipRack(text: string | null): SipRack | null {
	const [first = "", ...rest] = (text ?? "").split(/[ \t]+/);
	const response = parseWhole(first, LARGEST);
	const cseq = parseSipCseq(rest.join(" "));
	return response === null || cseq === null ? null : { response, ...cseq };
}

/** RAck as text. */
export function formatSipRack({ response, number, method }: SipRack): string {
	return `${response} ${number} ${method}`;
}

/** RSeq, 1 at least; null where it does not fit. */
export function parseSipRseq(text: string | null): number | null {
	const number = parseWhole(text ?? "", LARGEST);
	return number === 0 ? null : number;
}

import { addressFamily, formatAddress, parseAddress } from "../address.ts";
import { isDecodeError } from "../error.ts";
import type { StunAddress } from "../stun/attribute-row.ts";

/**
 * An alternative transport address as the first draft of ICE tells it (draft-rosenberg-sipping-ice-01 §7):
 * `a=alt:<id> <qvalue> <derived-from> <username> <password> <address> <port> [<address> <port>]`.
 */
export interface SdpAlt {
	/** A token, unique among all that this end tells in a session. */
	readonly id: string;
	/** 0 to 1 with three decimals at most (RFC 3261 §25.1); the higher is the better. */
	readonly q: number;
	/** The id of the other end's address that this one was learned from; null (`:`): from none. */
	readonly derivedFrom: string | null;
	/** What checks of it show: visible characters, none of them a space. */
	readonly username: string;
	readonly password: string;
	/** Where media goes; of RTP. */
	readonly at: StunAddress;
	/** Where RTCP goes; null: to the next higher port. */
	readonly rtcp: StunAddress | null;
}

/** RFC 4566 §9. */
const TOKEN = /^[!#-'*+.0-9A-Z^-~-]{1,64}$/;
const QVALUE = /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/;
const CREDENTIAL = /^[!-~]{1,256}$/;

/** The value behind `a=alt:`; null where it does not fit. */
export function parseSdpAlt(text: string | null): SdpAlt | null {
	const words = (text ?? "").trim().split(/ +/);
	if (words.length !== 7 && words.length !== 9) return null;
	const [id = "", q = "", from = "", username = "", password = ""] = words;
	const at = placeOf(words[5], words[6]);
	const rtcp = words.length === 9 ? placeOf(words[7], words[8]) : null;
	const isRight = TOKEN.test(id) && QVALUE.test(q) && CREDENTIAL.test(username) && CREDENTIAL.test(password);
	if (!isRight || at === null || (words.length === 9 && rtcp === null)) return null;
	if (from !== ":" && !TOKEN.test(from)) return null;
	return { id, q: Number(q), derivedFrom: from === ":" ? null : from, username, password, at, rtcp };
}

function placeOf(host = "", port = ""): StunAddress | null {
	const address = parseAddress(host);
	if (isDecodeError(address) || !/^[0-9]{1,5}$/.test(port) || Number(port) > 0xffff) return null;
	return { address: formatAddress(address), port: Number(port) };
}

/** What is to stand behind `a=alt:`; throws RangeError for what does not fit. */
export function formatSdpAlt({ id, q, derivedFrom, username, password, at, rtcp }: SdpAlt): string {
	const places = rtcp === null ? [at] : [at, rtcp];
	const line = [
		...[id, formatQvalue(q), derivedFrom ?? ":", username, password],
		...places.flatMap(({ address, port }) => [address, String(port)]),
	].join(" ");
	const read = parseSdpAlt(line);
	const isSame = read?.id === id && read.derivedFrom === derivedFrom;
	if (!isSame || places.some(({ address }) => addressFamily(address) === null))
		throw new RangeError(`not an alternative address: ${line}`);
	return line;
}

/** A q-value with as many decimals as it needs, one at least. */
function formatQvalue(q: number): string {
	if (!(q >= 0 && q <= 1)) throw new RangeError(`a q-value is 0 to 1, not ${q}`);
	const thousandths = String(Math.round(q * 1000) / 1000);
	return thousandths.includes(".") ? thousandths : `${thousandths}.0`;
}

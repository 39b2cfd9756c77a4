import { addressFamily } from "../address.ts";
import { type DecodeError, decodeError, isDecodeError } from "../error.ts";
import { HOST_NAME, plainHost } from "./media-line.ts";

/** Where a candidate comes from (RFC 8839 §5.1): our own interface, a STUN server's word, a check, or a relay. */
export type IceCandidateType = "host" | "srflx" | "prflx" | "relay";

/** Which end of a TCP candidate opens the connection (RFC 6544 §4.5). */
export type IceTcpType = "active" | "passive" | "so";

/** Anything more that a candidate line says, in its order (RFC 8839 §5.1: name and value in pairs). */
export interface IceCandidateExtension {
	readonly name: string;
	readonly value: string;
}

/** A candidate as signalling carries it (RFC 8839 §5.1, RFC 6544 §4.5). */
export interface IceCandidateLine {
	/** 1 to 32 characters of letters, digits, `+` and `/`. */
	readonly foundation: string;
	/** 1 to 256. */
	readonly component: number;
	readonly transport: "udp" | "tcp";
	/** 32 bits. */
	readonly priority: number;
	/** An address in canonical text, or a name, such as an mDNS one. */
	readonly address: string;
	readonly port: number;
	readonly type: IceCandidateType;
	/** What it was derived from; null of host candidates, and where a peer leaves it out. */
	readonly related: { readonly address: string; readonly port: number } | null;
	/** Null of UDP candidates. */
	readonly tcpType: IceTcpType | null;
	/** Without raddr, rport and tcptype. */
	readonly extensions: readonly IceCandidateExtension[];
}

const TYPES: ReadonlySet<string> = new Set<IceCandidateType>(["host", "srflx", "prflx", "relay"]);
const TCP_TYPES: ReadonlySet<string> = new Set<IceTcpType>(["active", "passive", "so"]);
const FOUNDATION = /^[A-Za-z0-9+/]{1,32}$/;
const TOKEN = /^[^\s]+$/;
/** Words before the extensions: foundation, component, transport, priority, address, port, `typ`, type. */
const FIXED_WORDS = 8;

/** Whether text is a name and no address: what a driver has to look up before it is of use. */
export function isCandidateName(text: string): boolean {
	return addressFamily(text) === null && HOST_NAME.test(text);
}

/**
 * A candidate line, with or without `a=` and `candidate:` in front. What RFC 8839 has ignored (another transport, a type
 * that nobody knows, an address of no known form) is an error; its offset counts words.
 */
export function parseIceCandidate(text: string): IceCandidateLine | DecodeError {
	const words = text
		.trim()
		.replace(/^a=/, "")
		.replace(/^candidate:/i, "")
		.split(/\s+/);
	if (words.length < FIXED_WORDS) return decodeError("truncated", 0, FIXED_WORDS, words.length);
	const [foundation = "", component = "", transport = "", priority = "", address = "", port = "", typ, type = ""] =
		words;
	const numbers = { component: number(component, 256), priority: number(priority, 0xffff_ffff), port: number(port) };
	const plain = transport.toLowerCase();
	if (!FOUNDATION.test(foundation)) return wrong(0);
	if (numbers.component === null || numbers.component === 0) return wrong(1);
	if (plain !== "udp" && plain !== "tcp") return wrong(2);
	if (numbers.priority === null) return wrong(3);
	const place = plainHost(address);
	if (place === null) return wrong(4);
	if (numbers.port === null) return wrong(5);
	if (typ !== "typ") return wrong(6);
	if (!TYPES.has(type)) return wrong(7);
	const more = readExtensions(words.slice(FIXED_WORDS));
	if (isDecodeError(more)) return more;
	if (plain === "tcp" && more.tcpType === null) return wrong(FIXED_WORDS);
	return {
		...{ foundation, component: numbers.component, transport: plain, priority: numbers.priority },
		...{ address: place, port: numbers.port, type: type as IceCandidateType, related: more.related },
		...{ tcpType: plain === "tcp" ? more.tcpType : null, extensions: more.extensions },
	};
}

function wrong(word: number): DecodeError {
	return decodeError("badValue", word, 0, 0);
}

/** A decimal number up to `maximum`, or null. */
function number(text: string, maximum = 0xffff): number | null {
	if (!/^[0-9]{1,10}$/.test(text)) return null;
	const value = Number(text);
	return value <= maximum ? value : null;
}

function readExtensions(
	words: readonly string[],
): Pick<IceCandidateLine, "related" | "tcpType" | "extensions"> | DecodeError {
	const extensions: IceCandidateExtension[] = [];
	const known = new Map<string, string>();
	for (let index = 0; index + 1 < words.length; index += 2) {
		const [name = "", value = ""] = words.slice(index, index + 2);
		if (name === "raddr" || name === "rport" || name === "tcptype") known.set(name, value);
		else extensions.push({ name, value });
	}
	const address = plainHost(known.get("raddr") ?? "");
	const port = number(known.get("rport") ?? "");
	const tcpType = known.get("tcptype") ?? null;
	if (tcpType !== null && !TCP_TYPES.has(tcpType)) return wrong(FIXED_WORDS);
	// A name in `raddr` hides an address as well as zeros do.
	return {
		related: address === null || port === null ? null : { address, port },
		tcpType: tcpType as IceTcpType | null,
		extensions,
	};
}

/** `candidate:` and what follows, without `a=`; throws RangeError for what no line can say. */
export function formatIceCandidate(candidate: IceCandidateLine): string {
	const { foundation, component, transport, priority, port, type, related, tcpType, extensions } = candidate;
	if (!FOUNDATION.test(foundation)) throw new RangeError(`not a foundation: ${foundation}`);
	if (number(String(component), 256) === null || component === 0) throw new RangeError(`no component: ${component}`);
	if (number(String(priority), 0xffff_ffff) === null) throw new RangeError(`not a priority: ${priority}`);
	if (number(String(port)) === null) throw new RangeError(`not a port: ${port}`);
	if (transport === "tcp" && tcpType === null) throw new RangeError("TCP says who opens the connection");
	const words = [foundation, component, transport.toUpperCase(), priority, written(candidate.address), port];
	words.push("typ", type);
	// UDP says it in capitals and TCP as well in RFC 8839 and 6544; browsers write small letters and read both.
	if (related !== null) words.push("raddr", written(related.address), "rport", related.port);
	if (transport === "tcp") words.push("tcptype", tcpType ?? "");
	for (const { name, value } of extensions) {
		if (!TOKEN.test(name) || !TOKEN.test(value)) throw new RangeError(`not an extension: ${name} ${value}`);
		words.push(name, value);
	}
	return `candidate:${words.join(" ")}`;
}

/** A zone means something on its own machine alone. */
function written(address: string): string {
	const [text = ""] = address.split("%", 1);
	if (plainHost(text) === null) throw new RangeError(`not an address: ${address}`);
	return text;
}

/** The value of an extension, such as the `ufrag` that a trickled candidate belongs to (RFC 8838 §4.2); null: not there. */
export function candidateExtension({ extensions }: IceCandidateLine, name: string): string | null {
	return extensions.find((extension) => extension.name === name)?.value ?? null;
}

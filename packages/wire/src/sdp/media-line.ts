import { addressFamily, formatAddress, parseAddress } from "../address.ts";
import { isDecodeError } from "../error.ts";

/** What stands behind `m=` (RFC 8866 §5.14). */
export interface SdpMediaLine {
	/** Such as `application`. */
	readonly kind: string;
	/** 0: the stream is refused, or has no port of its own (`bundle-only`). */
	readonly port: number;
	/** Such as `UDP/DTLS/SCTP`. */
	readonly protocol: string;
	/** Such as `webrtc-datachannel`, or payload types with spaces between them. */
	readonly formats: string;
}

/** Words of a media line have no spaces in them. */
const WORD = /^[!-~]+$/;

/** A media line from its text; null where it does not fit. */
export function parseSdpMedia(text: string): SdpMediaLine | null {
	const [, kind = "", port = "", protocol = "", formats = ""] =
		/^([!-~]+) ([0-9]{1,5})(?:\/[0-9]+)? ([!-~]+) ([!-~][ -~]*)$/.exec(text.trim()) ?? [];
	if (kind === "" || Number(port) > 0xffff) return null;
	return { kind, port: Number(port), protocol, formats: formats.replace(/ +/g, " ") };
}

/** What is to stand behind `m=`; throws RangeError for what does not fit. */
export function formatSdpMedia({ kind, port, protocol, formats }: SdpMediaLine): string {
	const isRight = [kind, protocol, ...formats.split(" ")].every((word) => WORD.test(word));
	if (!isRight || !Number.isInteger(port) || port < 0 || port > 0xffff)
		throw new RangeError(`not a media line: ${kind} ${port} ${protocol} ${formats}`);
	return `${kind} ${port} ${protocol} ${formats}`;
}

/** The address behind `c=` (RFC 8866 §5.7), in canonical text, or a name; null where it does not fit. */
export function parseSdpConnection(text: string): string | null {
	const [, address = ""] = /^IN IP[46] ([!-~]+)$/.exec(text.trim()) ?? [];
	return plainHost(address.split("/", 1)[0] ?? "");
}

/** What is to stand behind `c=`, or in `a=rtcp` behind the port. */
export function formatSdpConnection(address: string): string {
	return `IN IP${addressFamily(address) === 6 ? 6 : 4} ${address}`;
}

/** Canonical text of an address, or a name (RFC 1123 §2.1) as it is; null for neither. */
export function plainHost(text: string): string | null {
	const bytes = parseAddress(text);
	if (!isDecodeError(bytes)) return formatAddress(bytes);
	return !/^[0-9.]*$/.test(text) && HOST_NAME.test(text) ? text : null;
}

/** A name that could be looked up (RFC 1123 §2.1). */
export const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

import { isDecodeError } from "../error.ts";
import { formatSdpAlt, parseSdpAlt } from "./alt.ts";
import { formatIceCandidate, type IceCandidateLine, parseIceCandidate } from "./candidate.ts";
import { formatSdpConnection, parseSdpConnection, plainHost } from "./media-line.ts";
import { formatSdpDesired, formatSdpPrecondition, parseSdpDesired, parseSdpPrecondition } from "./precondition.ts";

/** One row of the table: an attribute's name in SDP, and its value to and from text. */
interface SdpAttributeRow<Value> {
	/** The name behind `a=`. */
	readonly attribute: string;
	/** Null where the text does not fit; the text is null without a colon. */
	parse(text: string | null): Value | null;
	/** Null: the attribute stands without a colon. Throws RangeError for what does not fit. */
	format(value: Value): string | null;
}

/** RFC 8866 §9. */
const TOKEN = /^[!#-'*+.0-9A-Z^-~-]+$/;

/** Attributes that say something by being there. */
function flag(attribute: string): SdpAttributeRow<true> {
	return { attribute, parse: (text) => (text === null ? true : null), format: () => null };
}

/** Text of a pattern. */
function text(attribute: string, pattern: RegExp): SdpAttributeRow<string> {
	return {
		attribute,
		parse: (value) => (value !== null && pattern.test(value) ? value : null),
		format(value) {
			if (!pattern.test(value)) throw new RangeError(`not a value of ${attribute}: ${value}`);
			return value;
		},
	};
}

const CANDIDATE: SdpAttributeRow<IceCandidateLine> = {
	attribute: "candidate",
	parse(value) {
		const candidate = parseIceCandidate(value ?? "");
		return isDecodeError(candidate) ? null : candidate;
	},
	format: (value) => formatIceCandidate(value).slice("candidate:".length),
};

const PACING: SdpAttributeRow<number> = {
	attribute: "ice-pacing",
	parse: (value) => (value !== null && /^[0-9]{1,10}$/.test(value) ? Number(value) : null),
	format(value) {
		if (!/^[0-9]{1,10}$/.test(String(value))) throw new RangeError(`not a pacing: ${value}`);
		return String(value);
	},
};

const OPTIONS: SdpAttributeRow<readonly string[]> = {
	attribute: "ice-options",
	parse: (value) => (/^ *[!-~][ -~]*$/.test(value ?? "") ? (value ?? "").trim().split(/ +/) : null),
	format(value) {
		if (value.length === 0 || value.some((option) => !/^[!-~]+$/.test(option))) throw new RangeError("not ICE options");
		return value.join(" ");
	},
};

/** A certificate's digest by the name of its hash; carried for DTLS (RFC 8122 §5), not used here. */
export interface SdpFingerprint {
	/** In small letters, such as `sha-256`. */
	readonly hash: string;
	/** Bytes in capital hexadecimal with colons between them. */
	readonly value: string;
}

const FINGERPRINT: SdpAttributeRow<SdpFingerprint> = {
	attribute: "fingerprint",
	parse(value) {
		const [, hash = "", bytes = ""] = /^([A-Za-z0-9-]+) +([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)$/.exec(value ?? "") ?? [];
		return hash === "" ? null : { hash: hash.toLowerCase(), value: bytes.toUpperCase() };
	},
	format({ hash, value }) {
		const line = `${hash} ${value}`;
		if (FINGERPRINT.parse(line) === null) throw new RangeError(`not a fingerprint: ${line}`);
		return line;
	},
};

/** The end of a pair that the other side names (RFC 8839 §5.2). */
export interface SdpRemoteCandidate {
	readonly component: number;
	readonly address: string;
	readonly port: number;
}

const REMOTE_CANDIDATES: SdpAttributeRow<readonly SdpRemoteCandidate[]> = {
	attribute: "remote-candidates",
	parse(value) {
		const words = (value ?? "").trim().split(/\s+/);
		const candidates: SdpRemoteCandidate[] = [];
		for (let index = 0; index < words.length; index += 3) {
			const candidate = remoteCandidate(words.slice(index, index + 3));
			if (candidate === null) return null;
			candidates.push(candidate);
		}
		return candidates;
	},
	format(value) {
		const line = value.map(({ component, address, port }) => `${component} ${address} ${port}`).join(" ");
		if (REMOTE_CANDIDATES.parse(line)?.length !== value.length) throw new RangeError(`not remote candidates: ${line}`);
		return line;
	},
};

function remoteCandidate([component = "", host = "", port = ""]: readonly string[]): SdpRemoteCandidate | null {
	const address = plainHost(host);
	const isNumber = /^(25[0-6]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)$/.test(component) && /^[0-9]{1,5}$/.test(port);
	if (address === null || !isNumber || Number(port) > 0xffff) return null;
	return { component: Number(component), address, port: Number(port) };
}

/** Where RTCP goes that has a port of its own (RFC 3605 §2.1); null: the address is that of `c=`. */
export interface SdpRtcp {
	readonly port: number;
	readonly address: string | null;
}

const RTCP: SdpAttributeRow<SdpRtcp> = {
	attribute: "rtcp",
	parse(value) {
		const [, port = "", rest = ""] = /^([0-9]{1,5})( .*)?$/.exec((value ?? "").trim()) ?? [];
		const address = parseSdpConnection(rest);
		if (port === "" || Number(port) > 0xffff || (rest !== "" && address === null)) return null;
		return { port: Number(port), address };
	},
	format({ port, address }) {
		const line = address === null ? String(port) : `${port} ${formatSdpConnection(address)}`;
		if (RTCP.parse(line) === null) throw new RangeError(`not a place of RTCP: ${line}`);
		return line;
	},
};

/** Streams that belong together, by their `mid` (RFC 5888 §5), such as those of one transport (`BUNDLE`, RFC 9143). */
export interface SdpGroup {
	readonly semantics: string;
	readonly mids: readonly string[];
}

const GROUP: SdpAttributeRow<SdpGroup> = {
	attribute: "group",
	parse(value) {
		const [semantics = "", ...mids] = (value ?? "").trim().split(/ +/);
		if (![semantics, ...mids].every((word) => TOKEN.test(word))) return null;
		return { semantics, mids };
	},
	format({ semantics, mids }) {
		const line = [semantics, ...mids].join(" ");
		if (GROUP.parse(line)?.mids.length !== mids.length) throw new RangeError(`not a group: ${line}`);
		return line;
	},
};

/**
 * The attributes that ICE speaks with (RFC 8839 §5, RFC 8840 §4), and those of DTLS and of bundling that have to be carried
 * beside them; the first draft's, and those of preconditions (RFC 3312 §4). One row an attribute; others keep their text.
 */
export const SDP_ATTRIBUTES = {
	candidate: CANDIDATE,
	remoteCandidates: REMOTE_CANDIDATES,
	iceLite: flag("ice-lite"),
	iceMismatch: flag("ice-mismatch"),
	/** Milliseconds between two checks; 50 where it is absent, and the larger of both sides' counts. */
	icePacing: PACING,
	iceUfrag: text("ice-ufrag", /^[A-Za-z0-9+/]{4,256}$/),
	icePwd: text("ice-pwd", /^[A-Za-z0-9+/]{22,256}$/),
	iceOptions: OPTIONS,
	endOfCandidates: flag("end-of-candidates"),
	mid: text("mid", TOKEN),
	group: GROUP,
	/** The stream has no transport of its own, whatever its port says (RFC 9143 §6). */
	bundleOnly: flag("bundle-only"),
	rtcp: RTCP,
	rtcpMux: flag("rtcp-mux"),
	fingerprint: FINGERPRINT,
	setup: text("setup", /^(active|passive|actpass|holdconn)$/),
	tlsId: text("tls-id", /^[A-Za-z0-9+/_-]{20,255}$/),
	/** One way that media may come, in the first draft of ICE. */
	alt: { attribute: "alt", parse: parseSdpAlt, format: formatSdpAlt },
	curr: { attribute: "curr", parse: parseSdpPrecondition, format: formatSdpPrecondition },
	des: { attribute: "des", parse: parseSdpDesired, format: formatSdpDesired },
	conf: { attribute: "conf", parse: parseSdpPrecondition, format: formatSdpPrecondition },
} as const;

/** An attribute of the table by its name in our values. */
export type SdpAttributeName = keyof typeof SDP_ATTRIBUTES;

/** What an attribute of the table holds. */
export type SdpAttributeValue<Name extends SdpAttributeName> = NonNullable<
	ReturnType<(typeof SDP_ATTRIBUTES)[Name]["parse"]>
>;

/** An attribute: one of the table with its value, or any other, or one whose text does not fit, as it stands. */
export type SdpAttribute =
	| {
			readonly [Name in SdpAttributeName]: { readonly name: Name; readonly value: SdpAttributeValue<Name> };
	  }[SdpAttributeName]
	| { readonly name: "unknown"; readonly attribute: string; readonly value: string | null };

interface AnyRow {
	readonly attribute: string;
	parse(text: string | null): unknown;
	format(value: unknown): string | null;
}

const NAME_BY_ATTRIBUTE: ReadonlyMap<string, SdpAttributeName> = new Map(
	(Object.keys(SDP_ATTRIBUTES) as SdpAttributeName[]).map((name) => [SDP_ATTRIBUTES[name].attribute, name]),
);

/** An attribute from the text behind `a=`. */
export function parseSdpAttribute(line: string): SdpAttribute {
	const colon = line.indexOf(":");
	const attribute = colon < 0 ? line : line.slice(0, colon);
	const rest = colon < 0 ? null : line.slice(colon + 1);
	const name = NAME_BY_ATTRIBUTE.get(attribute);
	const value = name === undefined ? null : (SDP_ATTRIBUTES[name] as AnyRow).parse(rest);
	if (name === undefined || value === null) return { name: "unknown", attribute, value: rest };
	return { name, value } as SdpAttribute;
}

/** The text behind `a=`; throws RangeError for values that do not fit. */
export function formatSdpAttribute(item: SdpAttribute): string {
	if (item.name === "unknown") return item.value === null ? item.attribute : `${item.attribute}:${item.value}`;
	const row = SDP_ATTRIBUTES[item.name] as AnyRow;
	const value = row.format(item.value);
	return value === null ? row.attribute : `${row.attribute}:${value}`;
}

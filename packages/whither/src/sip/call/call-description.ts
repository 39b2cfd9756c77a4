/** Descriptions of a call (SDP): one stream of audio, PCMU, with what its end says to ICE. Pure. */
import { type IceSide, iceAnswer, iceOffer, type SdpMedia, type SdpOrigin } from "@whither/core";
import {
	formatSdp,
	formatSdpConnection,
	formatSdpMedia,
	type SdpAlt,
	type SdpAttribute,
	type SdpDescription,
	type SdpLine,
	type SdpSection,
	type StunAddress,
	sdpAttributes,
	sdpLine,
} from "@whither/wire";
import type { CallReading } from "./call-reading.ts";

type Item = SdpLine | SdpAttribute;

/** What an end says of where it is. */
export type CallEnd =
	/** By ICE (RFC 8839). */
	| { readonly kind: "modern"; readonly side: IceSide }
	/** By the first draft of ICE. */
	| {
			readonly kind: "first-draft";
			readonly destination: StunAddress;
			readonly rtcp: StunAddress | null;
			readonly alternatives: readonly SdpAlt[];
			/** Options that are none of the draft's, which others pass over. */
			readonly options: readonly string[];
	  }
	/** By its address alone, to an end without ICE, or where its ICE was broken on the way (`isMismatch`). */
	| { readonly kind: "none"; readonly destination: StunAddress; readonly isMismatch: boolean };

/** What a description is made of. */
export interface CallDescription {
	readonly origin: SdpOrigin;
	readonly end: CallEnd;
	/** Lines of preconditions (RFC 3312 §4), if there are any. */
	readonly preconditions: readonly SdpAttribute[];
}

const AUDIO = { kind: "audio", protocol: "RTP/AVP", formats: "0" } as const;
/** Names our stream in offers. */
const MID = "audio";
const CODEC: SdpAttribute = { name: "unknown", attribute: "rtpmap", value: "0 PCMU/8000" };
const BOTH_WAYS: SdpAttribute = { name: "unknown", attribute: "sendrecv", value: null };
/** RTCP goes by RTP's own port (RFC 5761), so that there is one component. */
const ONE_PORT: SdpAttribute = { name: "rtcpMux", value: true };

/** Our stream as fragments of trickling name it. */
export const CALL_MEDIA: SdpMedia = { ...AUDIO, mid: MID };

/** An offer. */
export function callOffer({ origin, end, preconditions }: CallDescription): string {
	if (end.kind === "modern") {
		const media = { ...CALL_MEDIA, attributes: [ONE_PORT, CODEC, BOTH_WAYS, ...preconditions] };
		return formatSdp(iceOffer({ origin, media: [media], ice: end.side, bundle: false }));
	}
	return formatSdp({ session: sessionOf(origin, end), media: [plainSection(end, null, preconditions)] });
}

/** The answer to an offer; of its other streams none is taken. */
export function callAnswer(offer: CallReading, { origin, end, preconditions }: CallDescription): string {
	const { description, place } = offer;
	if (end.kind !== "modern") return plainAnswer(offer, { origin, end, preconditions });
	const isMuxed = sdpAttributes(sectionOf(offer), "rtcpMux").length > 0;
	const attributes = [...(isMuxed ? [ONE_PORT] : []), CODEC, BOTH_WAYS, ...preconditions];
	const media = description.media.map((_, index) => (index === place ? { formats: "0", attributes } : null));
	const candidates = end.side.candidates.map((each) => ({ ...each, stream: offer.number }));
	return formatSdp(iceAnswer(description, { origin, media, ice: { ...end.side, candidates }, mismatch: "ignore" }));
}

function plainAnswer(offer: CallReading, { origin, end, preconditions }: CallDescription): string {
	if (end.kind === "modern") throw new RangeError("that end speaks ICE");
	const { description, place } = offer;
	const refusing = iceAnswer(description, {
		...{ origin, media: description.media.map(() => null), ice: null, mismatch: "refuse" },
	});
	const section = plainSection(end, sectionOf(offer), preconditions);
	const media = refusing.media.map((each, index) => (index === place ? section : each));
	return formatSdp({ session: sessionOf(origin, end), media });
}

function sectionOf({ description, place }: CallReading): SdpSection {
	return description.media[place] ?? { items: [] };
}

/** The audio of an end that has no candidates; null: it is an offer. */
function plainSection(
	end: Exclude<CallEnd, { readonly kind: "modern" }>,
	offered: SdpSection | null,
	preconditions: readonly SdpAttribute[],
): SdpSection {
	const { address, port } = end.destination;
	const [, , protocol = AUDIO.protocol] = (offered === null ? "" : (sdpLine(offered, "m") ?? "")).split(" ");
	const [mid] = offered === null ? [] : sdpAttributes(offered, "mid");
	const items: Item[] = [
		{ type: "m", value: formatSdpMedia({ ...AUDIO, protocol, port }) },
		{ type: "c", value: formatSdpConnection(address) },
		...(mid === undefined ? [] : [{ name: "mid", value: mid } as const]),
	];
	if (end.kind === "first-draft") {
		const { rtcp, alternatives } = end;
		if (rtcp !== null && (rtcp.port !== port + 1 || rtcp.address !== address))
			items.push({ name: "rtcp", value: { port: rtcp.port, address: rtcp.address === address ? null : rtcp.address } });
		items.push(...alternatives.map((value): Item => ({ name: "alt", value })));
	} else if (end.isMismatch) items.push({ name: "iceMismatch", value: true });
	return { items: [...items, CODEC, BOTH_WAYS, ...preconditions] };
}

function sessionOf({ id, version }: SdpOrigin, end: CallEnd): SdpSection {
	const line = (type: string, value: string): SdpLine => ({ type, value });
	const options = end.kind === "first-draft" ? end.options : [];
	return {
		items: [
			...[line("v", "0"), line("o", `- ${id} ${version} IN IP4 127.0.0.1`), line("s", "-"), line("t", "0 0")],
			...(options.length === 0 ? [] : [{ name: "iceOptions", value: options } as const]),
		],
	};
}

/** What refuses an offer whose preconditions cannot be met (RFC 3312 §8): its own description, with no more than that. */
export function refusedDescription(
	origin: SdpOrigin,
	{ description, place }: CallReading,
	failed: readonly SdpAttribute[],
): string {
	const refusing: SdpDescription = iceAnswer(description, {
		...{ origin, media: description.media.map(() => null), ice: null, mismatch: "refuse" },
	});
	const media = refusing.media.map((section, index) =>
		index === place ? { items: [...section.items, ...failed] } : section,
	);
	return formatSdp({ ...refusing, media });
}

/** A meeting's messages as the SDP of browsers, and back: one data channel (RFC 8841 §5), of which ICE is what counts. Pure. */
import { type IceSide, iceAnswer, iceOffer, readIce, type SdpMedia } from "@whither/core";
import {
	formatIceCandidate,
	formatSdp,
	type IceCandidateLine,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	parseSdpMedia,
	type SdpAttribute,
	type SdpDescription,
	sdpLine,
} from "@whither/wire";
import type { DescriptionMessage, MeetMessage } from "./message.ts";

/** All that one end has said so far. */
export interface DescribedEnd {
	readonly description: DescriptionMessage;
	/** As in messages. */
	readonly lines: readonly string[];
	/** No more will come. */
	readonly isComplete: boolean;
}

/** Who begins with DTLS: an offer leaves it open, and an answer says it (RFC 8842 §5). An end that is `active` and has no DTLS leaves the line quiet. */
type DtlsSetup = "actpass" | "active";

/** Characters of a description that is read: browsers' have two thousand. */
export const LONGEST_SDP = 32_768;
/** Stands for the certificate of an end that has none; whoever speaks DTLS gets no further than ICE with it. */
const NO_FINGERPRINT = { hash: "sha-256", value: Array.from({ length: 32 }, () => "00").join(":") };
/** What no pace means (RFC 8839 §5.6). */
const DEFAULT_PACING_MS = 50;
const ORIGIN = { id: "1", version: 1 } as const;

/** The end as an offer for `setRemoteDescription`. */
export function offerOf(end: DescribedEnd): string {
	const channel: SdpMedia = {
		...{ kind: "application", protocol: "UDP/DTLS/SCTP", formats: "webrtc-datachannel", mid: "0" },
		attributes: channelAttributes(end, "actpass"),
	};
	return formatSdp(iceOffer({ origin: ORIGIN, media: [channel], ice: sideOf(end), bundle: true }));
}

/** The end as the answer to a browser's offer, of which data channels alone are taken; null: that is no offer of such. */
export function answerOf(end: DescribedEnd, offer: string): string | null {
	const parsed = parseOffer(offer);
	if (parsed === null) return null;
	// A browser answers `actpass` so (RFC 8829 §5.3.1); were it told otherwise here, both would begin or neither.
	const attributes = channelAttributes(end, "active");
	const media = parsed.media.map((_, place) => (isChannel(parsed, place) ? { attributes } : null));
	return formatSdp(iceAnswer(parsed, { origin: ORIGIN, media, ice: sideOf(end), mismatch: "ignore" }));
}

/** What a browser's description says, as messages of an end of this name; null: it is none that there could be a connection by. */
export function messagesOf(sdp: string, tool: string, options: readonly string[] = []): readonly MeetMessage[] | null {
	const parsed = parseOffer(sdp);
	const stream =
		parsed === null ? undefined : readIce(parsed).find(({ sections: [first = 0] }) => isChannel(parsed, first));
	if (!stream?.peer) return null;
	const { ufrag, pwd, options: own = [], lite = false, pacingMs = null } = stream.peer;
	const [digest] = stream.fingerprints;
	const fingerprint = digest === undefined ? {} : { fingerprint: `${digest.hash} ${digest.value}` };
	const lines = stream.candidates.map(formatIceCandidate);
	return [
		{ type: "description", tool, ufrag, pwd, options: [...own, ...options], pacingMs, lite, ...fingerprint },
		...(lines.length > 0 ? [{ type: "candidates", ufrag, lines } as const] : []),
		...(stream.endOfCandidates ? [{ type: "endOfCandidates", ufrag } as const] : []),
	];
}

function parseOffer(text: string): SdpDescription | null {
	if (text.length > LONGEST_SDP) return null;
	const parsed = parseSdp(text);
	return isDecodeError(parsed) || parsed.media.length === 0 || parsed.media.length > 16 ? null : parsed;
}

function isChannel({ media }: SdpDescription, place: number): boolean {
	const section = media[place];
	const line = section === undefined ? null : parseSdpMedia(sdpLine(section, "m") ?? "");
	return line?.kind === "application" && /^(UDP|TCP)\/DTLS\/SCTP$/.test(line.protocol);
}

function channelAttributes({ description: { fingerprint } }: DescribedEnd, setup: DtlsSetup): readonly SdpAttribute[] {
	const unknown = (attribute: string, value: string): SdpAttribute => ({ name: "unknown", attribute, value });
	const [hash = "", value = ""] = fingerprint?.split(" ") ?? [];
	return [
		{ name: "fingerprint", value: hash === "" ? NO_FINGERPRINT : { hash, value } },
		{ name: "setup", value: setup },
		...[unknown("sctp-port", "5000"), unknown("max-message-size", "262144")],
	];
}

function sideOf({ description, lines, isComplete }: DescribedEnd): IceSide {
	const { ufrag, pwd, options, lite, pacingMs } = description;
	const read = lines.map((line) => parseIceCandidate(line));
	const candidates = read.filter((line): line is IceCandidateLine => !isDecodeError(line)).map((line) => ({ line }));
	return { own: { ufrag, pwd, options, lite, pacingMs: pacingMs ?? DEFAULT_PACING_MS }, candidates, isComplete };
}

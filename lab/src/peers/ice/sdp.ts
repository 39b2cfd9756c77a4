/** Descriptions between the lines of ICE peers and the SDP of those that speak WebRTC: one data channel's stream. */
import { type IceSide, iceOffer, readIce, type SdpMedia } from "@whither/core";
import {
	formatIceCandidate,
	formatSdp,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	type SdpAttribute,
} from "@whither/wire";
import type { IcePeerDescription } from "./lines.ts";

/** Stands for the certificate of a peer that has none; whoever speaks DTLS gets no further than ICE with it. */
const NO_FINGERPRINT = { hash: "sha-256", value: Array.from({ length: 32 }, () => "00").join(":") };
const MID = "0";
/** What no pace means (RFC 8839 §5.6). */
const DEFAULT_PACING_MS = 50;

/** What an SDP says to ICE; throws where that is none. `complete`: no candidate is to follow. */
export function descriptionOf(sdp: string, complete: boolean): IcePeerDescription {
	const parsed = parseSdp(sdp);
	if (isDecodeError(parsed)) throw new Error(`no SDP (${parsed.error} in line ${parsed.offset}): ${sdp}`);
	const [stream] = readIce(parsed);
	if (stream === undefined || stream.peer === null) throw new Error(`no ICE in: ${sdp}`);
	const { ufrag, pwd, options = [], lite = false, pacingMs = null } = stream.peer;
	const [fingerprint] = stream.fingerprints;
	return {
		...{ ufrag, pwd, options, lite, pacingMs },
		candidates: stream.candidates.map(formatIceCandidate),
		complete: complete || stream.endOfCandidates,
		...(fingerprint !== undefined && { fingerprint: `${fingerprint.hash} ${fingerprint.value}` }),
	};
}

/** Who begins with DTLS: an offer leaves it open, an answer says it, the same as all before (RFC 8842 §5). */
export type DtlsSetup = "actpass" | "active" | "passive";

/** A description as an offer or an answer of one data channel (RFC 8841 §5, RFC 8839 §4). */
export function sdpOf(description: IcePeerDescription, setup: DtlsSetup): string {
	const { ufrag, pwd, options, lite, pacingMs, candidates, complete } = description;
	const [hash = "", value = ""] = description.fingerprint?.split(" ") ?? [];
	const unknown = (attribute: string, text: string): SdpAttribute => ({ name: "unknown", attribute, value: text });
	const channel: SdpMedia = {
		...{ kind: "application", protocol: "UDP/DTLS/SCTP", formats: "webrtc-datachannel", mid: MID },
		attributes: [
			{ name: "fingerprint", value: hash === "" ? NO_FINGERPRINT : { hash, value } },
			{ name: "setup", value: setup },
			...[unknown("sctp-port", "5000"), unknown("max-message-size", "262144")],
		],
	};
	const ice: IceSide = {
		own: { ufrag, pwd, options, lite, pacingMs: pacingMs ?? DEFAULT_PACING_MS },
		candidates: candidates.map((text) => ({ line: lineOf(text) })),
		isComplete: complete,
	};
	// An answer of one section looks the same.
	return formatSdp(iceOffer({ origin: { id: "1", version: 1 }, media: [channel], ice, bundle: true }));
}

function lineOf(text: string) {
	const line = parseIceCandidate(text);
	if (isDecodeError(line)) throw new Error(`no candidate: ${text}`);
	return line;
}

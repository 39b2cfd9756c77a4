/** Descriptions between the lines of ICE peers and the SDP of those that speak WebRTC: one data channel's stream. */
import {
	formatIceCandidate,
	formatSdp,
	iceDescriptions,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	type SdpAttribute,
	type SdpSection,
} from "@whither/wire";
import type { IcePeerDescription } from "./lines.ts";

/** Stands for the certificate of a peer that has none; whoever speaks DTLS gets no further than ICE with it. */
const NO_FINGERPRINT = { hash: "sha-256", value: Array.from({ length: 32 }, () => "00").join(":") };
const MID = "0";

/** What an SDP says to ICE; throws where that is none. `complete`: no candidate is to follow. */
export function descriptionOf(sdp: string, complete: boolean): IcePeerDescription {
	const parsed = parseSdp(sdp);
	if (isDecodeError(parsed)) throw new Error(`no SDP (${parsed.error} in line ${parsed.offset}): ${sdp}`);
	const [stream] = iceDescriptions(parsed);
	if (stream === undefined || stream.ufrag === null || stream.pwd === null) throw new Error(`no ICE in: ${sdp}`);
	const { ufrag, pwd, options, lite, pacingMs } = stream;
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
	const items: SdpSection["items"] = [
		{ type: "m", value: "application 9 UDP/DTLS/SCTP webrtc-datachannel" },
		{ type: "c", value: "IN IP4 0.0.0.0" },
		{ name: "mid", value: MID },
		...(options.length > 0 ? [{ name: "iceOptions", value: options } as const] : []),
		{ name: "iceUfrag", value: ufrag },
		{ name: "icePwd", value: pwd },
		{ name: "fingerprint", value: hash === "" ? NO_FINGERPRINT : { hash, value } },
		{ name: "setup", value: setup },
		...[unknown("sctp-port", "5000"), unknown("max-message-size", "262144")],
		...candidates.map((text): SdpAttribute => ({ name: "candidate", value: lineOf(text) })),
		...(complete ? [{ name: "endOfCandidates", value: true } as const] : []),
	];
	const session: SdpSection["items"] = [
		...[{ type: "v", value: "0" } as const, { type: "o", value: "- 1 1 IN IP4 127.0.0.1" } as const],
		...[{ type: "s", value: "-" } as const, { type: "t", value: "0 0" } as const],
		unknown("group", `BUNDLE ${MID}`),
		...(lite ? [{ name: "iceLite", value: true } as const] : []),
		...(pacingMs !== null ? [{ name: "icePacing", value: pacingMs } as const] : []),
	];
	return formatSdp({ session: { items: session }, media: [{ items }] });
}

function lineOf(text: string) {
	const line = parseIceCandidate(text);
	if (isDecodeError(line)) throw new Error(`no candidate: ${text}`);
	return line;
}

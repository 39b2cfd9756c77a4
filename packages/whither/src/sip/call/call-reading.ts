/** What a description (SDP) says to a call: its one stream of audio, and which ICE it speaks. Pure. */
import { type IceStreamReading, readIce } from "@whither/core";
import {
	addressFamily,
	isDecodeError,
	parseSdp,
	parseSdpConnection,
	parseSdpMedia,
	type SdpAlt,
	type SdpDescription,
	type SdpSection,
	type StunAddress,
	sdpAttributes,
	sdpLine,
} from "@whither/wire";
import type { CallProblem } from "../../api/meet/signalling/signalling.ts";
import type { SipBody } from "../agent/agent-io.ts";
import { isDescription } from "../agent/body.ts";
import { type PreconditionLines, readPreconditions } from "../preconditions/lines.ts";

/** A description that a call can have. */
export interface CallReading {
	readonly description: SdpDescription;
	/** Which of its sections is the audio. */
	readonly place: number;
	/** What it says to ICE, and which stream that is. */
	readonly stream: IceStreamReading;
	readonly number: number;
	/** Which ICE it speaks: RFC 8839's, the first draft's, or none that goes together with its addresses. */
	readonly speaks: "modern" | "first-draft" | "none";
	/** It speaks ICE, and something on the way has changed its addresses (RFC 8839 §4.2.5). */
	readonly isMismatch: boolean;
	/** `m=` and `c=`; null: nowhere yet, as trickling has it. */
	readonly destination: StunAddress | null;
	/** `a=rtcp`; null: the port above, or none. */
	readonly rtcp: StunAddress | null;
	readonly alternatives: readonly SdpAlt[];
	/** More candidates may come by INFO (RFC 8840). */
	readonly trickles: boolean;
	readonly options: readonly string[];
	readonly preconditions: PreconditionLines;
}

/** Characters that are read; descriptions have a thousand or two. */
const LONGEST_SDP = 32_768;
const MOST_SECTIONS = 16;
/** Secure and multiplexed profiles want keys, which nobody has here. */
const PROFILES = /^RTP\/AVPF?$/;
/** PCMU (RFC 3551 §6). */
const PAYLOAD_TYPE = "0";
/** What no port means where candidates are to come (RFC 8840 §4.1.1). */
const DISCARD_PORT = 9;

/** A body that is to be a description. */
export function readCall(body: SipBody): CallReading | CallProblem {
	const parsed = isDescription(body) && body.text.length <= LONGEST_SDP ? parseSdp(body.text) : null;
	if (parsed === null || isDecodeError(parsed)) return "unreadable";
	if (parsed.media.length === 0 || parsed.media.length > MOST_SECTIONS) return "noAudio";
	const place = audioOf(parsed);
	return typeof place === "string" ? place : readAt(parsed, place);
}

/** The place of the first section that could be used, else why there is none. */
function audioOf({ media }: SdpDescription): number | CallProblem {
	let defect: CallProblem = "noAudio";
	for (const [place, section] of media.entries()) {
		const line = parseSdpMedia(sdpLine(section, "m") ?? "");
		if (line?.kind !== "audio" || !PROFILES.test(line.protocol)) continue;
		if (line.port === 0 && sdpAttributes(section, "bundleOnly").length === 0) defect = "refused";
		else if (!line.formats.split(" ").includes(PAYLOAD_TYPE)) defect = "noCodec";
		else return place;
	}
	return defect;
}

function readAt(description: SdpDescription, place: number): CallReading | CallProblem {
	const streams = readIce(description);
	const number = streams.findIndex(({ sections }) => sections.includes(place));
	const stream = streams[number];
	const section = description.media[place];
	if (stream === undefined || section === undefined) return "noAudio";
	const alternatives = sdpAttributes(section, "alt");
	const speaks = stream.support === "ice" ? "modern" : alternatives.length > 0 ? "first-draft" : "none";
	const at = destinationOf(description, section);
	if (isHeld(description, section, at)) return "held";
	const isNowhere = at !== null && isUnspecified(at.address);
	if (speaks !== "modern" && (at === null || isNowhere)) return "noAddress";
	const options = stream.peer?.options ?? iceOptions(description, section);
	return {
		...{ description, place, stream, number, speaks, alternatives, options },
		isMismatch: stream.support === "mismatch",
		destination: isNowhere ? null : at,
		rtcp: numeric(stream.destinations.get(2) ?? null),
		trickles: speaks === "modern" && options.includes("trickle"),
		preconditions: readPreconditions(section),
	};
}

function iceOptions({ session }: SdpDescription, section: SdpSection): readonly string[] {
	return [session, section].flatMap((each) => sdpAttributes(each, "iceOptions").flat());
}

function destinationOf({ session }: SdpDescription, section: SdpSection): StunAddress | null {
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	const address = parseSdpConnection(sdpLine(section, "c") ?? sdpLine(session, "c") ?? "");
	return line === null || address === null ? null : numeric({ address, port: line.port });
}

function numeric(at: StunAddress | null): StunAddress | null {
	return at === null || addressFamily(at.address) === null ? null : at;
}

function isUnspecified(address: string): boolean {
	return address === "0.0.0.0" || address === "::";
}

const HELD = ["inactive", "sendonly"];

/** By its direction, or by the address that meant it before there were directions (RFC 3264 §8.4): it wants nothing of ours. */
function isHeld({ session }: SdpDescription, section: SdpSection, at: StunAddress | null): boolean {
	if (at !== null && isUnspecified(at.address) && at.port !== DISCARD_PORT) return true;
	return [section, session].some(({ items }) =>
		items.some((item) => "name" in item && item.name === "unknown" && HELD.includes(item.attribute)),
	);
}

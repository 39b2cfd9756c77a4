import {
	candidateExtension,
	formatSdpMedia,
	type IceCandidateLine,
	type IceFragmentStream,
	iceDescriptions,
	iceFragment,
	type SdpDescription,
} from "@whither/wire";
import type { IceAgentInput, IcePeer, IceRemoteLine } from "../ice-io.ts";
import type { IceSide, IceStreamReading, SdpMedia } from "./shapes.ts";

/** A trickle fragment with all candidates known so far (RFC 8840 §4.4); the stream of a section is its place in `media`. */
export function iceTrickle(media: readonly SdpMedia[], { own, candidates, isComplete }: IceSide): SdpDescription {
	const streams = media.map(
		(each, stream): IceFragmentStream => ({
			// RFC 8840 §9.2: a line that says nothing of ports.
			media: formatSdpMedia({ ...each, port: 9 }),
			mid: each.mid,
			candidates: candidates.filter((told) => (told.stream ?? 0) === stream).map(({ line }) => line),
		}),
	);
	const { ufrag, pwd } = own;
	return iceFragment({ ufrag, pwd, streams, ...(isComplete && { endOfCandidates: true }) });
}

/**
 * What a fragment of the peer's has an agent hear, whose streams have been read so: candidates, of which many are known, and
 * ends. Null where it is of another generation (RFC 8840 §4.4), or of no stream that is known.
 */
export function readTrickle(
	fragment: SdpDescription,
	streams: readonly IceStreamReading[],
): readonly IceAgentInput[] | null {
	const candidates: IceRemoteLine[] = [];
	const ended: number[] = [];
	let isOurs = false;
	for (const { mid, ufrag, pwd, candidates: lines, endOfCandidates } of iceDescriptions(fragment))
		for (const stream of streamsOf(mid, fragment.media.length === 0, streams)) {
			const peer = streams[stream]?.peer ?? null;
			if (peer === null || (ufrag ?? peer.ufrag) !== peer.ufrag || (pwd ?? peer.pwd) !== peer.pwd) continue;
			isOurs = true;
			// RFC 8839 §5.1: candidates are a stream's.
			if (mid !== null || streams.length === 1)
				candidates.push(...lines.filter(isOf(peer)).map((line) => ({ stream, line })));
			if (endOfCandidates) ended.push(stream);
		}
	if (!isOurs) return null;
	return [
		...(candidates.length > 0 ? [{ type: "remoteCandidates", candidates } as const] : []),
		...ended.map((stream): IceAgentInput => ({ type: "endOfCandidates", stream })),
	];
}

/** RFC 8838 §4.2: a candidate may name its own generation. */
function isOf({ ufrag }: IcePeer): (line: IceCandidateLine) => boolean {
	return (line) => (candidateExtension(line, "ufrag") ?? ufrag) === ufrag;
}

/** The streams that a section is about: by its `mid`; all where the fragment has no sections; the only one where the section has no `mid`. */
function streamsOf(mid: string | null, isOfAll: boolean, streams: readonly IceStreamReading[]): readonly number[] {
	if (isOfAll) return [...streams.keys()];
	if (mid === null) return streams.length === 1 ? [0] : [];
	const stream = streams.findIndex(({ mids }) => mids.includes(mid));
	return stream < 0 ? [] : [stream];
}

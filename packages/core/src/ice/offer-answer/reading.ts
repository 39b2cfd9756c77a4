import {
	type IceDescription,
	iceDescriptions,
	parseSdpConnection,
	parseSdpMedia,
	type SdpDescription,
	type SdpSection,
	type StunAddress,
	sdpAttributes,
	sdpLine,
} from "@whither/wire";
import type { IceAgentInput, IcePeer } from "../ice-io.ts";
import { hasMatchingDestinations } from "./destination.ts";
import type { IceStreamReading, IceSupport } from "./shapes.ts";

/** RTP's own companion (RFC 8445 §13). */
const RTCP = 2;

/**
 * What an offer or an answer says to ICE (RFC 8839 §4), transport by transport: sections that are refused have none, and
 * those of one `BUNDLE` group share one (RFC 9143 §7). The order is that of `m=` lines, and of an agent's streams.
 */
export function readIce(description: SdpDescription): readonly IceStreamReading[] {
	const all = iceDescriptions(description);
	const { media } = description;
	const used = bundles(description, all);
	return used.flatMap((sections) => {
		const [first = 0] = sections;
		const ice = all[first];
		const section = media[first] ?? description.session;
		if (ice === undefined) return [];
		const mids = sections.map((place) => all[place]?.mid ?? null);
		return [read(description, section, ice, { sections, mids })];
	});
}

/** Sections grouped by transport, as indexes; the one whose attributes count for its group stands first. */
function bundles(description: SdpDescription, all: readonly IceDescription[]): readonly (readonly number[])[] {
	if (description.media.length === 0) return [[0]];
	const places = new Map(
		all.flatMap(({ mid }, place) => (mid === null ? [] : [[mid, place]])).reverse() as [string, number][],
	);
	const groupOf = new Map<number, number[]>();
	for (const { semantics, mids } of sdpAttributes(description.session, "group")) {
		if (semantics !== "BUNDLE") continue;
		const group: number[] = [];
		for (const mid of mids) {
			const place = places.get(mid);
			if (place === undefined || groupOf.has(place) || isRefused(description.media[place])) continue;
			group.push(place);
			groupOf.set(place, group);
		}
	}
	const found = description.media.flatMap((section, place) => {
		const group = groupOf.get(place);
		if (group !== undefined) return [group];
		return isRefused(section) ? [] : [[place]];
	});
	return [...new Set(found)];
}

/** RFC 3264 §6, RFC 9143 §6. */
function isRefused(section: SdpSection | undefined): boolean {
	if (section === undefined) return true;
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	return line === null || (line.port === 0 && sdpAttributes(section, "bundleOnly").length === 0);
}

function read(
	{ session }: SdpDescription,
	section: SdpSection,
	ice: IceDescription,
	place: Pick<IceStreamReading, "sections" | "mids">,
): IceStreamReading {
	const { candidates, endOfCandidates, fingerprints, setup } = ice;
	const destinations = destinationsOf(session, section);
	const peer = peerOf(ice);
	const isMatching = hasMatchingDestinations(destinations, candidates);
	const told: IceSupport = ice.mismatch ? "refused" : isMatching ? "ice" : "mismatch";
	return {
		...{ ...place, support: peer === null && !ice.mismatch ? "none" : told, peer },
		...{ candidates, endOfCandidates, destinations },
		remoteCandidates: sdpAttributes(section, "remoteCandidates")[0] ?? [],
		...{ fingerprints, setup },
	};
}

function peerOf({ ufrag, pwd, options, lite, pacingMs }: IceDescription): IcePeer | null {
	return ufrag === null || pwd === null ? null : { ufrag, pwd, options, lite, pacingMs };
}

function destinationsOf(session: SdpSection, section: SdpSection): ReadonlyMap<number, StunAddress> {
	const destinations = new Map<number, StunAddress>();
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	const address = parseSdpConnection(sdpLine(section, "c") ?? sdpLine(session, "c") ?? "");
	if (line === null || address === null || line.port === 0) return destinations;
	destinations.set(1, { address, port: line.port });
	const [rtcp] = sdpAttributes(section, "rtcp");
	// Who offers to carry both over one port names one for RTCP in case that is refused (RFC 5761 §5.1.3).
	const isOne = sdpAttributes(section, "rtcpMux").length > 0;
	if (rtcp !== undefined && !isOne) destinations.set(RTCP, { address: rtcp.address ?? address, port: rtcp.port });
	return destinations;
}

/**
 * What an agent is to hear of these streams, the first being its stream 0 and null one that is not used: the peer, its
 * candidates and their ends. Null where no one agent can: a stream does not speak ICE, or they are of different users, which
 * want an agent each.
 */
export function iceInputs(streams: readonly (IceStreamReading | null)[]): readonly IceAgentInput[] | null {
	const used = [...streams.entries()].flatMap(([stream, each]) => (each === null ? [] : [{ ...each, stream }]));
	const peer = used[0]?.peer ?? null;
	if (peer === null) return null;
	const isOne = used.every((each) => each.support === "ice" && each.peer !== null && isSameUser(each.peer, peer));
	if (!isOne) return null;
	const candidates = used.flatMap(({ candidates: lines, stream }) => lines.map((line) => ({ stream, line })));
	const ended = used.filter(({ endOfCandidates }) => endOfCandidates);
	return [
		{ type: "peer", peer, candidates },
		...ended.map(({ stream }): IceAgentInput => ({ type: "endOfCandidates", stream })),
	];
}

/** For each stream of an offer what the answer says to it; null: it is refused, or carried by another. */
export function answersTo(
	offer: readonly IceStreamReading[],
	answer: readonly IceStreamReading[],
): readonly (IceStreamReading | null)[] {
	const byPlace = new Map(answer.map((stream) => [stream.sections[0] ?? 0, stream]));
	return offer.map(({ sections }) => {
		const place = sections.find((each) => byPlace.has(each));
		return place === undefined ? null : (byPlace.get(place) ?? null);
	});
}

function isSameUser(a: IcePeer, b: IcePeer): boolean {
	return a.ufrag === b.ufrag && a.pwd === b.pwd;
}

/**
 * What a later description of a stream's wants (RFC 8839 §4.4.1.1.1): `restart` where user and password are others, `wrong`
 * where one of the two is, or where options, pacing or lite change without a restart: that is to be refused.
 */
export function compareIce(before: IceStreamReading, after: IceStreamReading): "same" | "restart" | "wrong" | "gone" {
	const [was, is] = [before.peer, after.peer];
	if (is === null) return "gone";
	if (was === null) return "restart";
	if (was.ufrag !== is.ufrag && was.pwd !== is.pwd) return "restart";
	const options = ({ options: tags = [] }: IcePeer) => tags.toSorted().join(" ");
	const isSame = isSameUser(was, is) && options(was) === options(is) && was.lite === is.lite;
	return isSame && (was.pacingMs ?? null) === (is.pacingMs ?? null) ? "same" : "wrong";
}

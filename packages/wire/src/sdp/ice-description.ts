import type { SdpAttribute, SdpAttributeName, SdpAttributeValue, SdpFingerprint } from "./attributes.ts";
import type { IceCandidateLine } from "./candidate.ts";
import { type SdpDescription, type SdpLine, type SdpSection, sdpAttributes, sdpLine } from "./description.ts";

/** Nobody has so many; each stream repeats those of the session. */
const MOST_OPTIONS = 64;

/** What one stream's description says to ICE, with what it inherits from the session (RFC 8839 §5.4). */
export interface IceDescription {
	/** What stands behind `m=`; null of a fragment that has no streams. */
	readonly media: string | null;
	readonly mid: string | null;
	/** Null: this side does not speak ICE. */
	readonly ufrag: string | null;
	readonly pwd: string | null;
	readonly options: readonly string[];
	readonly lite: boolean;
	/** An answer's: a default address that is no candidate has come along the way (RFC 8839 §4.2.5). */
	readonly mismatch: boolean;
	/** Null where it is absent, which means 50. */
	readonly pacingMs: number | null;
	readonly candidates: readonly IceCandidateLine[];
	readonly endOfCandidates: boolean;
	/** Of DTLS: carried, not used by ICE. */
	readonly fingerprints: readonly SdpFingerprint[];
	readonly setup: string | null;
}

/** What a description says to ICE, stream by stream; one alone where it has no `m=` line. */
export function iceDescriptions({ session, media }: SdpDescription): readonly IceDescription[] {
	const all = readSection(session);
	// RFC 8839 §5.1: candidates are a stream's; where there are no streams, as libjuice has it, they stand alone.
	if (media.length === 0) return [describe({ items: [] }, { items: session.items }, all)];
	return media.map((section) => describe(section, section, all));
}

type FirstOf = { readonly [Name in SdpAttributeName]?: SdpAttributeValue<Name> };

/** The first value of each attribute: read once of the session, which every stream looks at. */
function readSection(section: SdpSection) {
	const found: Record<string, unknown> = {};
	for (const item of section.items) if ("name" in item && item.name !== "unknown") found[item.name] ??= item.value;
	const first: FirstOf = found;
	// Spaces stand between options; libjuice writes commas.
	const options = sdpAttributes(section, "iceOptions").flatMap((tags) => tags.flatMap((tag) => tag.split(",")));
	return {
		first,
		options: [...new Set(options.filter((tag) => tag !== ""))].slice(0, MOST_OPTIONS),
		fingerprints: sdpAttributes(section, "fingerprint"),
	};
}

function describe(media: SdpSection, own: SdpSection, session: ReturnType<typeof readSection>): IceDescription {
	const { first, options, fingerprints } = readSection(media);
	/** What stands in the stream's own part counts before that of the session. */
	const of = <Name extends SdpAttributeName>(name: Name): SdpAttributeValue<Name> | null =>
		(first[name] ?? session.first[name] ?? null) as SdpAttributeValue<Name> | null;
	return {
		media: sdpLine(media, "m"),
		mid: first.mid ?? null,
		ufrag: of("iceUfrag"),
		pwd: of("icePwd"),
		options: [...new Set([...session.options, ...options])],
		lite: of("iceLite") === true,
		mismatch: first.iceMismatch === true,
		pacingMs: of("icePacing"),
		candidates: sdpAttributes(own, "candidate"),
		endOfCandidates: of("endOfCandidates") === true,
		fingerprints: fingerprints.length > 0 ? fingerprints : session.fingerprints,
		setup: of("setup"),
	};
}

/** What a fragment tells of one stream (RFC 8840 §9.2). */
export interface IceFragmentStream {
	/** What stands behind `m=`, such as `audio 9 RTP/AVP 0`. */
	readonly media: string;
	readonly mid: string;
	/** All so far, the new ones last (RFC 8840 §4.4). */
	readonly candidates: readonly IceCandidateLine[];
	readonly endOfCandidates?: boolean;
}

/** What a fragment tells (RFC 8840 §9). */
export interface IceFragment {
	readonly ufrag: string;
	readonly pwd: string;
	readonly options?: readonly string[];
	readonly pacingMs?: number;
	readonly lite?: boolean;
	readonly streams: readonly IceFragmentStream[];
	/** Of all streams. */
	readonly endOfCandidates?: boolean;
}

/** The media type of a fragment (RFC 8840 §9). */
export const SDP_FRAGMENT_TYPE = "application/trickle-ice-sdpfrag";

/** A fragment as a description, for `formatSdp`. */
export function iceFragment(fragment: IceFragment): SdpDescription {
	const { ufrag, pwd, options = [], pacingMs, lite, streams, endOfCandidates } = fragment;
	const session: SdpAttribute[] = [];
	if (lite === true) session.push({ name: "iceLite", value: true });
	if (pacingMs !== undefined) session.push({ name: "icePacing", value: pacingMs });
	if (options.length > 0) session.push({ name: "iceOptions", value: options });
	session.push({ name: "iceUfrag", value: ufrag }, { name: "icePwd", value: pwd });
	if (endOfCandidates === true) session.push({ name: "endOfCandidates", value: true });
	return { session: { items: session }, media: streams.map(streamSection) };
}

function streamSection({ media, mid, candidates, endOfCandidates }: IceFragmentStream): SdpSection {
	const items: (SdpLine | SdpAttribute)[] = [{ type: "m", value: media }];
	items.push({ name: "mid", value: mid });
	items.push(...candidates.map((value): SdpAttribute => ({ name: "candidate", value })));
	if (endOfCandidates === true) items.push({ name: "endOfCandidates", value: true });
	return { items };
}

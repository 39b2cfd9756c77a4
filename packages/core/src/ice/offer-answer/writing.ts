import {
	formatSdpConnection,
	formatSdpMedia,
	type IceCandidateLine,
	parseSdpMedia,
	type SdpAttribute,
	type SdpDescription,
	type SdpLine,
	type SdpRemoteCandidate,
	type SdpSection,
	type StunAddress,
	sdpAttributes,
	sdpLine,
} from "@whither/wire";
import { defaultCandidate } from "../default-candidate.ts";
import { NOWHERE } from "./destination.ts";
import { readIce } from "./reading.ts";
import type { IceSide, IceStreamReading, SdpMedia, SdpOrigin } from "./shapes.ts";

type Item = SdpLine | SdpAttribute;

/** What an offer is made of. */
export interface IceOffer {
	readonly origin: SdpOrigin;
	readonly media: readonly SdpMedia[];
	readonly ice: IceSide;
	/** Whether all sections are carried by stream 0 (RFC 9143); else each is a stream of its own. */
	readonly bundle: boolean;
}

/** An offer (RFC 8839 §4.3.1, §4.4.1): the first, a later one, or of a restart, as the agent's side is then. */
export function iceOffer({ origin, media, ice, bundle }: IceOffer): SdpDescription {
	const group: Item[] = bundle
		? [{ name: "group", value: { semantics: "BUNDLE", mids: media.map(({ mid }) => mid) } }]
		: [];
	return {
		session: sessionOf(origin, [...group, ...agentItems(ice)]),
		media: media.map((each, place) => {
			const isCarried = bundle && place > 0;
			return isCarried
				? carriedSection(each, { ...NOWHERE, port: 0 })
				: ownSection(each, ice, bundle ? 0 : place, true);
		}),
	};
}

/** What an answer is made of. */
export interface IceAnswer {
	readonly origin: SdpOrigin;
	/** For each section of the offer what is said to it; null: it is refused. Kind and protocol are those of the offer. */
	readonly media: readonly (Partial<Pick<SdpMedia, "formats" | "attributes">> | null)[];
	/** Null: we do not speak ICE, as where the offer does not. */
	readonly ice: IceSide | null;
	/** What is said where a destination of the offer is no candidate: `refuse` has no ICE there, `ignore` goes on. */
	readonly mismatch: "refuse" | "ignore";
}

/**
 * An answer (RFC 8839 §4.3.2, §4.4.2). Sections that share a transport in the offer do so in it; our streams are numbered as
 * `readIce` numbers those of the offer, whether they are refused or not.
 */
export function iceAnswer(offer: SdpDescription, order: IceAnswer): SdpDescription {
	const { origin, media, ice } = order;
	const bundled = bundledMids(offer);
	const sections = new Map<number, SdpSection>();
	const groups: Item[] = [];
	for (const [number, stream] of readIce(offer).entries()) {
		const places = stream.sections.filter((place) => place < offer.media.length && (media[place] ?? null) !== null);
		const own = places.map((place) => answered(offer, place, media[place] ?? {}));
		for (const [index, section] of transportSections(own, sideOf(stream, order), number).entries())
			sections.set(places[index] ?? 0, section);
		const mids = own.map(({ mid }) => mid);
		if (mids.length > 0 && mids.every((mid) => bundled.has(mid)))
			groups.push({ name: "group", value: { semantics: "BUNDLE", mids } });
	}
	return {
		session: sessionOf(origin, [...groups, ...(ice === null ? [] : agentItems(ice))]),
		media: offer.media.map((section, place) => sections.get(place) ?? refusal(section)),
	};
}

/** What is said of ICE in the answer to a stream. */
function sideOf({ peer, support }: IceStreamReading, { ice, mismatch }: IceAnswer): IceSide | "mismatch" | null {
	if (peer === null || ice === null) return null;
	return support === "ice" || (support === "mismatch" && mismatch === "ignore") ? ice : "mismatch";
}

/** The sections of one transport, that which speaks for all first. */
function transportSections(
	[first, ...others]: readonly SdpMedia[],
	ice: IceSide | "mismatch" | null,
	stream: number,
): readonly SdpSection[] {
	if (first === undefined) return [];
	const section = ownSection(first, ice, stream, false);
	return [section, ...others.map((other) => carriedSection(other, placeOf(section)))];
}

function sessionOf({ id, version }: SdpOrigin, attributes: readonly Item[]): SdpSection {
	const line = (type: string, value: string): SdpLine => ({ type, value });
	return {
		items: [
			line("v", "0"),
			line("o", `- ${id} ${version} IN IP4 127.0.0.1`),
			line("s", "-"),
			line("t", "0 0"),
			...attributes,
		],
	};
}

/** What counts for all streams of an agent; a lite one has no pace (RFC 8839 §4.3.1). */
function agentItems({ own }: IceSide): readonly Item[] {
	const items: Item[] = own.lite ? [{ name: "iceLite", value: true }] : [{ name: "icePacing", value: own.pacingMs }];
	if (own.options.length > 0) items.push({ name: "iceOptions", value: own.options });
	return items;
}

/** A section with a transport; `mismatch`: ICE is known and not used. */
function ownSection(media: SdpMedia, ice: IceSide | "mismatch" | null, stream: number, isOffer: boolean): SdpSection {
	const told = ice === null || ice === "mismatch" ? [] : linesOf(ice, stream);
	const { port, address } = defaultCandidate(told, 1) ?? NOWHERE;
	const rtcp = defaultCandidate(told, 2);
	const items: Item[] = [
		{ type: "m", value: formatSdpMedia({ ...media, port }) },
		{ type: "c", value: formatSdpConnection(address) },
	];
	if (rtcp !== null) items.push({ name: "rtcp", value: { port: rtcp.port, address: rtcp.address } });
	if (media.mid !== "") items.push({ name: "mid", value: media.mid });
	if (ice === "mismatch") items.push({ name: "iceMismatch", value: true });
	else if (ice !== null) items.push(...streamItems(ice, told, stream, isOffer));
	return { items: [...items, ...(media.attributes ?? [])] };
}

function streamItems(
	ice: IceSide,
	told: readonly IceCandidateLine[],
	stream: number,
	isOffer: boolean,
): readonly Item[] {
	const { own, isComplete, role = "controlled" } = ice;
	const items: Item[] = [
		{ name: "iceUfrag", value: own.ufrag },
		{ name: "icePwd", value: own.pwd },
		...told.map((value): Item => ({ name: "candidate", value })),
	];
	if (isComplete) items.push({ name: "endOfCandidates", value: true });
	const theirs = isOffer && role === "controlling" ? remoteEnds(ice, stream) : [];
	if (theirs.length > 0) items.push({ name: "remoteCandidates", value: theirs });
	return items;
}

function selectedOf({ selected = [] }: IceSide, stream: number) {
	return selected.filter((pair) => pair.stream === stream).toSorted((a, b) => a.component - b.component);
}

/** The candidates of a stream; once pairs are selected, theirs alone (RFC 8839 §4.4.1.2.2). */
function linesOf(ice: IceSide, stream: number): readonly IceCandidateLine[] {
	const selected = selectedOf(ice, stream);
	if (selected.length > 0) return selected.map(({ local }) => local);
	return ice.candidates.filter((told) => (told.stream ?? 0) === stream).map(({ line }) => line);
}

function remoteEnds(ice: IceSide, stream: number): readonly SdpRemoteCandidate[] {
	return selectedOf(ice, stream).map(({ component, remote: { address, port } }) => ({ component, address, port }));
}

/** What is a transport's, and so is said once by those that share one (RFC 8859 §5). */
const TRANSPORT: ReadonlySet<string> = new Set(["fingerprint", "setup", "tlsId", "rtcp"]);

/** A section that another carries. Of an offer its port is 0 until that is agreed (RFC 9143 §7.2.1). */
function carriedSection(media: SdpMedia, { port, address }: StunAddress): SdpSection {
	const items: Item[] = [
		{ type: "m", value: formatSdpMedia({ ...media, port }) },
		{ type: "c", value: formatSdpConnection(address) },
		{ name: "mid", value: media.mid },
	];
	if (port === 0) items.push({ name: "bundleOnly", value: true });
	return { items: [...items, ...(media.attributes ?? []).filter(({ name }) => !TRANSPORT.has(name))] };
}

function answered(
	offer: SdpDescription,
	place: number,
	said: Partial<Pick<SdpMedia, "formats" | "attributes">>,
): SdpMedia {
	const section = offer.media[place] ?? { items: [] };
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	if (line === null) throw new RangeError("a section without a media line is refused");
	const { kind, protocol, formats } = line;
	const mid = sdpAttributes(section, "mid")[0] ?? "";
	return { kind, protocol, mid, formats: said.formats ?? formats, attributes: said.attributes ?? [] };
}

function placeOf(section: SdpSection): StunAddress {
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	const [, , address = NOWHERE.address] = (sdpLine(section, "c") ?? "").split(" ");
	return { address, port: line?.port ?? NOWHERE.port };
}

/** The names of all sections that are offered to share a transport with others, or alone. */
function bundledMids({ session }: SdpDescription): ReadonlySet<string> {
	const groups = sdpAttributes(session, "group").filter(({ semantics }) => semantics === "BUNDLE");
	return new Set(groups.flatMap(({ mids }) => mids));
}

/** RFC 3264 §6. */
function refusal(section: SdpSection): SdpSection {
	const line = parseSdpMedia(sdpLine(section, "m") ?? "");
	const value = line === null ? (sdpLine(section, "m") ?? "") : formatSdpMedia({ ...line, port: 0 });
	const [mid] = sdpAttributes(section, "mid");
	const items: Item[] = [
		{ type: "m", value },
		{ type: "c", value: formatSdpConnection(NOWHERE.address) },
	];
	return { items: mid === undefined ? items : [...items, { name: "mid", value: mid }] };
}

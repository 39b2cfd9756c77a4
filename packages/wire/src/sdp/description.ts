import { type DecodeError, decodeError } from "../error.ts";
import {
	formatSdpAttribute,
	parseSdpAttribute,
	type SdpAttribute,
	type SdpAttributeName,
	type SdpAttributeValue,
} from "./attributes.ts";

/** A line that is no attribute, such as `{ type: "c", value: "IN IP4 0.0.0.0" }`. */
export interface SdpLine {
	/** One letter. */
	readonly type: string;
	readonly value: string;
}

/** What stands before the first `m=` line, or one of those and what follows it, in its order. */
export interface SdpSection {
	readonly items: readonly (SdpLine | SdpAttribute)[];
}

/** A session description (RFC 8866), or the fragment of one that trickling sends (RFC 8840 §9), which has fewer lines. */
export interface SdpDescription {
	readonly session: SdpSection;
	/** Each begins with its `m=` line. */
	readonly media: readonly SdpSection[];
}

/** Descriptions that people send have hundreds of lines at most; whatever is longer is none. */
const MOST_LINES = 10_000;
const MOST_MEDIA = 1000;

/** Lines end with CR LF, or one of the two. An error where a line is none of SDP; its offset counts lines. */
export function parseSdp(text: string): SdpDescription | DecodeError {
	const sections: (SdpLine | SdpAttribute)[][] = [[]];
	const lines = text.split(/\r\n|[\r\n]/, MOST_LINES + 1);
	if (lines.length > MOST_LINES) return decodeError("badLength", MOST_LINES, MOST_LINES, lines.length);
	for (const [index, line] of lines.entries()) {
		if (line.trim() === "") continue;
		if (!/^[a-z]=/.test(line)) return decodeError("badValue", index, 2, line.length);
		const [type = "", value] = [line[0], line.slice(2)];
		if (type === "m" && sections.push([]) > MOST_MEDIA + 1)
			return decodeError("badLength", index, MOST_MEDIA, sections.length - 1);
		sections.at(-1)?.push(type === "a" ? parseSdpAttribute(value) : { type, value });
	}
	const [session = [], ...media] = sections;
	return { session: { items: session }, media: media.map((items) => ({ items })) };
}

/** The description's text, each line ended by CR LF; throws RangeError for values that do not fit. */
export function formatSdp({ session, media }: SdpDescription): string {
	const lines = [session, ...media].flatMap(({ items }) => items).map(formatItem);
	const broken = lines.find((line) => /[\r\n]/.test(line));
	if (broken !== undefined) throw new RangeError(`not one line: ${broken}`);
	return lines.map((line) => `${line}\r\n`).join("");
}

function formatItem(item: SdpLine | SdpAttribute): string {
	return "type" in item ? `${item.type}=${item.value}` : `a=${formatSdpAttribute(item)}`;
}

/** Every value of an attribute in a section, in their order. */
export function sdpAttributes<Name extends SdpAttributeName>(
	{ items }: SdpSection,
	name: Name,
): readonly SdpAttributeValue<Name>[] {
	return items.flatMap((item) => ("name" in item && item.name === name ? [item.value as SdpAttributeValue<Name>] : []));
}

/** The value of the first line of this type, such as `m` or `c`; null: there is none. */
export function sdpLine({ items }: SdpSection, type: string): string | null {
	for (const item of items) if ("type" in item && item.type === type) return item.value;
	return null;
}

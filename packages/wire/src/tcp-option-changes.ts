/** The options of a TCP segment that we sent against those that were quoted. */
import { equalBytes } from "./bytes.ts";
import { decodeTcpOptions, type TcpOption } from "./tcp-options.ts";

const HEADER_LENGTH = 20;

/**
 * `mss 1460 -> 1360` for options with a value to show, `option NAME changed`, `option NAME removed`, `option NAME added`;
 * `options rearranged` where only their order or the padding between them differs. An option that the quote does not
 * reach is not missed.
 */
export function tcpOptionChanges(before: Uint8Array, after: Uint8Array): readonly string[] {
	const sent = optionBytes(before);
	const quoted = optionBytes(after);
	if (sent === null || quoted === null) return [];
	const from = decodeTcpOptions(sent.bytes);
	const to = decodeTcpOptions(quoted.bytes).filter((option) => quoted.whole || option.name !== "malformed");
	const changes: string[] = [];
	for (const option of from.filter(isReal)) {
		const same = to.find(({ kind }) => kind === option.kind);
		if (same !== undefined) changes.push(...valueChange(option, same));
		else if (quoted.whole) changes.push(`option ${optionName(option)} removed`);
	}
	for (const option of to.filter(isReal))
		if (!from.some(({ kind }) => kind === option.kind)) changes.push(`option ${optionName(option)} added`);
	if (changes.length === 0 && quoted.whole && !equalBytes(sent.bytes, quoted.bytes)) changes.push("options rearranged");
	return changes;
}

/** The options' bytes as far as they are there; null where not even the data offset is. */
function optionBytes(segment: Uint8Array): { readonly bytes: Uint8Array; readonly whole: boolean } | null {
	if (segment.length < HEADER_LENGTH) return null;
	const dataOffset = ((segment[12] ?? 0) >> 4) * 4;
	return { bytes: segment.subarray(HEADER_LENGTH, dataOffset), whole: segment.length >= dataOffset };
}

function isReal(option: TcpOption): boolean {
	return option.name !== "noOperation" && option.name !== "endOfList";
}

function valueChange(from: TcpOption, to: TcpOption): string[] {
	if (sameValue(from.value, to.value)) return [];
	const before = formatValue(from);
	const after = formatValue(to);
	if (before === null || after === null) return [`option ${optionName(from)} changed`];
	return [`${optionName(from)} ${before} -> ${after}`];
}

function sameValue(a: unknown, b: unknown): boolean {
	if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b);
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
	const keys = Object.keys(a);
	const other = b as Readonly<Record<string, unknown>>;
	return (
		keys.length === Object.keys(b).length &&
		keys.every((key) => sameValue((a as Readonly<Record<string, unknown>>)[key], other[key]))
	);
}

function formatValue(option: TcpOption): string | null {
	if (option.name === "timestamps") return `${option.value.value},${option.value.echo}`;
	return typeof option.value === "number" ? String(option.value) : null;
}

function optionName(option: TcpOption): string {
	if (option.name === "maximumSegmentSize") return "mss";
	return option.name === "unknown" || option.name === "malformed" ? `kind ${option.kind}` : option.name;
}

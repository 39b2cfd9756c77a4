/** mtr's columns and ours: the letters of its `-o`, its titles, and its figures in milliseconds with three decimals at most. */
import type { AnswererSummary, HopSummary, RttSummary } from "@whither/core";
import { printable } from "../printable.ts";

/** mtr's own choice of columns. */
export const MTR_COLUMNS = "LS NABWV";

/** One column of it. */
export interface MtrColumn {
	readonly title: string;
	/** Characters in the report. */
	readonly width: number;
	readonly kind: "percent" | "count" | "time" | "space";
	readonly value: (hop: HopSummary) => number;
}

const time = (title: string, width: number, read: (rtt: RttSummary, received: number) => number): MtrColumn => ({
	title,
	width,
	kind: "time",
	value: ({ rtt, received }) => (rtt === null ? 0 : milliseconds(read(rtt, received))),
});

const count = (title: string, width: number, value: MtrColumn["value"]): MtrColumn => ({
	...{ title, width, kind: "count", value },
});

/** By letter. A space is a column too, which in CSV has the packets that were lost. */
const COLUMNS: Readonly<Record<string, MtrColumn>> = {
	" ": { title: " ", width: 1, kind: "space", value: ({ lost }) => lost },
	L: { title: "Loss%", width: 6, kind: "percent", value: ({ lossRatio }) => 100 * (lossRatio ?? 0) },
	D: count("Drop", 5, ({ lost }) => lost),
	R: count("Rcv", 6, ({ received }) => received),
	S: count("Snt", 6, ({ sent }) => sent),
	N: time("Last", 6, ({ lastNs }) => lastNs),
	B: time("Best", 6, ({ bestNs }) => bestNs),
	A: time("Avg", 6, ({ avgNs }) => avgNs),
	W: time("Wrst", 6, ({ worstNs }) => worstNs),
	V: time("StDev", 6, sampleDeviation),
	G: time("Gmean", 6, ({ gmeanNs }) => gmeanNs),
	J: time("Jttr", 5, ({ jitterNs }) => jitterNs),
	M: time("Javg", 5, ({ jitterAvgNs }) => jitterAvgNs),
	X: time("Jmax", 5, ({ jitterWorstNs }) => jitterWorstNs),
	I: time("Jint", 5, ({ jitterInterarrivalNs }) => jitterInterarrivalNs),
	// Ours; mtr has none of them.
	m: time("p50", 6, ({ p50Ns }) => p50Ns),
	u: time("p95", 6, ({ p95Ns }) => p95Ns),
	t: time("p99", 6, ({ p99Ns }) => p99Ns),
};

/** The columns of these letters; others are left out. */
export function mtrColumns(letters: string): readonly MtrColumn[] {
	return [...letters].flatMap((letter) => COLUMNS[letter] ?? []);
}

/** mtr's is that of a sample (n - 1). */
function sampleDeviation({ stddevNs }: RttSummary, received: number): number {
	return received < 2 ? 0 : stddevNs * Math.sqrt(received / (received - 1));
}

/** mtr counts whole microseconds. */
function milliseconds(nanoseconds: number): number {
	return Math.round(nanoseconds / 1e3) / 1e3;
}

/** How a hop is named in all of mtr's formats. */
export interface MtrNames {
	/** `-n`: no names. */
	readonly numeric: boolean;
	/** `-b`: `name (address)`. */
	readonly addresses: boolean;
	/** `-z`: origins were asked for, or were not; default: they were where one is known. */
	readonly asns?: boolean;
}

/** Its name where there is one, else its address; silence is `???`. */
export function mtrHost(answerer: AnswererSummary | undefined, { numeric, addresses }: MtrNames): string {
	if (answerer === undefined) return "???";
	if (numeric || answerer.name === null) return answerer.address;
	const name = printable(answerer.name);
	return addresses ? `${name} (${answerer.address})` : name;
}

/** `AS64500`, or mtr's word for an unknown one; null: nobody asked for any of this path's. */
export function mtrAsn(hop: HopSummary, hops: readonly HopSummary[], choices: Pick<MtrNames, "asns">): string | null {
	const { asns = hops.some(({ answerers }) => answerers.some(({ asn }) => asn !== null)) } = choices;
	if (!asns) return null;
	return hop.answerers[0]?.asn ?? "AS???";
}

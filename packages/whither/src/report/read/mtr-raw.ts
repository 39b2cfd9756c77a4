/** Reads the lines of `mtr --raw`. They tell neither source, nor target, nor times of day. */
import { type ImportedProbe, importedResult, mplsExtension } from "./imported.ts";
import { linesOf } from "./json-text.ts";
import type { ReadProblem, Recording } from "./recording.ts";

const MOST_LINES = 500_000;
const MOST_HOPS = 255;
/** Of each hop the latest are kept. */
const MOST_PROBES = 100;

interface RawHop {
	host: string | null;
	readonly names: Map<string, string>;
	labels: { label: number; tc: number; bottom: boolean; ttl: number }[];
	/** By sequence number. */
	readonly probes: Map<number, ImportedProbe>;
}

const LINE = /^([xhdpm]) (\d{1,3}) (\S{1,255})((?: \d{1,10}){0,3})$/;

/** Whether it begins as such a file does. */
export function looksLikeMtrRaw(text: string): boolean {
	return /^[xh] \d{1,3} \S+\r?$/m.test(text.slice(0, 200).split("\n")[0] ?? "");
}

/** The whole file as one trace. */
export function readMtrRaw(text: string): readonly Recording[] | ReadProblem {
	const lines = linesOf(text);
	if (lines.length > MOST_LINES) return { line: MOST_LINES + 1, reason: `more than ${MOST_LINES} lines` };
	const hops = new Map<number, RawHop>();
	for (const { line, text: each } of lines) {
		const [, kind, position, word = "", rest = ""] = LINE.exec(each) ?? [];
		if (kind === undefined || Number(position) >= MOST_HOPS)
			return { line, reason: "this is no line of mtr --raw, such as `p 0 59 33000`" };
		const hop = hopAt(hops, Number(position) + 1);
		if (!take(hop, kind, word, rest.trim().split(" "))) return { line, reason: `\`${kind}\` wants other numbers` };
	}
	return [{ material: { kind: "trace", results: [resultOf(hops)] }, events: null, notes: [] }];
}

function hopAt(hops: Map<number, RawHop>, ttl: number): RawHop {
	const known = hops.get(ttl) ?? { host: null, names: new Map(), labels: [], probes: new Map() };
	hops.set(ttl, known);
	return known;
}

function take(hop: RawHop, kind: string, word: string, rest: readonly string[]): boolean {
	const number = /^\d{1,10}$/.test(word) ? Number(word) : null;
	switch (kind) {
		case "h":
			hop.labels = hop.host === word ? hop.labels : [];
			hop.host = word;
			return /^[\da-fA-F.:]+$/.test(word);
		case "d":
			if (hop.host !== null) hop.names.set(hop.host, word);
			return true;
		case "x":
			return number !== null && sent(hop, number);
		case "p":
			return number !== null && answered(hop, number, Number(rest[0] || -1));
		default: {
			const [tc = -1, bottom = -1, ttl = -1] = rest.map(Number);
			if (number === null || tc < 0 || ttl < 0 || hop.labels.length >= 32) return false;
			hop.labels.push({ label: number, tc, bottom: bottom === 1, ttl });
			return true;
		}
	}
}

function sent(hop: RawHop, seq: number): boolean {
	hop.probes.delete(seq);
	hop.probes.set(seq, { sentAtNs: 0, answer: null });
	const [oldest] = hop.probes.keys();
	if (hop.probes.size > MOST_PROBES && oldest !== undefined) hop.probes.delete(oldest);
	return true;
}

function answered(hop: RawHop, microseconds: number, seq: number): boolean {
	if (hop.host === null || seq < 0 || microseconds > 3.6e9) return false;
	const extensions = hop.labels.length === 0 ? [] : [mplsExtension(hop.labels)];
	const answer = { from: hop.host, rttNs: microseconds * 1e3, kind: "timeExceeded", extensions } as const;
	if (hop.probes.has(seq)) hop.probes.set(seq, { sentAtNs: 0, answer });
	return true;
}

/** Who answers last at the greatest distance is taken for the target: it is asked no further than that. */
function resultOf(hops: ReadonlyMap<number, RawHop>) {
	const sorted = [...hops].sort(([a], [b]) => a - b);
	const target = sorted.findLast(([, { host }]) => host !== null)?.[1] ?? null;
	const address = target?.host ?? "";
	const name = target?.names.get(address) ?? address;
	const end = sorted.findIndex(([, { host }]) => host !== null && host === address);
	return importedResult({
		format: "mtr",
		tool: "mtr",
		target: { name, address, port: null },
		source: { address: "", port: null },
		...{
			method: "icmp",
			isOneFlow: true,
			family: address.includes(":") ? 6 : 4,
			startedAtUs: 0,
			durationNs: 0,
			length: 64,
		},
		stopReason: null,
		hops: sorted.slice(0, end === -1 ? sorted.length : end + 1).map(([ttl, { names, probes }]) => ({
			ttl,
			probes: [...probes.values()].map(({ sentAtNs, answer }) => {
				if (answer === null) return { sentAtNs, answer };
				const kind = answer.from === address ? "echoReply" : "timeExceeded";
				return { sentAtNs, answer: { ...answer, kind, name: names.get(answer.from) ?? null } };
			}),
		})),
	});
}

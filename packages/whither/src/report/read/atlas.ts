/** Reads RIPE Atlas traceroute results (firmware 4610 and later). */
import type { ExtensionJson, Family, ReplyKind } from "@whither/core";
import { anything, byte, count, fields, is, isFields, list, number, text, whole, word } from "../../api/json-shape.ts";
import {
	type ImportedAnswer,
	type ImportedProbe,
	type ImportedTrace,
	importedResult,
	kindOfIcmp,
	mplsExtension,
} from "./imported.ts";
import { readAs } from "./json-text.ts";
import type { ReadProblem, Recording } from "./recording.ts";

const MOST_HOPS = 256;
const MOST_REPLIES = 100;
/** An hour: nothing of a traceroute takes as long. */
const LONGEST_MS = 3_600_000;

const milliseconds = is((value) => typeof value === "number" && value >= 0 && value <= LONGEST_MS);
const LABEL = fields({ label: whole(0, 1_048_575), exp: whole(0, 7), s: whole(0, 1), ttl: byte });
const OBJECT = fields({ class: byte, type: byte }, { mpls: list(32, LABEL) });

const REPLY = fields(
	{},
	{
		...{ x: text, error: text, from: text, ttl: byte, size: count, rtt: milliseconds, late: count, mtu: count },
		...{
			err: is((value) => typeof value === "string" || Number.isInteger(value)),
			ittl: byte,
			itos: byte,
			flags: text,
		},
		icmpext: fields({ obj: list(32, OBJECT) }),
	},
);

const seconds = is((value) => typeof value === "number" && value >= 0 && value < 8e12);
const RESULT = fields(
	{
		...{ type: word("traceroute"), af: word(4, 6), dst_addr: text, proto: text, timestamp: seconds },
		result: list(MOST_HOPS, fields({ hop: whole(1, 255) }, { result: list(MOST_REPLIES, REPLY), error: text })),
	},
	{
		...{ dst_name: text, src_addr: text, from: text, size: count, paris_id: number, endtime: seconds },
		...{ fw: number, msm_id: number, prb_id: number, tos: byte, ttr: anything() },
	},
);

interface AtlasReply {
	readonly from?: string;
	readonly rtt?: number;
	readonly ttl?: number;
	readonly late?: number;
	readonly mtu?: number;
	readonly err?: string | number;
	readonly ittl?: number;
	readonly itos?: number;
	readonly flags?: string;
	readonly icmpext?: { readonly obj: readonly AtlasObject[] };
}

interface AtlasObject {
	readonly class: number;
	readonly type: number;
	readonly mpls?: readonly { readonly label: number; readonly exp: number; readonly s: number; readonly ttl: number }[];
}

interface AtlasResult {
	readonly af: Family;
	readonly dst_addr: string;
	readonly dst_name?: string;
	readonly src_addr?: string;
	readonly from?: string;
	readonly proto: string;
	readonly size?: number;
	readonly paris_id?: number;
	readonly timestamp: number;
	readonly endtime?: number;
	readonly result: readonly { readonly hop: number; readonly result?: readonly AtlasReply[] }[];
}

/** Whether it says that it is one. */
export function looksLikeAtlas(value: unknown): boolean {
	return isFields(value) && value.type === "traceroute" && Array.isArray(value.result);
}

/** One result. */
export function readAtlas(value: unknown, line: number | null): Recording | ReadProblem {
	const read = readAs<AtlasResult>(RESULT, value, "a RIPE Atlas traceroute result", line);
	if ("reason" in read) return read;
	return { material: { kind: "trace", results: [importedResult(traceOf(read))] }, events: null, notes: [] };
}

function traceOf(read: AtlasResult): ImportedTrace {
	const { af, dst_addr, dst_name = dst_addr, src_addr = "", from, proto, size = 60, paris_id = 0, timestamp } = read;
	const isOneFlow = paris_id > 0 || proto === "ICMP";
	return {
		format: "atlas",
		tool: "RIPE Atlas",
		target: { name: dst_name, address: dst_addr, port: null },
		source: { address: src_addr, port: null, publicAddress: from !== undefined && from !== src_addr ? from : null },
		method: methodOf(proto, isOneFlow),
		isOneFlow,
		family: af,
		startedAtUs: timestamp * 1e6,
		durationNs: Math.max(0, Math.round((read.endtime ?? timestamp) - timestamp)) * 1e9,
		length: size,
		stopReason: null,
		hops: read.result.map(({ hop, result = [] }) => ({
			ttl: hop,
			probes: result.map((reply) => probeOf(reply, read)),
		})),
	};
}

function methodOf(proto: string, isOneFlow: boolean): string {
	if (proto === "ICMP") return "icmp";
	if (proto === "TCP") return "tcp";
	return isOneFlow ? "udp" : "udp-classic";
}

/** An answer without a round trip came too late for one. */
function probeOf(reply: AtlasReply, { af, dst_addr, proto }: AtlasResult): ImportedProbe {
	const { from, rtt, ttl = null, late, mtu = null, ittl = null, itos = null } = reply;
	if (from === undefined || rtt === undefined) return { sentAtNs: 0, answer: null };
	const icmp = icmpOf(reply, af);
	const kind = icmp === null ? ownKind(proto, reply) : kindOfIcmp(af, icmp.type, icmp.code);
	const isTarget = icmp === null && from === dst_addr;
	const answer: ImportedAnswer = {
		...{ from, rttNs: Math.round(rtt * 1e6), ttl, mtu },
		kind: isTarget || icmp !== null ? kind : "timeExceeded",
		icmp: isTarget ? null : (icmp ?? { type: af === 4 ? 11 : 3, code: 0 }),
		quoted: ittl === null && itos === null ? null : { ttl: ittl ?? 1, tos: itos, length: null },
		extensions: reply.icmpext?.obj.map(extensionOf) ?? [],
		late: (late ?? 0) > 0,
	};
	return { sentAtNs: 0, answer };
}

function ownKind(proto: string, { flags = "" }: AtlasReply): ReplyKind {
	if (proto === "ICMP") return "echoReply";
	if (proto !== "TCP") return "udp";
	return flags.includes("R") ? "rst" : "synAck";
}

const CODES: Readonly<Record<Family, Readonly<Record<string, number>>>> = {
	4: { N: 0, H: 1, P: 2, p: 3, A: 13 },
	6: { N: 0, A: 1, h: 2, H: 3, p: 4 },
};

/** Destination Unreachable by Atlas's letter or its number; null: no error. */
function icmpOf({ err }: AtlasReply, family: Family): { readonly type: number; readonly code: number } | null {
	if (err === undefined) return null;
	const code = typeof err === "number" ? err : (CODES[family][err] ?? Number(err));
	const type = family === 4 ? 3 : 1;
	return Number.isInteger(code) && code >= 0 && code <= 255 ? { type, code } : { type, code: 0 };
}

function extensionOf({ class: kind, type, mpls }: AtlasObject): ExtensionJson {
	if (mpls === undefined) return { class: kind, type, bytes: "" };
	return mplsExtension(mpls.map(({ label, exp, s, ttl }) => ({ label, tc: exp, bottom: s === 1, ttl })));
}

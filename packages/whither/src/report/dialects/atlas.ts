/** RIPE Atlas traceroute results in the layout of firmware 5000 and later, one object a line. */
import type { ExtensionJson, HopResult, ProbeResult, TraceResult } from "@whither/core";
import { keepsFlow } from "@whither/core";
import { ownProbes, pathOfResult, unixSeconds } from "./traced-path.ts";

/** The layout's number: what follows it is Atlas's own firmware, which this is not. */
const LAYOUT = 5000;
/** No measurement and no probe of Atlas's. */
const NO_ID = 0;
/** Atlas's word for a clock of which it is not known when it was set. */
const NEVER_SET = -1;

const PROTOCOLS: Readonly<Record<string, string>> = {
	icmp: "ICMP",
	tcp: "TCP",
	tcpconnect: "TCP",
	tcpinsession: "TCP",
	udplite: "UDPLITE",
	dccp: "DCCP",
	sctp: "SCTP",
	raw: "RAW",
};

/** One line a trace. Its `msm_id` and `prb_id` are 0, and `mver` names us: no Atlas probe has measured it. */
export function formatAtlas(results: readonly TraceResult[]): string {
	return results.map((result) => `${JSON.stringify(atlasObject(result))}\n`).join("");
}

function atlasObject(result: TraceResult): Readonly<Record<string, unknown>> {
	const { tool, target, source, method, family, options, hops, startedAt, durationNs } = result;
	const began = unixSeconds(startedAt);
	const { tos } = pathOfResult(result);
	return {
		fw: LAYOUT,
		mver: `${tool.name} ${tool.version}`,
		lts: NEVER_SET,
		msm_id: NO_ID,
		prb_id: NO_ID,
		type: "traceroute",
		msm_name: "Traceroute",
		timestamp: began,
		endtime: began + Math.ceil(durationNs / 1e9),
		dst_name: target.name,
		dst_addr: target.address,
		src_addr: source.address,
		from: source.publicAddress ?? source.address,
		proto: PROTOCOLS[method] ?? "UDP",
		af: family,
		size: options.length,
		paris_id: keepsFlow(method) ? 1 : 0,
		...(tos === 0 ? {} : { tos }),
		result: hops.filter(({ probes }) => probes.length > 0).map((hop) => hopObject(result, hop)),
	};
}

function hopObject(result: TraceResult, hop: HopResult): object {
	const probes = ownProbes(result, hop);
	const unsent = probes.find(({ error }) => error !== undefined)?.error;
	if (unsent !== undefined && probes.every(({ status }) => status === "sendError"))
		return { hop: hop.ttl, error: `${unsent.call}: ${unsent.errnoName}` };
	return { hop: hop.ttl, result: probes.map((probe) => replyObject(probe, result.family)) };
}

function replyObject(probe: ProbeResult, family: 4 | 6): object {
	const { from, reply, quoted, rttNs, late, error } = probe;
	if (error !== undefined) return { error: `${error.call}: ${error.errnoName}` };
	if (from === null) return { x: "*" };
	const err = errorOf(reply?.icmp ?? null, family);
	return {
		from,
		...(reply === null || reply.ttl === null ? {} : { ttl: reply.ttl }),
		...(rttNs === null ? {} : { rtt: Math.round(rttNs / 1e3) / 1e3 }),
		...(late === true ? { late: 1 } : {}),
		...(err === null ? {} : { err }),
		...(reply === null || reply.mtu === null ? {} : { mtu: reply.mtu }),
		...(quoted === null || quoted.ttl === null || quoted.ttl === 1 ? {} : { ittl: quoted.ttl }),
		...(quoted === null || quoted.tos === null || quoted.tos === 0 ? {} : { itos: quoted.tos }),
		...extensionFields(probe.extensions),
	};
}

/** Letters by code of Destination Unreachable (RFC 792 type 3, RFC 4443 type 1); other codes stand as numbers. */
const LETTERS: Readonly<Record<4 | 6, { readonly type: number; readonly codes: Readonly<Record<number, string>> }>> = {
	4: { type: 3, codes: { 0: "N", 1: "H", 2: "P", 3: "p", 13: "A" } },
	6: { type: 1, codes: { 0: "N", 1: "A", 2: "h", 3: "H", 4: "p" } },
};

function errorOf(icmp: { readonly type: number; readonly code: number } | null, family: 4 | 6): string | number | null {
	const { type, codes } = LETTERS[family];
	return icmp === null || icmp.type !== type ? null : (codes[icmp.code] ?? icmp.code);
}

/** RFC 4884 section 7: version 2. */
function extensionFields(extensions: readonly ExtensionJson[]): object {
	if (extensions.length === 0) return {};
	const obj = extensions.map((object) => ({
		class: object.class,
		type: object.type,
		...(Array.isArray(object.mpls) ? { mpls: object.mpls.map(label) } : {}),
	}));
	return { icmpext: { version: 2, rfc4884: 1, obj } };
}

function label(entry: Readonly<Record<string, unknown>>): object {
	return { label: entry.label, exp: entry.tc, s: entry.bottom ? 1 : 0, ttl: entry.ttl };
}

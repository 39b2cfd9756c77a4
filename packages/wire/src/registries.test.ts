/** Our tables against the transcribed IANA registries, in both directions. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ICMP_TYPES } from "./icmp/names.ts";
import {
	CLIENT_HELLO_EXTENSIONS,
	DCCP_RESET_CODES,
	DCCP_TYPES,
	DNS_RCODES,
	DNS_SERVICE_PARAMETERS,
	DNS_TYPES,
	EXTENSION_OBJECTS,
	IP_PROTOCOL,
	IPV4_OPTIONS,
	IPV6_EXTENSION_TYPES,
	QUIC_ERRORS,
	QUIC_FRAMES,
	QUIC_TRANSPORT_PARAMETERS,
	SCTP_CAUSES,
	SCTP_CHUNKS,
	SCTP_PARAMETERS,
	SERVER_HELLO_EXTENSIONS,
	STUN_ATTRIBUTES,
	STUN_ERRORS,
	STUN_METHODS,
	TCP_OPTIONS,
	TLS_ALERTS,
} from "./index.ts";
import type { AnyRow } from "./stun/attributes.ts";

const path = (name: string) => new URL(`../../../registries/${name}.csv`, import.meta.url);

function readRegistry(name: string): Record<string, string>[] {
	const [head, ...rows] = readFileSync(path(name), "utf8").trimEnd().split("\n").map(splitLine);
	return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head![index]!, cell])));
}

function splitLine(line: string): string[] {
	return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)]
		.slice(0, line.endsWith(",") ? undefined : -1)
		.map(([, cell]) => cell!.replace(/^"|"$/g, "").replaceAll('""', '"'));
}

/** Numbers and names of a registry, without what is unassigned or reserved. */
function assigned(name: string, number: string, meaning: string): Map<number, string> {
	const rows = readRegistry(name).filter((row) => !/^(Unassigned|Reserved)/.test(row[meaning]!));
	return new Map(rows.map((row) => [Number(row[number]), row[meaning]!]));
}

const byNumber = (entries: readonly (readonly [number, string])[]) => new Map([...entries].sort(([a], [b]) => a - b));
const ordered = (map: Map<number, string>) => byNumber([...map]);

describe.each([
	{ family: 4 as const, registry: "icmp-parameters", number: "Codes", meaning: "Description" },
	{ family: 6 as const, registry: "icmpv6-parameters", number: "Code", meaning: "Name" },
])("ICMPv$family", ({ family, registry, number, meaning }) => {
	const types = Object.entries(ICMP_TYPES[family]).map(([type, row]) => [Number(type), row] as const);

	test("types are those of the registry", () => {
		const ours = byNumber(types.map(([type, row]) => [type, row.name]));
		expect(ours).toEqual(assigned(`${registry}-types`, "Type", "Name"));
	});

	test("codes are those of the registry for every type", () => {
		for (let type = 0; type < 256; type++) {
			const name = `${registry}-codes-${type}`;
			const theirs = existsSync(path(name)) ? assigned(name, number, meaning) : new Map();
			const ours = Object.entries(ICMP_TYPES[family][type]?.codes ?? {});
			expect(new Map(ours.map(([code, text]) => [Number(code), text])), name).toEqual(theirs);
		}
	});
});

/** From here on classes are for private use (RFC 4884 §8). */
const PRIVATE_CLASSES = 247;

test("extension object classes are those of the registry", () => {
	const rows = Object.values(EXTENSION_OBJECTS).filter((row) => row.class < PRIVATE_CLASSES);
	const ours = byNumber(rows.map((row) => [row.class, row.meaning]));
	expect(ours).toEqual(assigned("icmp-extension-classes", "Class Value", "Class Name"));
});

/** Obsolete or undocumented kinds: no row of their own, kept as bytes. Kinds 0 and 1 are the list's own. */
const TCP_KEPT_AS_BYTES = [0, 1, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 26];

test("TCP option kinds are those of the registry, but for those kept as bytes", () => {
	const theirs = assigned("tcp-parameters-1", "Kind", "Meaning");
	for (const kind of TCP_KEPT_AS_BYTES) expect(theirs.delete(kind), `kind ${kind}`).toBe(true);
	const short = [...theirs].map(([kind, meaning]) => [kind, meaning.replace(/ \(also.*\)$/, "")] as const);
	expect(byNumber(Object.values(TCP_OPTIONS).map((row) => [row.kind, row.meaning]))).toEqual(byNumber(short));
});

test("TCP options whose length the registry fixes accept that length and no other", () => {
	const lengths = new Map(readRegistry("tcp-parameters-1").map((row) => [Number(row.Kind), Number(row.Length)]));
	for (const row of Object.values(TCP_OPTIONS)) {
		const fixed = lengths.get(row.kind) || Number.NaN;
		if (Number.isNaN(fixed)) continue;
		for (let length = 2; length <= 40; length++) {
			expect(row.decode(new Uint8Array(length - 2)) !== null, `${row.meaning} of ${length}`).toBe(length === fixed);
		}
	}
});

/** Never specified, or obsolete by RFC 6814, or experiments: no row of their own, kept as bytes. */
const IPV4_KEPT_AS_BYTES = [0, 1, 10, 15, 30, 94, 142, 144, 145, 147, 149, 151, 152, 158, 205, 222];

test("IPv4 options are those of the registry, but for those kept as bytes", () => {
	const theirs = ordered(assigned("ip-parameters-1", "Value", "Name"));
	for (const value of IPV4_KEPT_AS_BYTES) expect(theirs.delete(value), `option ${value}`).toBe(true);
	const names = [...theirs].map(([value, name]) => [value, name.replace(/^[A-Z-]+ - /, "")] as const);
	expect(byNumber(Object.values(IPV4_OPTIONS).map((row) => [row.kind, row.meaning]))).toEqual(byNumber(names));
});

test("an IPv4 option's value is made of its copy bit, class and number", () => {
	for (const row of readRegistry("ip-parameters-1")) {
		expect((Number(row.Copy) << 7) | (Number(row.Class) << 5) | Number(row.Number)).toBe(Number(row.Value));
	}
});

test("the protocols that we name are those transcribed", () => {
	const theirs = readRegistry("protocol-numbers-1").map((row) => Number(row.Decimal));
	expect(Object.values<number>(IP_PROTOCOL).sort((a, b) => a - b)).toEqual(theirs);
});

test("every IPv6 extension header of the registry is walked, but ESP and the experiments, which cannot be", () => {
	const theirs = readRegistry("protocol-numbers-1").filter((row) => row["IPv6 Extension Header"] === "Y");
	const numbers = theirs.map((row) => Number(row.Decimal)).filter((number) => ![50, 253, 254].includes(number));
	expect([...IPV6_EXTENSION_TYPES].sort((a, b) => a - b)).toEqual(numbers);
});

/** Numbers and names of a table of rows. */
const ofRows = (table: Readonly<Record<string, { readonly type: number; readonly meaning: string }>>) =>
	byNumber(Object.values(table).map((row) => [row.type, row.meaning]));
const ofNames = (names: Readonly<Record<number, string>>) =>
	byNumber(Object.entries(names).map(([number, name]) => [Number(number), name]));
/** Names as one text each, whatever a registry's taste in case and word breaks. */
const plain = (map: ReadonlyMap<number, string>) =>
	new Map(
		[...map].map(([number, name]) => [
			number,
			name
				.toLowerCase()
				.replace(/[_-]/g, " ")
				.replace(/ error$/, ""),
		]),
	);

describe.each([
	{
		table: "QUIC transport parameters",
		ours: ofRows(QUIC_TRANSPORT_PARAMETERS),
		registry: ["quic-transport-parameters", "Value", "Parameter Name"] as const,
	},
	{
		table: "QUIC transport errors",
		ours: ofNames(QUIC_ERRORS),
		registry: ["quic-transport-error-codes", "Value", "Code"] as const,
	},
	{ table: "TLS alerts", ours: ofNames(TLS_ALERTS), registry: ["tls-parameters-6", "Value", "Description"] as const },
	{
		table: "DNS types",
		ours: byNumber(Object.entries(DNS_TYPES).map(([name, type]) => [type, name])),
		registry: ["dns-parameters-4", "Value", "TYPE"] as const,
	},
	{ table: "DNS response codes", ours: ofNames(DNS_RCODES), registry: ["dns-parameters-6", "RCODE", "Name"] as const },
	{
		table: "DNS service parameters",
		ours: ofRows(DNS_SERVICE_PARAMETERS),
		registry: ["dns-svcparamkeys", "Number", "Name"] as const,
	},
	{
		table: "DCCP packet types",
		ours: byNumber(Object.entries(DCCP_TYPES).map(([name, type]) => [type, name])),
		registry: ["dccp-parameters-1", "Type", "Name"] as const,
	},
	{
		table: "DCCP reset codes",
		ours: ofNames(DCCP_RESET_CODES),
		registry: ["dccp-parameters-2", "Reset Code", "Name"] as const,
	},
	{
		table: "SCTP causes",
		ours: ofRows(SCTP_CAUSES),
		registry: ["sctp-parameters-cause-codes", "Value", "Cause Code"] as const,
	},
])("$table", ({ ours, registry }) => {
	test("are those of the registry", () => {
		expect(plain(ours)).toEqual(plain(ordered(assigned(registry[0]!, registry[1]!, registry[2]!))));
	});
});

/** What stays bytes has no row: frames of connections in being, and chunks and parameters that a probe never meets. */
describe.each([
	{
		table: "QUIC frames",
		ours: ofRows(QUIC_FRAMES),
		registry: ["quic-frame-types", "Value", "Frame Type Name"] as const,
		without: [...Array(23).keys()]
			.map((n) => n + 4)
			.filter((n) => n !== 6 && n !== 7)
			.concat(0x1b),
	},
	{
		table: "SCTP chunks",
		ours: ofRows(SCTP_CHUNKS),
		registry: ["sctp-parameters-1", "ID Value", "Chunk Type"] as const,
		without: [12, 13],
	},
	{
		table: "SCTP parameters",
		ours: ofRows(SCTP_PARAMETERS),
		registry: ["sctp-parameters-chunk-parameters", "Value", "Chunk Parameter Type"] as const,
		without: [1, 11, 0x8000],
	},
])("$table", ({ ours, registry, without }) => {
	test("are those of the registry, but for those kept as bytes", () => {
		const theirs = ordered(assigned(registry[0]!, registry[1]!, registry[2]!));
		for (const number of without) expect(theirs.delete(number), `number ${number}`).toBe(true);
		expect(plain(ours)).toEqual(plain(theirs));
	});
});

test("TLS extensions that we read have the registry's names", () => {
	const theirs = assigned("tls-extensiontype-values-1", "Value", "Extension Name");
	for (const row of [...Object.values(CLIENT_HELLO_EXTENSIONS), ...Object.values(SERVER_HELLO_EXTENSIONS)])
		expect(theirs.get(row.type)).toBe(row.meaning);
});

/** A registry's name for what later versions reserve. */
const withoutHistory = (name: string) => name.replace(/^Reserved; was (\S+) prior to .*$/, "$1");

function assignedOrFormer(name: string): Map<number, string> {
	const rows = readRegistry(name).map((row) => [row.Value!, withoutHistory(row.Name!)] as const);
	const named = rows.filter(([value, meaning]) => !/^(Unassigned|Reserved)/.test(meaning) && !value.includes("-"));
	return byNumber(named.map(([value, meaning]) => [Number(value), meaning]));
}

/** Never registered, or registered under another name: drafts, authors' own software, browsers. */
const STUN_BESIDE_REGISTRY = [
	0x802f, 0x8032, 0x8050, 0x8051, 0x8052, 0x8053, 0x8055, 0x8056, 0x8058, 0x8059, 0x805a, 0xff00,
];

test("STUN attributes are those of the registry, former ones included, and those that no registry has", () => {
	const rows = Object.values<AnyRow>(STUN_ATTRIBUTES).filter(
		({ meaning, classicAlone }) => meaning !== "NOMINATION" && classicAlone !== true,
	);
	const ours = byNumber(rows.map(({ type, meaning }) => [type, meaning]));
	for (const type of STUN_BESIDE_REGISTRY) expect(ours.delete(type), `type ${type.toString(16)}`).toBe(true);
	expect(ours).toEqual(assignedOrFormer("stun-parameters-4"));
});

test("no STUN attribute without a registered type stands where the registry has one", () => {
	const theirs = assignedOrFormer("stun-parameters-4");
	for (const type of STUN_BESIDE_REGISTRY) expect(theirs.has(type)).toBe(false);
});

test("STUN methods are those of the registry, the former one included", () => {
	const ours = byNumber(Object.values(STUN_METHODS).map(({ method, meaning }) => [method, meaning]));
	expect(ours).toEqual(assignedOrFormer("stun-parameters-2"));
});

test("where drafts of relays have an attribute of their own the registry has none, but for CHANNEL-NUMBER", () => {
	const theirs = assignedOrFormer("stun-parameters-4");
	const early = Object.values<AnyRow>(STUN_ATTRIBUTES).filter(({ classicAlone }) => classicAlone === true);
	expect(early.map(({ type }) => type)).toEqual([0x000c, 0x000f, 0x0010, 0x0011, 0x000e]);
	expect(early.flatMap(({ type }) => theirs.get(type) ?? [])).toEqual(["CHANNEL-NUMBER"]);
});

/** Of RFC 3489 and of drafts of relays alone. */
const CLASSIC_ERRORS = [430, 431, 432, 433, 434, 435, 436, 600];

test("STUN error codes are those of the registry, and those of RFC 3489 and early relays alone", () => {
	const ours = ofNames(STUN_ERRORS);
	for (const code of CLASSIC_ERRORS) expect(ours.delete(code), `code ${code}`).toBe(true);
	expect(ours).toEqual(assigned("stun-parameters-6", "Value", "Name"));
});

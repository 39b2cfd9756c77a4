import { deflateRawSync } from "node:zlib";
import type { TraceResult } from "@whither/core";
import { DEMO } from "@whither/sim";
import { beforeAll, describe, expect, it } from "vitest";
import { simulated } from "../../simulated.ts";
import { trace } from "../../trace/trace.ts";
import { packPeerDocument, readPeerDocument } from "./peer-document.ts";
import type { PeerDocument } from "./peer-json.ts";
import { readTraceDocument } from "./trace-document.ts";

/** Numbers that do not compress (Park and Miller's generator). */
let state = 7;
const draw = (limit: number): number => {
	state = (state * 48_271) % 2_147_483_647;
	return state % limit;
};

let result: TraceResult;
beforeAll(async () => {
	result = await trace(DEMO.trace.to, { world: simulated(DEMO), queries: 2 }).result;
});

const VIEW = { udp: "works", mapping: "perDestination" } as const;
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

function packed(json: unknown): Uint8Array {
	return deflateRawSync(typeof json === "string" ? json : JSON.stringify(json));
}

describe("what an end tells the other", () => {
	it("comes out as it went in, a tenth as long", () => {
		const document: PeerDocument = { view: VIEW, by: "flow", trace: result, error: null };
		const bytes = packPeerDocument(document);
		expect(bytes.length * 5).toBeLessThan(JSON.stringify(document).length);
		expect(readPeerDocument(bytes)).toEqual(plain(document));
		const without: PeerDocument = { view: VIEW, by: "beside", trace: null, error: { code: "x", message: "y" } };
		expect(readPeerDocument(packPeerDocument(without))).toEqual(without);
	});

	it("is told without its trace where that is too large, and why", () => {
		const { hops, ...rest } = result;
		const noise = () => Array.from({ length: 300 }, () => String.fromCharCode(33 + draw(90)));
		const probe = () => ({ ...hops[0]?.probes[0], name: noise().join("") });
		const many = Array.from({ length: 1_200 }, probe) as unknown as TraceResult["hops"][0]["probes"];
		const bytes = packPeerDocument({
			view: VIEW,
			by: "flow",
			trace: { ...rest, hops: [{ ttl: 1, probes: many }] },
			error: null,
		});
		expect(readPeerDocument(bytes)).toMatchObject({ trace: null, error: { code: "tooLarge" } });
	});

	it.each([
		["nothing", ""],
		["no JSON", "{"],
		["another format", { format: "x" }],
		["a list", []],
		["an unknown view", { format: "whither.end/1", by: "flow", trace: null, error: null, view: { udp: "fine" } }],
		["a trace that is none", { format: "whither.end/1", by: "flow", trace: {}, error: null, view: VIEW }],
		["an error that is none", { format: "whither.end/1", by: "flow", trace: null, error: "no", view: VIEW }],
	])("%s is none", (_, json) => {
		expect(readPeerDocument(packed(json))).toBeNull();
	});

	it("neither are bytes that unpack to more than is taken, nor those that do not unpack", () => {
		expect(readPeerDocument(packed(" ".repeat(5_000_000)))).toBeNull();
		expect(readPeerDocument(Uint8Array.of(1, 2, 3))).toBeNull();
	});
});

describe("another's trace", () => {
	it("is read as it is, without what nobody asked for", () => {
		expect(readTraceDocument(plain(result))).toEqual(plain(result));
		expect(readTraceDocument({ ...plain(result), extra: 1, toString: 2 })).toEqual(plain(result));
		expect(readTraceDocument({ ...plain(result), error: { code: "x", message: "y" } })).toEqual(plain(result));
	});

	it("is none where any field is of another kind or missing", () => {
		const good = plain(result) as unknown as Record<string, unknown>;
		for (const key of Object.keys(good)) {
			expect(readTraceDocument({ ...good, [key]: Symbol("x") }), key).toBeNull();
			const { [key]: _, ...less } = good;
			expect(readTraceDocument(less), key).toBeNull();
		}
		expect(readTraceDocument(null)).toBeNull();
		expect(readTraceDocument("trace")).toBeNull();
	});

	const probeOf = (change: object) => {
		const [first, ...others] = plain(result).hops;
		const [probe, ...more] = first?.probes ?? [];
		return { ...plain(result), hops: [{ ...first, probes: [{ ...probe, ...change }, ...more] }, ...others] };
	};
	it.each([
		["answered by nobody", { from: null }],
		["answered without a time", { rttNs: null }],
		["of a state that there is not", { status: "maybe" }],
		["not answered, with an answer", { status: "timeout" }],
		["with a name that is too long", { name: "x".repeat(301) }],
		["with extensions too deep", { extensions: [{ class: 1, type: 1, x: [[[[[[[1]]]]]]] }] }],
		["with a fractional time", { rttNs: 1.5 }],
	])("with a probe %s is none", (_, change) => {
		expect(readTraceDocument(probeOf({}))).not.toBeNull();
		expect(readTraceDocument(probeOf(change))).toBeNull();
	});

	it("with too many hops is none", () => {
		const hops = Array.from({ length: 256 }, (_, index) => ({ ttl: (index % 255) + 1, probes: [] }));
		expect(readTraceDocument({ ...plain(result), hops })).toBeNull();
	});
});

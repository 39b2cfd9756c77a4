import type { TraceWarning } from "@whither/core";
import { describe, expect, it } from "vitest";
import { answer, hop, type SampleReply, sampleResult } from "./sample-trace.fixture.ts";
import { verdict } from "./verdict.ts";

const all = (ttl: number, address: string) => hop(ttl, address, address, address);
const quiet = (ttl: number) => hop(ttl, null, null, null);
const refuse = (ttl: number, address: string, reply: SampleReply) => hop(ttl, (seq) => answer(seq, address, reply));

describe("the conclusion", () => {
	it("a target that answers is reached, with its distance", () => {
		const found = verdict(sampleResult([all(1, "10.0.0.1"), all(2, "203.0.113.7")], { name: "example.test" }));
		expect(found).toEqual({
			code: "reached",
			sentence: "Reached example.test (203.0.113.7) in 2 hops, 1.00 ms away.",
			notes: [],
		});
	});

	it("a target that answers in part says so", () => {
		const found = verdict(sampleResult([all(1, "10.0.0.1"), hop(2, "203.0.113.7", null, "203.0.113.7")]));
		expect(found.sentence).toBe("Reached 203.0.113.7 in 2 hops, 1.00 ms away; 1 of its 3 probes went unanswered.");
	});

	it("silence from some hop on is a firewall or a dead target", () => {
		const found = verdict(sampleResult([all(1, "10.0.0.1"), all(2, "10.0.0.2"), quiet(3), quiet(4)]));
		expect(found.code).toBe("silentAfter");
		expect(found.sentence).toContain("Nothing answers after hop 2 (10.0.0.2)");
	});

	it("silence everywhere is told apart", () => {
		expect(verdict(sampleResult([quiet(1), quiet(2)])).code).toBe("nothingAnswers");
	});

	it("routers that answer up to the last TTL mean more hops", () => {
		expect(verdict(sampleResult([all(1, "10.0.0.1"), all(2, "10.0.0.2")])).code).toBe("moreHops");
	});

	it("two routers in turn are a loop, whatever stands before them", () => {
		const hops = [all(1, "10.0.0.9"), ...[2, 3, 4, 5, 6, 7].map((ttl) => all(ttl, ttl % 2 ? "10.0.0.1" : "10.0.0.2"))];
		const found = verdict(sampleResult(hops));
		expect(found.code).toBe("loop");
		expect(found.sentence).toContain("between 10.0.0.2 and 10.0.0.1 from hop 2 on");
	});

	it("one router that answers for the next is no loop", () => {
		const hops = [all(1, "10.0.0.1"), all(2, "10.0.0.1"), all(3, "10.0.0.1"), all(4, "10.0.0.1"), all(5, "10.0.0.1")];
		expect(verdict(sampleResult(hops)).code).toBe("moreHops");
	});

	it.each([
		[[3, 0], "has no route to that network"],
		[[3, 1], "cannot find that host"],
		[[3, 13], "refuses this traffic"],
		[[3, 77], "!<77>"],
	] as const)("unreachable %j is said in words", (icmp, words) => {
		const hops = [all(1, "10.0.0.1"), refuse(2, "10.0.0.2", { icmp, kind: "unreachable" })];
		const found = verdict(sampleResult(hops, { stopReason: "unreachable" }));
		expect(found.code).toBe("unreachable");
		expect(found.sentence).toContain("Hop 2 (10.0.0.2)");
		expect(found.sentence).toContain(words);
	});

	it.each(["interrupted", "timeout", "error"] as const)("a trace cut short (%s) says how far it came", (stopReason) => {
		const found = verdict(sampleResult([all(1, "10.0.0.1"), quiet(2)], { stopReason }));
		expect(found.code).toBe(stopReason);
		expect(found.sentence).toContain("hop 1 (10.0.0.1)");
	});
});

describe("what the tracer found out besides", () => {
	const path = [all(1, "10.0.0.1"), quiet(2)];
	const found = (warning: TraceWarning, hops = path) => verdict({ ...sampleResult(hops), warnings: [warning] });
	const reachedPath = [all(1, "10.0.0.1"), all(2, "203.0.113.7")];

	it.each([
		[
			{ why: "refused", from: "203.0.113.7" },
			"The connection to TCP port 443 was refused by 203.0.113.7, so there was no",
		],
		[{ why: "timeout" }, "The connection to TCP port 443 was not answered, so there was no connection to trace in."],
	] as const)("a connection that did not come about (%j)", (failure, words) => {
		const { code, sentence } = found({ code: "sessionFailed", port: 443, failure }, []);
		expect({ code, fits: sentence.startsWith(words) }).toEqual({ code: "noConnection", fits: true });
	});

	it("a black hole for long packets, whether or not short ones reach the target", () => {
		const hole = { code: "mtuBlackHole", ttl: 1, from: "10.0.0.1", mtu: 1400 } as const;
		expect(found(hole, reachedPath)).toMatchObject({
			code: "blackHole",
			sentence:
				"Small packets reach the target, but those longer than 1400 bytes vanish behind hop 1 without a word: an MTU black hole.",
		});
		expect(found(hole).sentence).toContain("Small packets come as far as hop 1 (10.0.0.1), but those longer than 1400");
	});

	it("dropped marks and a reset connection count where the target was not reached", () => {
		expect(found({ code: "ecnDropped" }).code).toBe("marksDropped");
		expect(found({ code: "sessionReset", from: "10.0.0.9" })).toMatchObject({
			code: "connectionReset",
			sentence:
				"The connection was reset by 10.0.0.9 before the target had answered in it; the farthest answer came from hop 1 (10.0.0.1).",
		});
		expect(found({ code: "sessionReset", from: "10.0.0.9" }, reachedPath).code).toBe("reached");
	});

	describe("a NAT is noted", () => {
		/** A path by the changes that each hop quotes. */
		const noted = (...quotes: readonly (readonly string[])[]) =>
			verdict(
				sampleResult(
					quotes.map((changes, index) =>
						hop(index + 1, (seq) => answer(seq, `10.0.0.${index + 1}`, { quoted: { changes } })),
					),
				),
			).notes.map(({ code, sentence }) => (code === "nat" ? sentence : code));
		const source = "source 192.0.2.1 -> 203.0.113.1";

		it("at the first hop that quotes a rewritten packet and the last before it", () => {
			expect(noted([], [source], [source])).toEqual([
				"From hop 2 on the source of our packets has been rewritten: a NAT stands at hop 1 or 2 or between them.",
			]);
			expect(noted(["checksum 0x1234 -> 0x4321"])).toEqual([
				"From hop 1 on our packets have been rewritten (their checksum tells): a NAT stands at or before hop 1.",
			]);
		});

		it("and where the other address is rewritten too", () => {
			const destination = "destination 203.0.113.7 -> 10.9.9.9";
			expect(noted([source], ["checksum 0x1234 -> 0x4321"], [destination])[1]).toBe(
				"From hop 3 on the destination of our packets has been rewritten as well.",
			);
		});
	});
});

describe("the notes", () => {
	const codes = (...args: Parameters<typeof sampleResult>) =>
		verdict(sampleResult(...args)).notes.map((note) => note.code);

	it("missing answers that later hops do not share are a rate limit", () => {
		expect(codes([hop(1, "10.0.0.1", null, "10.0.0.1"), all(2, "203.0.113.7")])).toEqual(["rateLimited"]);
	});

	it("missing answers from one hop to the end are loss", () => {
		const hops = [all(1, "10.0.0.1"), hop(2, "10.0.0.2", null, "10.0.0.2"), hop(3, "203.0.113.7", null, "203.0.113.7")];
		expect(codes(hops)).toEqual(["lossFromHop"]);
	});

	it("a silent hop before answering ones forwards", () => {
		expect(codes([quiet(1), all(2, "203.0.113.7")])).toEqual(["silentHop"]);
	});

	it("further answers of the target do not count as loss elsewhere", () => {
		const more = hop(2, "203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.7");
		expect(codes([all(1, "10.0.0.1"), more])).toEqual([]);
	});

	it.each([
		["udp", "one flow"],
		["udp-classic", "a flow of its own"],
		["udp-port", "a flow of its own"],
		["icmp", "one flow"],
		["tcp", "a flow of its own"],
		["tcpconnect", "a flow of its own"],
	])("several routers at one distance are explained by the flows of the method: %s", (method, words) => {
		const hops = [hop(1, "10.0.0.1", "10.0.0.2", "10.0.0.1"), all(2, "203.0.113.7")];
		const [note] = verdict(sampleResult(hops, { method })).notes;
		expect(note?.code).toBe("severalRouters");
		expect(note?.sentence).toContain(words);
	});

	it("the path MTU is told with the places where it drops", () => {
		const mtuDrops = [
			{ ttl: 0, from: null, mtu: 1492, found: "told" },
			{ ttl: 1, from: "10.0.0.1", mtu: 1400, found: "tried" },
		] as const;
		const result = { ...sampleResult([all(1, "10.0.0.1"), all(2, "203.0.113.7")], { pathMtu: 1400 }), mtuDrops };
		expect(verdict(result).notes.map((note) => note.sentence)).toEqual([
			"The path takes packets of at most 1400 bytes in one piece; links narrower than those before begin at this machine (1492) and behind hop 1 (1400).",
		]);
	});

	it("several addresses, labels and a path MTU are pointed out", () => {
		const label = { class: 1, type: 1, mpls: [{ label: 16, tc: 0, bottom: true, ttl: 1 }] };
		const hops = [
			hop(1, "10.0.0.1", "10.0.0.2", "10.0.0.1"),
			hop(2, (seq) => answer(seq, "10.0.0.3", { extensions: [label] })),
			all(3, "203.0.113.7"),
		];
		expect(codes(hops, { pathMtu: 1400 })).toEqual(["severalRouters", "tunnel", "pathMtu"]);
	});
});

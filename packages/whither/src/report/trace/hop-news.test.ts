import type { HopResult } from "@whither/core";
import { describe, expect, it } from "vitest";
import { hopNews, nothingShown } from "./hop-news.ts";
import { answer, hop, sampleResult } from "./sample-trace.fixture.ts";
import { formatText } from "./text.ts";

/** A hop whose quotes show these changes, one list an answer. */
const changed = (ttl: number, ...lists: readonly (readonly string[])[]): HopResult =>
	hop(ttl, ...lists.map((changes) => (seq: number) => answer(seq, `10.0.0.${ttl}`, { quoted: { tos: 0, changes } })));

/** What each hop of a path shows. */
function told(...hops: readonly HopResult[]): readonly (readonly string[])[] {
	let shown = nothingShown(60);
	return hops.map((each) => {
		const news = hopNews(each, shown);
		({ shown } = news);
		return news.changes;
	});
}

describe("changes on the way", () => {
	it("are told once, where they first appear", () => {
		expect(told(changed(1, []), changed(2, ["dscp 10 -> 0"]), changed(3, ["dscp 10 -> 0"]))).toEqual([
			[],
			["dscp 10 -> 0"],
			[],
		]);
	});

	it("are told again when they are another, and when a header field is as it was sent", () => {
		expect(told(changed(1, ["dscp 10 -> 0"]), changed(2, ["dscp 10 -> 8"]), changed(3, []))).toEqual([
			["dscp 10 -> 0"],
			["dscp 10 -> 8"],
			["dscp 10 again"],
		]);
	});

	it("that a quote need not reach are not taken to be over", () => {
		expect(told(changed(1, ["mss 1460 -> 1360", "option sackPermitted removed"]), changed(2, []))).toEqual([
			["mss 1460 -> 1360", "option sackPermitted removed"],
			[],
		]);
	});

	it("say nothing where nobody answers or nothing is quoted", () => {
		const lists = told(changed(1, ["dscp 10 -> 0"]), hop(2, null), hop(3, "10.0.0.3"), changed(4, ["dscp 10 -> 0"]));
		expect(lists).toEqual([["dscp 10 -> 0"], [], [], []]);
	});

	it("leave out what is said twice and what comes of quoting", () => {
		const lists = [
			"tos 0x28 -> 0x00",
			"dscp 10 -> 0",
			"length 60 -> 15360 (byte-swapped)",
			"checksum 0x1234 -> 0x4321 (follows)",
		];
		expect(told(changed(1, lists))).toEqual([["dscp 10 -> 0"]]);
	});

	it("of values that every probe has of its own are told as one", () => {
		expect(
			told(changed(1, ["checksum 0x1 -> 0x2"], ["checksum 0x3 -> 0x4"]), changed(2, ["checksum 0x5 -> 0x6"])),
		).toEqual([["checksum rewritten"], []]);
	});

	it("that differ between routers of one hop stand side by side", () => {
		expect(told(changed(1, ["dscp 10 -> 0"], ["dscp 10 -> 8"], ["dscp 10 -> 0"]))).toEqual([
			["dscp 10 -> 0 / dscp 10 -> 8"],
		]);
	});
});

describe("in text", () => {
	it("they stand behind the answers with --changes, and each quoted TOS before its time where one was sent", () => {
		const hops = [changed(1, []), changed(2, ["tos 0x28 -> 0x00", "dscp 10 -> 0"], ["dscp 10 -> 0"])];
		const result = sampleResult(hops);
		const lines = (choices: Parameters<typeof formatText>[1]) =>
			formatText(result, { numeric: true, ...choices })
				.split("\n")
				.slice(1, -1);
		expect(lines({ changes: true })).toEqual([
			" 1  10.0.0.1  1.000 ms",
			" 2  10.0.0.2  1.000 ms  1.000 ms [dscp 10 -> 0]",
		]);
		expect(lines({ changes: true, tos: 40 })[1]).toBe(
			" 2  10.0.0.2 <TOS:0,DSCP:0,ECN:0>  1.000 ms <TOS:0,DSCP:0,ECN:0>  1.000 ms [dscp 10 -> 0]",
		);
		expect(lines({ tos: 40 })[1]).toBe(" 2  10.0.0.2  1.000 ms  1.000 ms");
	});

	it("a NAT is marked at the first hop behind it", () => {
		const natted = (ttl: number): HopResult => ({ ...changed(ttl, []), nat: "source" });
		const text = formatText(sampleResult([changed(1, []), natted(2), natted(3)]), { numeric: true, changes: true });
		expect(text.split("\n").slice(1, -1)).toEqual([
			" 1  10.0.0.1  1.000 ms",
			" 2  10.0.0.2  1.000 ms NAT",
			" 3  10.0.0.3  1.000 ms",
		]);
	});

	it("F= stands before the first time of each hop where the length drops", () => {
		const sized = (ttl: number, mtu: number, ...answers: readonly (string | null)[]) => ({
			...hop(ttl, ...answers),
			mtu,
		});
		const result = sampleResult([
			sized(1, 1500, "10.0.0.1", "10.0.0.1"),
			sized(2, 1400, null, "10.0.0.2"),
			sized(3, 1300, null, null),
			sized(4, 1300, "203.0.113.7", "203.0.113.7"),
		]);
		expect(formatText(result, { numeric: true }).split("\n").slice(1, -1)).toEqual([
			" 1  10.0.0.1 F=1500  1.000 ms  1.000 ms",
			" 2  * 10.0.0.2 F=1400  1.000 ms",
			" 3  * *",
			" 4  203.0.113.7 F=1300  1.000 ms  1.000 ms",
		]);
	});
});

describe("what stands beside the hops", () => {
	const handshake = { rttNs: 12_345_000, mss: 1460, sackPermitted: true, timestamps: true, connections: 1 };
	const result = sampleResult([hop(1, "10.0.0.1"), hop(2, "203.0.113.7")]);

	it("a handshake is the first line", () => {
		const lines = (changes: Partial<typeof handshake>) =>
			formatText({ ...result, handshake: { ...handshake, ...changes } }).split("\n")[1];
		expect(lines({})).toBe("hand  12.345 ms <syn,ack,MSS:1460,SACK>");
		expect(lines({ sackPermitted: false, connections: 3 })).toBe("hand  12.345 ms <syn,ack,MSS:1460> (3 connections)");
	});

	it("answers to unmarked packets have a line of their own under the target's number, other companions none", () => {
		const synAck = { icmp: null, kind: "synAck", detail: { flags: ["syn", "ack"] } } as const;
		const unmarked = { ...hop(255, (seq) => answer(seq, "203.0.113.7", synAck), null), name: "unmarked" };
		const companions = [unmarked, { ...hop(9, "203.0.113.7"), name: "size" }];
		const last = (changes: object) =>
			formatText({ ...result, companions, ...changes }, { numeric: true, info: true })
				.split("\n")
				.at(-2);
		expect(last({})).toBe("+ 2  203.0.113.7 <syn,ack>  1.000 ms *");
		expect(last({ reached: false })).toBe("+255  203.0.113.7 <syn,ack>  1.000 ms *");
	});
});

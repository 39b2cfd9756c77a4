import { formatSdpAttribute, isDecodeError, parseSdp, type SdpSection } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { type PreconditionLines, preconditionAttributes, readPreconditions } from "./lines.ts";
import { canMeetPreconditions, failedConnectivity, refusedPreconditions } from "./refusing.ts";
import {
	areMandatory,
	arePreconditionsConfirmed,
	beginStatusTable,
	heardPreconditions,
	provedPreconditions,
	type StatusTable,
} from "./status-table.ts";
import { tellPreconditions } from "./telling.ts";

const BOTH = { send: true, receive: true };

function section(lines: readonly string[], media = "m=audio 9 RTP/AVP 0"): SdpSection {
	const description = parseSdp([media, ...lines.map((line) => `a=${line}`)].join("\r\n"));
	if (isDecodeError(description)) throw new Error("not a description");
	return description.media[0] ?? { items: [] };
}

const read = (...lines: readonly string[]) => readPreconditions(section(lines));
const shown = (lines: PreconditionLines) => preconditionAttributes(lines).map(formatSdpAttribute);
const offered = (table: StatusTable) => shown(tellPreconditions(table, { asks: false }).lines);

describe("the lines of a stream", () => {
	test("are read, and written again as they were", () => {
		const lines = ["curr:conn e2e none", "des:conn mandatory e2e sendrecv", "conf:conn e2e recv"];
		expect(shown(read(...lines))).toEqual(lines);
	});

	test("may call connectivity as the first draft does, and we call it conn", () => {
		const lines = read("curr:connectivity e2e none", "des:connected mandatory e2e sendrecv");
		expect(shown(lines)).toEqual(["curr:conn e2e none", "des:conn mandatory e2e sendrecv"]);
	});

	test("do not count where the stream is refused", () => {
		const lines = readPreconditions(section(["des:qos mandatory e2e sendrecv"], "m=audio 0 RTP/AVP 0"));
		expect(canMeetPreconditions(lines)).toBe(true);
		expect(lines.desired).toEqual([]);
	});
});

describe("two ends that hold the ringing", () => {
	test("go the way of RFC 5898: offer, answer that asks, proof, news, and both may go on", () => {
		const offer = tellPreconditions(beginStatusTable("mandatory"), { asks: false });
		expect(shown(offer.lines)).toEqual(["curr:conn e2e none", "des:conn mandatory e2e sendrecv"]);
		const answer = tellPreconditions(heardPreconditions([], offer.lines), { asks: true });
		expect(shown(answer.lines)).toEqual([
			"curr:conn e2e none",
			"des:conn mandatory e2e sendrecv",
			"conf:conn e2e recv",
		]);
		let caller = heardPreconditions(offer.table, answer.lines);
		let callee = answer.table;
		expect([caller, callee].map(arePreconditionsConfirmed)).toEqual([false, false]);
		caller = provedPreconditions(caller, BOTH);
		const update = tellPreconditions(caller, { asks: false });
		expect(shown(update.lines)).toEqual(["curr:conn e2e sendrecv", "des:conn mandatory e2e sendrecv"]);
		expect(update.table.map(({ told }) => told)).toEqual([BOTH]);
		callee = heardPreconditions(callee, update.lines);
		expect(arePreconditionsConfirmed(callee)).toBe(true);
		expect(offered(callee)).toEqual(["curr:conn e2e sendrecv", "des:conn mandatory e2e sendrecv"]);
	});

	test("see each the other's way round", () => {
		const callee = heardPreconditions([], read("curr:conn e2e send", "des:conn mandatory e2e sendrecv"));
		expect(offered(callee)).toEqual(["curr:conn e2e recv", "des:conn mandatory e2e sendrecv"]);
		const other = heardPreconditions([], read("curr:qos local send", "des:qos optional local send"));
		expect(offered(other)[0]).toBe("curr:qos remote recv");
	});
});

test("a wish grows and never shrinks, each way for itself", () => {
	const wanted = beginStatusTable("optional");
	const stronger = heardPreconditions(wanted, read("curr:conn e2e none", "des:conn mandatory e2e send"));
	expect(offered(stronger)).toEqual([
		"curr:conn e2e none",
		"des:conn optional e2e send",
		"des:conn mandatory e2e recv",
	]);
	const weaker = heardPreconditions(stronger, read("curr:conn e2e none", "des:conn none e2e sendrecv"));
	expect(offered(weaker)).toEqual(offered(stronger));
	expect(shown(tellPreconditions(weaker, { asks: true }).lines).at(-1)).toBe("conf:conn e2e recv");
	expect([areMandatory(wanted), areMandatory(weaker), areMandatory([])]).toEqual([false, true, false]);
});

/** RFC 3312 §5.2: what was said, what we know, and what stands. */
test.each([
	{ said: "none", proved: false, stands: "none" },
	{ said: "sendrecv", proved: true, stands: "sendrecv" },
	{ said: "sendrecv", proved: false, stands: "sendrecv" },
	{ said: "none", proved: true, stands: "sendrecv" },
])("where the other end says $said and we know $proved, $stands stands", ({ said, proved, stands }) => {
	const before = heardPreconditions(beginStatusTable("mandatory"), read("curr:conn e2e sendrecv"));
	const table = provedPreconditions(before, { send: proved, receive: proved });
	const after = heardPreconditions(table, read(`curr:conn e2e ${said}`, "des:conn mandatory e2e sendrecv"));
	expect(offered(after)[0]).toBe(`curr:conn e2e ${stands}`);
});

test("what the other end has to confirm is that its packets arrive here; that ours arrive there we may know", () => {
	const confirmed = (said: string, send: boolean) => {
		const table = heardPreconditions(beginStatusTable("mandatory"), read(`curr:conn e2e ${said}`));
		return arePreconditionsConfirmed(provedPreconditions(table, { send, receive: true }));
	};
	expect([confirmed("send", true), confirmed("sendrecv", false)]).toEqual([true, true]);
	expect([confirmed("send", false), confirmed("recv", true), confirmed("none", true)]).toEqual([false, false, false]);
});

test("what is optional keeps nobody waiting, and nobody is asked to tell of it", () => {
	const table = beginStatusTable("optional");
	expect([areMandatory(table), arePreconditionsConfirmed(table)]).toEqual([false, true]);
	expect(tellPreconditions(table, { asks: true }).lines.confirm).toEqual([]);
	expect(beginStatusTable("none")).toEqual([]);
});

test("an offer of very many is not remembered whole", () => {
	const many = Array.from({ length: 100 }, (_, index) => `des:x${index} optional e2e send`);
	expect(heardPreconditions([], read(...many))).toHaveLength(16);
});

describe("refusing", () => {
	test("is for what is mandatory and not connectivity from end to end, and says which", () => {
		const offer = read(
			"curr:qos local none",
			"des:qos mandatory local sendrecv",
			"des:conn mandatory e2e sendrecv",
			"des:sec optional e2e sendrecv",
			"des:tea mandatory e2e send",
		);
		expect(canMeetPreconditions(offer)).toBe(false);
		expect(shown(refusedPreconditions(offer))).toEqual(["des:qos failure remote sendrecv", "des:tea unknown e2e recv"]);
		expect(canMeetPreconditions(read("des:conn mandatory e2e sendrecv", "des:qos optional local send"))).toBe(true);
		expect(canMeetPreconditions(read("des:conn mandatory local sendrecv"))).toBe(false);
	});

	test("is heard, and is no wish", () => {
		const heard = heardPreconditions(beginStatusTable("mandatory"), failedConnectivity());
		expect(heard.map(({ isRefused, strength }) => [isRefused, strength.send])).toEqual([[true, "mandatory"]]);
		const unknown = heardPreconditions(beginStatusTable("mandatory"), read("des:conn unknown e2e sendrecv"));
		expect(unknown.map(({ isRefused, strength }) => [isRefused, strength.send])).toEqual([[true, "mandatory"]]);
		expect(shown(failedConnectivity())).toEqual(["des:conn failure e2e sendrecv"]);
	});
});

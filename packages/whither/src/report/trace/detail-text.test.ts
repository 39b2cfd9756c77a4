import type { ReplyKind } from "@whither/core";
import { describe, expect, it } from "vitest";
import { formatDetail } from "./detail-text.ts";

const shown = (kind: ReplyKind, detail: Readonly<Record<string, unknown>>, info = false) =>
	formatDetail({ kind, detail }, { info, mss: false });

describe("TCP answers", () => {
	it("show flags and maximum segment size when information is asked for", () => {
		expect(shown("synAck", { flags: ["syn", "ack"], mss: 1460 }, true)).toBe("syn,ack,MSS:1460");
		expect(shown("rst", { flags: ["rst", "ack"] }, true)).toBe("rst,ack");
	});
	it("show nothing otherwise, nor where nothing is known", () => {
		expect(shown("synAck", { flags: ["syn", "ack"], mss: 1460 })).toBe("");
		expect(shown("synAck", {}, true)).toBe("");
	});
});

describe("TCP answers beyond SYNs", () => {
	it("say with what mark our SYN came, where Accurate ECN tells", () => {
		expect(shown("synAck", { flags: ["syn", "ack"], ecn: "accEcn", ecnSeen: "ect0" }, true)).toBe("syn,ack,ECN:ect0");
		expect(shown("synAck", { flags: ["syn", "ack"], ecn: "accEcn", ecnSeen: "ect0" })).toBe("");
	});
	it("inside a connection are told by SACK", () => {
		expect(shown("ack", { sack: [[17, 18]] })).toBe("ack,SACK");
		expect(shown("ack", {})).toBe("");
		expect(shown("ack", { flags: ["ack"] }, true)).toBe("ack");
	});
});

describe("answers of other transports", () => {
	it.each([
		["dccp", { type: "response" }, "response"],
		["dccp", { type: "reset", resetCode: "connectionRefused" }, "reset,connectionRefused"],
		["sctp", { chunk: "initAck" }, "initAck"],
		["sctp", { chunk: "abort", causes: ["outOfResource", "12"] }, "abort,outOfResource,12"],
		["sctp", { chunk: "\u001b[2J" }, "\\u{1b}[2J"],
		["udpLite", {}, ""],
		["protocol", {}, ""],
	] as const)("%s %j", (kind, detail, text) => expect(shown(kind, detail)).toBe(text));
});

describe("QUIC answers", () => {
	it.each([
		[{ packet: "initial" }, "Q:I"],
		[{ packet: "versionNegotiation" }, "Q:V"],
		[{ packet: "initial", again: [{ packet: "retry", rttNs: 5 }] }, "Q:R+I"],
		[{ packet: "initial", again: [{ packet: "versionNegotiation" }, { packet: "retry" }] }, "Q:V+R+I"],
		[{ packet: "handshake" }, "Q:H"],
		[{ packet: "initial", ecn: { ect0: 1, ect1: 0, ce: 0 } }, "Q:I,ECT0:1,ECT1:0,ECN-CE:0"],
		[{ packet: "initial", ecn: {} }, "Q:I"],
		[
			{ packet: "initial", close: { error: "CRYPTO_ERROR (no_application_protocol)", code: 0x178 } },
			"Q:I close CRYPTO_ERROR (no_application_protocol)",
		],
		[
			{ packet: "initial", ecn: { ect0: 1, ect1: 0, ce: 0 }, close: { error: "application \u001b" } },
			"Q:I,ECT0:1,ECT1:0,ECN-CE:0 close application \\u{1b}",
		],
		[{ packet: "initial", close: {} }, "Q:I"],
		[{ packet: "reset" }, "Q:S"],
		[{ packet: "somethingNew" }, "Q:U"],
		[{}, ""],
	])("%j", (detail, text) => expect(shown("quic", detail)).toBe(text));
});

describe("DNS answers", () => {
	it("are the records", () => {
		const answers = ["example.com. A 300 192.0.2.7", "example.com. A 300 192.0.2.8"];
		expect(shown("dns", { rcode: "NoError", truncated: false, answers })).toBe(
			"example.com. A 300 192.0.2.7; example.com. A 300 192.0.2.8",
		);
	});
	it("without records are the response code", () => {
		expect(shown("dns", { rcode: "NXDomain", truncated: false, answers: [] })).toBe("NXDomain");
	});
	it("cannot move the cursor", () => {
		expect(shown("dns", { answers: ["a. TXT 300 \u001b[2J"] })).toBe("a. TXT 300 \\u{1b}[2J");
	});
});

describe("STUN answers", () => {
	it.each([
		[{ response: "success", mapped: { address: "198.51.100.9", port: 50_000 } }, "198.51.100.9:50000"],
		[{ response: "success", mapped: { address: "2001:db8::9", port: 50_000 } }, "[2001:db8::9]:50000"],
		[{ response: "success", mapped: { address: "198.51.100.9" } }, "198.51.100.9"],
		[{ response: "success" }, ""],
		[{ response: "success", mapped: { address: "198.51.100.9" }, integrity: "wrong" }, "198.51.100.9,wrong integrity"],
		[{ response: "success", integrity: "wrong" }, "wrong integrity"],
		[{ response: "success", integrity: "right" }, ""],
		[{ response: "success", mapped: null }, ""],
		[{ response: "error", code: 420, reason: "Unknown Attribute" }, "420 Unknown Attribute"],
		[{ response: "error", code: 401, reason: "" }, "401 Unauthenticated"],
		[{ response: "error", code: 499, reason: "" }, "499"],
		[{ response: "error", code: 401, reason: "\u001b[2J" }, "401 \\u{1b}[2J"],
		[{ response: "error" }, ""],
	])("%j", (detail, text) => expect(shown("stun", detail)).toBe(text));
});

it("other answers have nothing to show", () => {
	expect(shown("timeExceeded", { flags: ["syn"], packet: "initial", answers: ["x"] }, true)).toBe("");
});

import type { ReplyKind } from "@whither/core";
import { describe, expect, it } from "vitest";
import { formatDetail } from "./detail-text.ts";

const shown = (kind: ReplyKind, detail: Readonly<Record<string, unknown>>, info = false) =>
	formatDetail({ kind, detail }, { info });

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

describe("QUIC answers", () => {
	it.each([
		[{ packet: "initial" }, "Q:I"],
		[{ packet: "versionNegotiation" }, "Q:V"],
		[{ packet: "initial", again: [{ packet: "retry", rttNs: 5 }] }, "Q:R+I"],
		[{ packet: "initial", again: [{ packet: "versionNegotiation" }, { packet: "retry" }] }, "Q:V+R+I"],
		[{ packet: "handshake" }, "Q:H"],
		[{ packet: "reset" }, "Q:S"],
		[{ packet: "somethingNew" }, "Q:U"],
		[{}, ""],
	])("%j", (detail, text) => expect(shown("quic", detail)).toBe(text));
});

describe("DNS answers", () => {
	const a = { name: "example.com.", type: "A", class: "IN", ttl: 300, rdata: "192.0.2.7" };
	it("are the records", () => {
		expect(shown("dns", { rcode: "NOERROR", answers: [a, { ...a, rdata: "192.0.2.8" }] })).toBe(
			"example.com.,A,IN,300,192.0.2.7; example.com.,A,IN,300,192.0.2.8",
		);
		expect(shown("dns", { rcode: 0, answers: [{ ...a, type: 1, class: 1 }] })).toBe("example.com.,A,IN,300,192.0.2.7");
	});
	it("without records are the response code", () => {
		expect(shown("dns", { rcode: "NXDOMAIN", answers: [] })).toBe("NXDOMAIN");
		expect(shown("dns", { rcode: 3 })).toBe("NXDomain");
	});
	it("cannot move the cursor", () => {
		expect(shown("dns", { answers: [{ ...a, rdata: "\u001b[2J" }] })).toContain("\\u{1b}[2J");
	});
});

it("other answers have nothing to show", () => {
	expect(shown("timeExceeded", { flags: ["syn"], packet: "initial", answers: ["x"] }, true)).toBe("");
});

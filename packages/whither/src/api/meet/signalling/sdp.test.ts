import { isDecodeError, parseSdp } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DescriptionMessage } from "./message.ts";
import { answerOf, messagesOf, offerOf } from "./sdp.ts";

const OFFER = `v=0
o=- 46117317 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 6e3d5a0c-5f3e-4a52-9f4b-1a2b3c4d5e6f.local 50000 typ host generation 0 network-cost 999
a=ice-ufrag:sXJ3
a=ice-pwd:yEclOTrLg1gEubBFefOqtmyV
a=ice-options:trickle
a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}
a=setup:actpass
a=mid:0
a=sctp-port:5000
a=max-message-size:262144
`.replaceAll("\n", "\r\n");

const description: DescriptionMessage = {
	...{ type: "description", tool: "whither 0.1.0", ufrag: "abcd", pwd: "x".repeat(22), options: ["ice2", "trickle"] },
	...{ pacingMs: 5, lite: false },
};
const LINE = "candidate:1 1 UDP 2130706431 203.0.113.7 50000 typ host";
const end = { description, lines: [LINE], isComplete: true };

describe("a browser's offer", () => {
	test("is read as messages", () => {
		const [said, told, ...others] = messagesOf(OFFER, "a browser", ["more"]) ?? [];
		expect(said).toMatchObject({ type: "description", tool: "a browser", ufrag: "sXJ3", options: ["trickle", "more"] });
		expect(said).toHaveProperty("fingerprint", `sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`);
		expect(told).toMatchObject({ type: "candidates", ufrag: "sXJ3" });
		expect(others).toEqual([]);
	});

	test("is answered by an end without DTLS, which leaves the line quiet", () => {
		const answer = answerOf(end, OFFER) ?? "";
		for (const line of ["a=setup:active", "a=mid:0", "a=group:BUNDLE 0", "a=ice-ufrag:abcd", "a=end-of-candidates"])
			expect(answer).toContain(`${line}\r\n`);
		expect(answer).toContain(`a=${LINE}\r\n`);
		expect(answer).toMatch(/a=fingerprint:sha-256 (00:){31}00/);
		expect(messagesOf(answer, "x")).toMatchObject([{ ufrag: "abcd", pacingMs: 5 }, { lines: [LINE] }, {}]);
	});

	test("is answered by the name that it gives its channel", () => {
		const named = OFFER.replace("a=mid:0", "a=mid:data").replace("BUNDLE 0", "BUNDLE data");
		const answer = answerOf(end, named) ?? "";
		for (const line of ["a=mid:data", "a=group:BUNDLE data"]) expect(answer).toContain(`${line}\r\n`);
	});

	test("is answered by another browser as the one that waits for DTLS", () => {
		const fingerprint = `sha-256 ${Array.from({ length: 32 }, () => "CD").join(":")}`;
		const answer = answerOf({ ...end, description: { ...description, fingerprint } }, OFFER);
		expect(answer).toContain("a=setup:active\r\n");
		expect(answer).toContain(`a=fingerprint:${fingerprint}\r\n`);
	});

	test("with media beside the channel has those refused", () => {
		const both = `${OFFER}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n`;
		expect(answerOf(end, both)).toContain("m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n");
	});

	test("that is none has no messages and no answer", () => {
		const noIce = OFFER.replace(/a=ice-ufrag.*\r\n/, "");
		const audio = OFFER.replace("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=audio 9 RTP/AVP 0");
		for (const text of ["", "hello", noIce, audio, "v=0\r\n".repeat(9000)]) expect(messagesOf(text, "x")).toBeNull();
		expect(answerOf(end, audio)).not.toContain("setup");
		expect(answerOf(end, "hello")).toBeNull();
	});

	test("that was cut, doubled or changed anywhere throws nothing", () => {
		const lines = OFFER.split("\r\n");
		const mangled = fc
			.array(fc.tuple(fc.nat(lines.length), fc.constantFrom("drop", "twice", "cut", "noise"), fc.string()))
			.map((changes) => changes.reduce((text, [at, what, noise]) => mangle(text, at, what, noise), lines).join("\r\n"));
		fc.assert(
			fc.property(mangled, (sdp) => {
				const messages = messagesOf(sdp, "x");
				const answer = answerOf(end, sdp);
				if (messages !== null && answer !== null) expect(isDecodeError(parseSdp(answer))).toBe(false);
			}),
			{ numRuns: 300 },
		);
	});
});

test("an end's offer is read as what it said", () => {
	expect(messagesOf(offerOf(end), "whither 0.1.0")).toMatchObject([
		{ ...description, fingerprint: `sha-256 ${Array.from({ length: 32 }, () => "00").join(":")}` },
		{ type: "candidates", ufrag: "abcd", lines: [LINE] },
		{ type: "endOfCandidates", ufrag: "abcd" },
	]);
});

function mangle(lines: readonly string[], at: number, what: string, noise: string): string[] {
	const line = lines[at] ?? "";
	if (what === "drop") return lines.filter((_, index) => index !== at);
	const changed = what === "twice" ? [line, line] : what === "cut" ? [line.slice(0, noise.length)] : [line + noise];
	return lines.flatMap((each, index) => (index === at ? changed : [each]));
}

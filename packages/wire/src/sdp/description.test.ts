import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDecodeError } from "../error.ts";
import { formatSdpAttribute, parseSdpAttribute, SDP_ATTRIBUTES, type SdpAttributeName } from "./attributes.ts";
import { formatSdp, parseSdp, type SdpDescription, sdpAttributes, sdpLine } from "./description.ts";
import { iceDescriptions, iceFragment } from "./ice-description.ts";

const OFFER = [
	"v=0",
	"o=- 4611731400430051336 2 IN IP4 127.0.0.1",
	"s=-",
	"t=0 0",
	"a=group:BUNDLE 0",
	"a=ice-options:ice2",
	"a=ice-pacing:20",
	"a=ice-ufrag:sess",
	"a=ice-pwd:asd88fgpdd777uzjYhagZg",
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
	"c=IN IP4 0.0.0.0",
	"a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host",
	"a=candidate:2 1 XYZ 1 203.0.113.141 8998 typ host",
	"a=ice-ufrag:medi",
	"a=ice-pwd:0123456789012345678901",
	"a=ice-options:trickle renomination",
	"a=fingerprint:sha-256 AB:CD:EF",
	"a=setup:actpass",
	"a=mid:0",
	"a=sctp-port:5000",
	"a=end-of-candidates",
	"",
].join("\r\n");

function parsed(text: string): SdpDescription {
	const description = parseSdp(text);
	if (isDecodeError(description)) throw new Error(`line ${description.offset}`);
	return description;
}

describe("a session description", () => {
	test("comes back as it was, with every line that nobody knows", () => {
		expect(formatSdp(parsed(OFFER))).toBe(OFFER);
		expect(formatSdp(parsed(OFFER.replaceAll("\r\n", "\n")))).toBe(OFFER);
	});

	test("tells ICE what counts for a stream, which comes before what counts for all", () => {
		const [stream] = iceDescriptions(parsed(OFFER));
		expect(stream).toMatchObject({
			media: "application 9 UDP/DTLS/SCTP webrtc-datachannel",
			mid: "0",
			ufrag: "medi",
			pwd: "0123456789012345678901",
			options: ["ice2", "trickle", "renomination"],
			lite: false,
			mismatch: false,
			pacingMs: 20,
			endOfCandidates: true,
			fingerprints: [{ hash: "sha-256", value: "AB:CD:EF" }],
			setup: "actpass",
		});
		expect(stream?.candidates).toHaveLength(1);
	});

	test("without streams speaks for one", () => {
		const [only, ...more] = iceDescriptions(parsed("a=ice-lite\na=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\n"));
		expect(more).toEqual([]);
		expect(only).toMatchObject({ media: null, ufrag: "abcd", lite: true, pacingMs: null, options: [] });
	});

	test("may have commas between its options, as libjuice writes them", () => {
		const [only] = iceDescriptions(parsed("a=ice-options:ice2,trickle\n"));
		expect(only?.options).toEqual(["ice2", "trickle"]);
	});

	test("is an error where a line is none", () => {
		expect(parseSdp("v=0\nhello")).toMatchObject({ error: "badValue", offset: 1 });
		expect(parseSdp("a=mid:0\n".repeat(10_001))).toMatchObject({ error: "badLength" });
	});

	test("is not written with more lines than it has", () => {
		const session = { items: [{ type: "s", value: "a\r\nb" }] };
		expect(() => formatSdp({ session, media: [] })).toThrow(RangeError);
	});

	test("never throws when it is read", () => {
		const line = fc.oneof(fc.string(), fc.constantFrom(...OFFER.split("\r\n")));
		fc.assert(
			fc.property(fc.array(line), (lines) => {
				const description = parseSdp(lines.join("\n"));
				if (!isDecodeError(description)) iceDescriptions(description);
			}),
		);
	});
});

test("a fragment for trickling tells what is new of each stream", () => {
	const [candidate] = sdpAttributes(parsed(OFFER).media[0] ?? { items: [] }, "candidate");
	if (candidate === undefined) throw new Error("the offer has a candidate");
	const text = formatSdp(
		iceFragment({
			...{ ufrag: "abcd", pwd: "0123456789012345678901", options: ["ice2", "trickle"], pacingMs: 5, lite: true },
			streams: [{ media: "audio 9 RTP/AVP 0", mid: "1", candidates: [candidate], endOfCandidates: true }],
			endOfCandidates: true,
		}),
	);
	expect(text.split("\r\n")).toEqual([
		"a=ice-lite",
		"a=ice-pacing:5",
		"a=ice-options:ice2 trickle",
		"a=ice-ufrag:abcd",
		"a=ice-pwd:0123456789012345678901",
		"a=end-of-candidates",
		"m=audio 9 RTP/AVP 0",
		"a=mid:1",
		"a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host",
		"a=end-of-candidates",
		"",
	]);
	expect(sdpLine(parsed(text).media[0] ?? { items: [] }, "m")).toBe("audio 9 RTP/AVP 0");
});

const LINES: Readonly<Record<SdpAttributeName, string>> = {
	candidate: "candidate:1 1 UDP 1 192.0.2.1 9 typ host",
	remoteCandidates: "remote-candidates:1 192.0.2.1 9 2 192.0.2.1 10",
	iceLite: "ice-lite",
	iceMismatch: "ice-mismatch",
	icePacing: "ice-pacing:50",
	iceUfrag: "ice-ufrag:abcd",
	icePwd: "ice-pwd:0123456789012345678901",
	iceOptions: "ice-options:ice2 trickle",
	endOfCandidates: "end-of-candidates",
	mid: "mid:0",
	group: "group:BUNDLE 0 1",
	bundleOnly: "bundle-only",
	rtcp: "rtcp:53020 IN IP6 2001:db8::1",
	rtcpMux: "rtcp-mux",
	fingerprint: "fingerprint:sha-256 AB:CD",
	setup: "setup:active",
	tlsId: "tls-id:abc3de65cddef001be82",
	alt: "alt:1 1.0 : user pass 10.0.1.1 1010 10.0.1.1 1012",
	curr: "curr:conn e2e none",
	des: "des:conn mandatory e2e sendrecv",
	conf: "conf:conn e2e recv",
};

test.each(Object.keys(SDP_ATTRIBUTES) as SdpAttributeName[])(
	"%s is known, and kept as text where it does not fit",
	(name) => {
		const known = parseSdpAttribute(LINES[name]);
		expect(known.name).toBe(name);
		expect(formatSdpAttribute(known)).toBe(LINES[name]);
		const { attribute } = SDP_ATTRIBUTES[name];
		for (const line of [`${attribute}:\u0001`, `${attribute}: `]) {
			expect(parseSdpAttribute(line)).toMatchObject({ name: "unknown", attribute });
			expect(formatSdpAttribute(parseSdpAttribute(line))).toBe(line);
		}
	},
);

test("values that do not fit are not written", () => {
	expect(() => formatSdpAttribute({ name: "iceUfrag", value: "abc" })).toThrow(RangeError);
	expect(() => formatSdpAttribute({ name: "icePacing", value: 0.5 })).toThrow(RangeError);
	expect(() => formatSdpAttribute({ name: "iceOptions", value: [] })).toThrow(RangeError);
	expect(() => formatSdpAttribute({ name: "fingerprint", value: { hash: "sha-1", value: "" } })).toThrow(RangeError);
});

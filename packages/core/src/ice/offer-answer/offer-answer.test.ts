import {
	formatSdp,
	type IceCandidateLine,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	type SdpAttribute,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import type { IceOwnDescription } from "../credentials.ts";
import type { IcePairReport } from "../ice-io.ts";
import { IceWorld } from "../ice-world.fixture.ts";
import { iceTrickle, readTrickle } from "./fragment.ts";
import { answersTo, compareIce, iceInputs, readIce } from "./reading.ts";
import { weighSelected } from "./selected.ts";
import type { IceSide, SdpMedia } from "./shapes.ts";
import { iceAnswer, iceOffer } from "./writing.ts";

const OWN: IceOwnDescription = {
	...{ ufrag: "abcd", pwd: "0123456789012345678901", options: ["ice2", "trickle"], lite: false, pacingMs: 20 },
};
const ORIGIN = { id: "1", version: 1 };
const FINGERPRINT: SdpAttribute = { name: "fingerprint", value: { hash: "sha-256", value: "AB:CD" } };
const SETUP: SdpAttribute = { name: "setup", value: "actpass" };
const SCTP: SdpAttribute = { name: "unknown", attribute: "sctp-port", value: "5000" };
const DATA: SdpMedia = {
	...{ mid: "0", kind: "application", protocol: "UDP/DTLS/SCTP", formats: "webrtc-datachannel" },
	attributes: [FINGERPRINT, SETUP, SCTP],
};
const AUDIO: SdpMedia = {
	...{ mid: "1", kind: "audio", protocol: "UDP/TLS/RTP/SAVPF", formats: "111" },
	attributes: [FINGERPRINT, SETUP, { name: "rtcpMux", value: true }],
};

function line(text: string): IceCandidateLine {
	const candidate = parseIceCandidate(text);
	if (isDecodeError(candidate)) throw new Error(text);
	return candidate;
}
const HOST = line("1 1 UDP 2130706431 10.0.1.1 8998 typ host");
const SRFLX = line("2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998");
const NAMED = line("3 1 UDP 2130706431 x.local 8998 typ host");
const TCP = line("4 1 TCP 1518280447 10.0.1.1 9 typ host tcptype active");
const RTCP = line("1 2 UDP 2130706430 10.0.1.1 8999 typ host");

const side = (lines: readonly IceCandidateLine[], more: Partial<IceSide> = {}): IceSide => ({
	...{ own: OWN, isComplete: false, candidates: lines.map((each) => ({ line: each })) },
	...more,
});
const offered = (ice: IceSide, media: readonly SdpMedia[] = [DATA], bundle = true) =>
	formatSdp(iceOffer({ origin: ORIGIN, media, ice, bundle }));
function parsed(text: string) {
	const description = parseSdp(text);
	if (isDecodeError(description)) throw new Error(`line ${description.offset}`);
	return description;
}
const read = (text: string) => readIce(parsed(text));
const lines = (text: string) => text.split("\r\n").filter((each) => each !== "");

describe("an offer", () => {
	test("says what ICE, DTLS and bundling want, in an order that all read", () => {
		expect(lines(offered(side([])))).toEqual([
			...["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=ice-pacing:20"],
			...["a=ice-options:ice2 trickle", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0"],
			...["a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901"],
			...["a=fingerprint:sha-256 AB:CD", "a=setup:actpass", "a=sctp-port:5000"],
		]);
	});

	test("is sent where most could send: by UDP, to what a server has seen before one's own address", () => {
		const text = offered(side([HOST, SRFLX, TCP, NAMED, RTCP], { isComplete: true }));
		expect(lines(text)).toEqual(
			expect.arrayContaining([
				...["m=application 45664 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 192.0.2.3"],
				...["a=rtcp:8999 IN IP4 10.0.1.1", "a=end-of-candidates"],
				"a=candidate:4 1 TCP 1518280447 10.0.1.1 9 typ host tcptype active",
			]),
		);
		expect(read(text)[0]?.support).toBe("ice");
	});

	test("of a browser's, bundled and with RTCP on RTP's port, is one stream", () => {
		const ice = (mid: number) =>
			`a=ice-ufrag:COk0\na=ice-pwd:9TB/rqYT3qxRZjVgLUG07Biv\na=ice-options:trickle\na=mid:${mid}\n`;
		const text = [
			"v=0\no=- 4578 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\na=msid-semantic: WMS\n",
			`m=audio 9 UDP/TLS/RTP/SAVPF 111 63\nc=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\n${ice(0)}a=rtcp-mux\n`,
			`m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n${ice(1)}a=setup:actpass\n`,
		].join("");
		const [stream, ...more] = read(text);
		expect(more).toEqual([]);
		expect(stream).toMatchObject({ sections: [0, 1], support: "ice", peer: { ufrag: "COk0", options: ["trickle"] } });
		const apart = read(text.replace("a=group:BUNDLE 0 1\n", ""));
		expect(apart.map(({ sections }) => sections)).toEqual([[0], [1]]);
		const refused = read(text.replace("m=audio 9", "m=audio 0"));
		expect(refused.map(({ sections }) => sections)).toEqual([[1]]);
	});

	test("hides where it is sent with an address that is hidden", () => {
		expect(lines(offered(side([NAMED])))).toContain("c=IN IP4 0.0.0.0");
	});

	test("of one that is lite says so, and no pace", () => {
		const own = { ...OWN, lite: true };
		const text = offered({ ...side([HOST]), own });
		expect(lines(text)).toContain("a=ice-lite");
		expect(text).not.toContain("ice-pacing");
		expect(read(text)[0]?.peer).toMatchObject({ lite: true, pacingMs: null });
	});

	test("has one transport for all sections, or one for each", () => {
		const both = read(offered(side([HOST]), [DATA, AUDIO]));
		expect(both).toMatchObject([{ sections: [0, 1], mids: ["0", "1"] }]);
		const own = { ...side([]), candidates: [HOST, SRFLX].map((each, stream) => ({ stream, line: each })) };
		const apart = read(offered(own, [DATA, AUDIO], false));
		expect(apart.map(({ sections, candidates }) => [sections, candidates])).toEqual([
			[[0], [HOST]],
			[[1], [SRFLX]],
		]);
		expect(iceInputs(apart)?.[0]).toMatchObject({ type: "peer", candidates: [{ stream: 0 }, { stream: 1 }] });
	});
});

const pair = (more: Partial<IcePairReport> = {}): IcePairReport =>
	({
		...{ stream: 0, component: 1, local: SRFLX, remote: HOST, state: "succeeded", writable: true, selected: true },
		...more,
	}) as IcePairReport;

describe("an offer after pairs are selected", () => {
	const selected = [pair()];

	test("has those alone, and names the peer's ends where it controls", () => {
		const text = offered(side([HOST, SRFLX], { selected, role: "controlling" }));
		expect(lines(text).filter((each) => each.startsWith("a=candidate"))).toHaveLength(1);
		expect(lines(text)).toEqual(
			expect.arrayContaining([
				"m=application 45664 UDP/DTLS/SCTP webrtc-datachannel",
				"a=remote-candidates:1 10.0.1.1 8998",
			]),
		);
		expect(offered(side([HOST], { selected, role: "controlled" }))).not.toContain("remote-candidates");
		const answer = iceAnswer(parsed(text), {
			...{ origin: ORIGIN, media: [{}], ice: side([HOST], { selected, role: "controlling" }), mismatch: "refuse" },
		});
		expect(formatSdp(answer)).not.toContain("remote-candidates");
	});

	test("may overtake the checks that it speaks of", () => {
		const [stream] = read(offered(side([SRFLX], { selected, role: "controlling" })));
		if (stream === undefined) throw new Error("there is a stream");
		const mine = pair({ local: HOST, remote: SRFLX });
		expect(weighSelected(stream, [mine])).toEqual({ kind: "agreed", pairs: [mine] });
		expect(weighSelected(stream, [pair({ ...mine, writable: false, state: "inProgress" })]).kind).toBe("wait");
		expect(weighSelected(stream, [pair({ ...mine, writable: false, state: "failed" })]).kind).toBe("failed");
		expect(weighSelected(stream, []).kind).toBe("failed");
		expect(weighSelected({ ...stream, remoteCandidates: [] }, [mine]).kind).toBe("none");
	});
});

describe("an answer", () => {
	const answer = (offer: string, media: Parameters<typeof iceAnswer>[1]["media"], ice: IceSide | null = side([HOST])) =>
		formatSdp(iceAnswer(parsed(offer), { origin: ORIGIN, media, ice, mismatch: "refuse" }));

	test("has the sections of the offer in their order, bundled as it offers, and refuses what it is told to", () => {
		const video = { ...AUDIO, mid: "2", kind: "video" };
		const offer = offered(side([SRFLX]), [DATA, AUDIO, video]);
		const text = answer(offer, [{ attributes: [FINGERPRINT] }, { attributes: [FINGERPRINT, SETUP] }, null]);
		expect(lines(text)).toEqual([
			...["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=ice-pacing:20"],
			...["a=ice-options:ice2 trickle", "m=application 8998 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 10.0.1.1"],
			...["a=mid:0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901"],
			...["a=candidate:1 1 UDP 2130706431 10.0.1.1 8998 typ host", "a=fingerprint:sha-256 AB:CD"],
			...["m=audio 8998 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 10.0.1.1", "a=mid:1"],
			...["m=video 0 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:2"],
		]);
		expect(read(text)).toMatchObject([{ sections: [0, 1], support: "ice" }]);
	});

	test("to streams of their own keeps their numbers, though one of them is refused", () => {
		const offer = offered(side([]), [DATA, AUDIO], false);
		const own = { ...side([]), candidates: [HOST, SRFLX].map((each, stream) => ({ stream, line: each })) };
		const text = answer(offer, [null, {}], own);
		expect(lines(text).filter((each) => each.startsWith("m="))).toEqual([
			"m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
			"m=audio 45664 UDP/TLS/RTP/SAVPF 111",
		]);
		expect(text).not.toContain("a=group");
		const answers = answersTo(read(offer), read(text));
		expect(answers.map((each) => each?.sections ?? null)).toEqual([null, [1]]);
		expect(iceInputs(answers)).toEqual([
			expect.objectContaining({ type: "peer", candidates: [{ stream: 1, line: SRFLX }] }),
		]);
	});

	test("to other users' streams wants an agent for each", () => {
		const two = offered(side([]), [DATA, AUDIO], false).replace("a=ice-ufrag:abcd", "a=ice-ufrag:efgh");
		expect(iceInputs(read(two))).toBeNull();
		expect(read(two).map((each) => iceInputs([each]) !== null)).toEqual([true, true]);
	});

	test("knows no ICE where the offer knows none", () => {
		const offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP 0\r\n";
		expect(read(offer)).toMatchObject([{ support: "none", peer: null }]);
		expect(answer(offer, [{}], null)).not.toMatch(/ice|candidate/);
		expect(iceInputs(read(offer))).toBeNull();
	});

	test("says so where an address of the offer's has been changed on the way, and the offerer understands", () => {
		const changed = offered(side([SRFLX])).replace("c=IN IP4 192.0.2.3", "c=IN IP4 198.51.100.9");
		expect(read(changed)[0]?.support).toBe("mismatch");
		const text = answer(changed, [{}]);
		expect(lines(text)).toContain("a=ice-mismatch");
		expect(text).not.toContain("a=candidate");
		expect(read(text)).toMatchObject([{ support: "refused" }]);
		const going = iceAnswer(parsed(changed), { origin: ORIGIN, media: [{}], ice: side([HOST]), mismatch: "ignore" });
		expect(readIce(going)).toMatchObject([{ support: "ice" }]);
	});
});

describe("a destination", () => {
	const withLine = (m: string, c: string, more = "") =>
		`v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\nm=audio ${m} RTP/AVP 0\nc=IN ${c}\na=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\na=candidate:1 1 UDP 1 192.0.2.1 5000 typ host\n${more}`;
	test.each([
		["a candidate", "5000", "IP4 192.0.2.1", "", "ice"],
		["nowhere yet", "9", "IP4 0.0.0.0", "", "ice"],
		["nowhere yet, of IPv6", "9", "IP6 ::", "", "ice"],
		["a name", "5000", "IP4 host.example", "", "ice"],
		["another port", "5001", "IP4 192.0.2.1", "", "mismatch"],
		["nowhere at a port", "5000", "IP4 0.0.0.0", "", "mismatch"],
		["RTCP elsewhere", "5000", "IP4 192.0.2.1", "a=rtcp:5001\n", "mismatch"],
		[
			"RTCP at a candidate",
			"5000",
			"IP4 192.0.2.1",
			"a=rtcp:5001\na=candidate:1 2 UDP 1 192.0.2.1 5001 typ host\n",
			"ice",
		],
		["RTCP that shares RTP's port", "5000", "IP4 192.0.2.1", "a=rtcp:9 IN IP4 0.0.0.0\na=rtcp-mux\n", "ice"],
	])("that is %s", (_, m, c, more, support) => {
		expect(read(withLine(m, c, more))).toMatchObject([{ support }]);
	});
});

test("what a later description wants is told by its user and password", () => {
	const of = (more: Partial<IceOwnDescription>) => read(offered({ ...side([HOST]), own: { ...OWN, ...more } }))[0];
	const [before] = [of({})];
	const after = (more: Partial<IceOwnDescription>) => {
		const now = of(more);
		if (before === undefined || now === undefined) throw new Error("there is a stream");
		return compareIce(before, now);
	};
	expect(after({})).toBe("same");
	expect(after({ ufrag: "efgh", pwd: "9999999999999999999999", pacingMs: 5 })).toBe("restart");
	expect(after({ ufrag: "efgh" })).toBe("wrong");
	expect(after({ pacingMs: 5 })).toBe("wrong");
	expect(after({ lite: true })).toBe("wrong");
});

describe("a fragment", () => {
	const streams = read(offered(side([])));

	test("tells candidates of their streams, and the end", () => {
		const text = formatSdp(iceTrickle([DATA], side([HOST, SRFLX], { isComplete: true })));
		expect(readTrickle(parsed(text), streams)).toEqual([
			{ type: "remoteCandidates", candidates: [HOST, SRFLX].map((each) => ({ stream: 0, line: each })) },
			{ type: "endOfCandidates", stream: 0 },
		]);
	});

	test("of another generation or stream tells nothing", () => {
		const own = { ...OWN, ufrag: "efgh" };
		expect(readTrickle(iceTrickle([DATA], { ...side([HOST]), own }), streams)).toBeNull();
		expect(readTrickle(iceTrickle([AUDIO], side([HOST])), streams)).toBeNull();
		const late = line("1 1 UDP 1 192.0.2.1 9 typ host ufrag efgh");
		expect(readTrickle(iceTrickle([DATA], side([late])), streams)).toEqual([]);
	});

	test("without sections ends all streams", () => {
		const two = read(offered(side([]), [DATA, AUDIO], false));
		expect(readTrickle(parsed("a=ice-ufrag:abcd\na=end-of-candidates\n"), two)).toHaveLength(2);
	});
});

test("two agents meet by what they read of each other's descriptions", () => {
	const met = new IceWorld({ stun: false, signallingMs: 1e9 });
	const sideOf = (name: "a" | "b"): IceSide => ({
		own: met[name].agent.own,
		candidates: met[name].told("candidate").map(({ stream, line: each }) => ({ stream, line: each })),
		isComplete: true,
		role: met[name].agent.role,
	});
	const offer = parsed(formatSdp(iceOffer({ origin: ORIGIN, media: [DATA], ice: sideOf("a"), bundle: true })));
	for (const input of iceInputs(readIce(offer)) ?? []) met.step("b", input);
	const answer = iceAnswer(offer, { origin: ORIGIN, media: [{}], ice: sideOf("b"), mismatch: "refuse" });
	for (const input of iceInputs(readIce(parsed(formatSdp(answer)))) ?? []) met.step("a", input);
	met.passUntil("completed", 5);
	expect([met.a.agent.state, met.b.agent.state]).toEqual(["completed", "completed"]);
});

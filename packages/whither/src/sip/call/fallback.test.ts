import { describe, expect, it } from "vitest";
import type { SipBody } from "../agent/agent-io.ts";
import { turn, twoEnds } from "./call-ends.fixture.ts";
import type { SipSignallingOrder } from "./call-order.ts";

type Kind = SipSignallingOrder["ice"];

/** A calls B, both say all that they have, and B's checks of the first draft have had their time. */
async function called(a: Kind, b: Kind, more: Parameters<typeof twoEnds>[0] = {}) {
	const ends = twoEnds({ ...more, a: { ice: a, ...more.a }, b: { ice: b, ...more.b } });
	ends.a.saysAll();
	ends.b.saysAll();
	await ends.time.pass(2_000);
	return ends;
}

/** Descriptions without what an ICE says in them, as phones without it write them. */
function withoutIce(body: SipBody): SipBody {
	const lines = body.text.split("\r\n").filter((line) => !/^a=(ice|candidate|alt|end|mid|rtcp)/.test(line));
	return { ...body, text: lines.join("\r\n") };
}

const WITHOUT_ICE = [
	["modern", "first-draft"],
	["trickle", "first-draft"],
	["first-draft", "modern"],
	["first-draft", "trickle"],
] as const;

describe("two ends that speak different ICE", () => {
	it.each(WITHOUT_ICE)(
		"%s calls %s: both send where the other's m= and c= say, and it rings at once",
		async (one, other) => {
			const { a, b, log, sdp } = await called(one, other);
			const speaks = one === "first-draft" ? "first-draft" : "modern";
			expect(log).toEqual(["B REGISTER", "A INVITE", "B 180", "B 200"]);
			const [ofA, ofB] = [
				{ address: "192.0.2.1", port: 4000 },
				{ address: "192.0.2.2", port: 4000 },
			];
			expect(a.heard).toEqual([{ type: "destination", tool: "phone B", destination: ofB, rtcp: null, named: ofA }]);
			expect(b.heard).toEqual([{ type: "destination", tool: "phone A", destination: ofA, rtcp: null, speaks }]);
			expect([a.hasMet, b.hasMet, a.failure, b.failure, a.call?.status]).toEqual([
				true,
				true,
				undefined,
				undefined,
				200,
			]);
			const answer = sdp("B 200").split("\r\n");
			expect(answer).toContain("m=audio 4000 RTP/AVP 0");
			expect(answer.some((line) => /^a=(ice|candidate|alt)/.test(line))).toBe(false);
		},
	);

	it.each(["modern", "trickle", "first-draft"] as const)("and %s with itself checks", async (kind) => {
		const { a, b, log } = await called(kind, kind);
		expect(log.slice(0, 3)).toEqual(["B REGISTER", "A INVITE", "B 183"]);
		const first = kind === "first-draft" ? "alternatives" : "description";
		expect([a.types[0], b.types[0]]).toEqual([first, first]);
	});

	it.each(["modern", "trickle", "first-draft"] as const)(
		"a phone without ICE called by %s, and calling it",
		async (kind) => {
			const { a, b, log } = await called(kind, kind, { alters: withoutIce });
			expect(log).toEqual(["B REGISTER", "A INVITE", "B 180", "B 200"]);
			expect([a.types, b.types]).toEqual([["destination"], ["destination"]]);
		},
	);
});

it("an offer that nobody acknowledges, as one in another's name, has nothing sent to where it says", async () => {
	const line = { acknowledges: false, alters: withoutIce };
	const { agents, b, log } = await called("modern", "modern", line);
	expect(log).toEqual(["B REGISTER", "A INVITE", "B 180", "B 200"]);
	expect([b.hasMet, b.types]).toEqual([true, []]);
	agents.say(1, { kind: "ended", call: 1, end: { code: "timeout" } });
	await turn();
	expect(b.heard).toEqual([{ type: "bye", why: "it did not acknowledge our answer" }]);
	expect(b.failure).toBeNull();
});

describe("two ends of the first draft whose checks all fail", () => {
	it("are connected all the same, and media goes where m= and c= say", async () => {
		const { a, b, log } = await called("first-draft", "first-draft");
		a.signalling.unproved?.();
		await turn();
		expect([log.at(-1), b.stands]).toEqual(["B 183", false]);
		b.signalling.unproved?.();
		await turn();
		expect(log.slice(3)).toEqual(["B 180", "B 200"]);
		expect([b.stands, b.call?.status, a.call?.status]).toEqual([true, 200, 200]);
	});

	it("are not where one of them wants it proved", async () => {
		const { b, log } = await called("first-draft", "first-draft", { a: { precondition: true } });
		b.signalling.unproved?.();
		await turn();
		expect(log.at(-1)).toBe("B 183");
	});

	it("do not stand where nobody acknowledges the call", async () => {
		const { b, log } = await called("first-draft", "first-draft", { acknowledges: false });
		b.signalling.unproved?.();
		await turn();
		expect([log.at(-1), b.stands]).toEqual(["B 200", false]);
	});
});

describe("an address that was changed on the way", () => {
	/** As a gateway that knows nothing of ICE does. */
	const moved = (body: SipBody) => ({ ...body, text: body.text.replace("c=IN IP4 192.0.2.1", "c=IN IP4 203.0.113.9") });

	it("has the answer say so, and both ends send to m= and c= (RFC 8839, 4.2.5)", async () => {
		const { a, b, log, sdp } = await called("modern", "modern", { alters: moved });
		expect(log).toEqual(["B REGISTER", "A INVITE", "B 180", "B 200"]);
		expect(sdp("B 200")).toContain("a=ice-mismatch\r\n");
		expect(sdp("B 200")).toContain("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n");
		expect(a.heard).toMatchObject([{ type: "destination", destination: { address: "192.0.2.2", port: 4000 } }]);
		expect(b.heard).toMatchObject([{ type: "destination", destination: { address: "203.0.113.9", port: 4000 } }]);
	});

	it("the same in an answer", async () => {
		const alters = (body: SipBody) => ({
			...body,
			text: body.text.replace("c=IN IP4 192.0.2.2", "c=IN IP4 203.0.113.9"),
		});
		const { a } = await called("modern", "modern", { alters });
		expect(a.heard).toMatchObject([{ type: "destination", destination: { address: "203.0.113.9", port: 4000 } }]);
	});
});

describe("what a fallback names", () => {
	it("is the address that most can reach: a relay's before that of STUN and our own", async () => {
		const { a, b, sdp } = twoEnds({ b: { ice: "first-draft" } });
		a.describe();
		a.candidates(a.line(4000), a.line(4001, "srflx"), a.line(4002, "relay"));
		a.complete();
		b.saysAll();
		await turn();
		expect(sdp("A INVITE")).toContain("m=audio 4002 RTP/AVP 0");
		expect(a.heard).toMatchObject([{ type: "destination", named: { address: "192.0.2.1", port: 4002 } }]);
	});

	it("is not told before all addresses are known, for nobody would hear of those that come later", async () => {
		const { a, b, log, sdp } = twoEnds({ alters: withoutIce });
		a.saysAll();
		b.describe();
		b.candidates(b.line(4000));
		await turn();
		expect(log).toEqual(["B REGISTER", "A INVITE"]);
		b.candidates(b.line(4002, "relay"));
		b.complete();
		await turn();
		expect(log.slice(2)).toEqual(["B 180", "B 200"]);
		expect(sdp("B 200")).toContain("m=audio 4002 RTP/AVP 0");
	});

	it("is of the caller's family, where there is such", async () => {
		const alters = (body: SipBody) =>
			withoutIce({ ...body, text: body.text.replaceAll("IN IP4 192.0.2.1", "IN IP6 2001:db8::1") });
		const { a, b, sdp } = twoEnds({ alters });
		a.saysAll();
		b.describe();
		b.candidates(b.line(4000, "relay"), "candidate:9 1 UDP 5 2001:db8::2 4006 typ host");
		b.complete();
		await turn();
		expect(sdp("B 200")).toContain("m=audio 4006 RTP/AVP 0\r\nc=IN IP6 2001:db8::2\r\n");
	});
});

describe("a description that no call can be made of", () => {
	const answers = (from: string | RegExp, to: string) => (body: SipBody) =>
		body.text.includes("192.0.2.2") ? { ...body, text: body.text.replace(from, to) } : body;
	const held = answers("sendrecv", "inactive");

	it.each([
		["refused", answers(/m=audio \d+/, "m=audio 0")],
		["held", held],
		["held", answers("sendrecv", "sendonly")],
		["held", answers("c=IN IP4 192.0.2.2", "c=IN IP4 0.0.0.0")],
		["noAudio", answers("RTP/AVP", "RTP/SAVP")],
		["noCodec", answers("RTP/AVP 0", "RTP/AVP 8")],
		["unreadable", (body: SipBody) => (body.text.includes("192.0.2.2") ? { ...body, text: "nothing" } : body)],
	] as const)("ends it, where the answer is so: %s", async (why, alters) => {
		const { a, log } = await called("modern", "modern", { alters });
		expect([a.failure, log.at(-1)]).toEqual([{ code: "sipDescription", why }, "A CANCEL"]);
	});

	it("is refused, where the offer is so, and the next call may come", async () => {
		const { agents, b, log } = twoEnds();
		b.saysAll();
		const from = { from: "sip:x@example.com", displayName: null, to: "sip:b@example.com", userAgent: null };
		const nothing = { supported: [], required: [], allow: [] };
		const offer = { type: "application/sdp", text: "v=0\r\nm=video 4 RTP/AVP 0\r\n" };
		agents.say(1, { kind: "incoming", call: 9, ...from, ...nothing, offer });
		await turn();
		expect(log.slice(1)).toEqual(["B 488"]);
		expect(b.news.at(-1)).toEqual({ kind: "notTaken", from: "sip:x@example.com", status: 488, why: "noAudio" });
		expect([b.failure, b.hasMet, b.calls]).toEqual([undefined, false, []]);
	});
});

it("an offer of another ICE that names no address yet is refused, and so is one within the call", async () => {
	const trickled = (body: SipBody) =>
		body.text.includes("192.0.2.1") ? { ...body, text: withoutAddress(body.text) } : body;
	const refused = twoEnds({ b: { ice: "first-draft" }, alters: trickled });
	refused.a.saysAll();
	refused.b.saysAll();
	await turn();
	expect(refused.log.at(-1)).toBe("B 488");
	expect(refused.b.news.at(-1)).toMatchObject({ kind: "notTaken", why: "noAddress" });
	const { agents, b, log } = await called("first-draft", "first-draft");
	const body = { type: "application/sdp", text: withoutAddress(refused.sdp("A INVITE")) };
	const before = b.heard.length;
	agents.say(1, { kind: "offer", call: 1, body, method: "UPDATE" });
	await turn();
	expect([log.at(-1), b.heard.length]).toEqual(["B 488 to it", before]);
});

/** As trickling has it before there are candidates (RFC 8840 §4.1.1). */
function withoutAddress(text: string): string {
	return text
		.replace(/^m=audio \d+/m, "m=audio 9")
		.replace(/^c=.*$/m, "c=IN IP4 0.0.0.0")
		.replace(/^a=candidate.*\r\n/gm, "");
}

describe("others", () => {
	it("who call when there will be no call any more hear that we are busy", async () => {
		const { agents, b, log } = twoEnds();
		agents.say(1, { kind: "unregistered", end: { code: "timeout" } });
		await turn();
		expect(b.failure).toMatchObject({ code: "sipTimeout" });
		const from = { from: "sip:x@example.com", displayName: null, to: "sip:b@example.com", userAgent: null };
		agents.say(1, { kind: "incoming", call: 2, ...from, offer: null, supported: [], required: [], allow: [] });
		await turn();
		expect(log.at(-1)).toBe("B 486");
	});

	it("who call while there is a call hear that we are busy", async () => {
		const { agents, b, log } = await called("modern", "modern");
		const from = { from: "sip:x@example.com", displayName: null, to: "sip:b@example.com", userAgent: null };
		agents.say(1, { kind: "incoming", call: 2, ...from, offer: null, supported: [], required: [], allow: [] });
		await turn();
		expect(log.at(-1)).toBe("B 486");
		expect(b.failure).toBeUndefined();
	});
});

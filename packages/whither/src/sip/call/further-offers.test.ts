import { describe, expect, it } from "vitest";
import type { SipBody } from "../agent/agent-io.ts";
import { turn, twoEnds } from "./call-ends.fixture.ts";

const DRAFT = { a: { ice: "first-draft" }, b: { ice: "first-draft" } } as const;

describe("the first draft's cycles", () => {
	it("an answer waits until checks of the offer have found what they find at once", async () => {
		const { a, b, log, sdp, time } = twoEnds(DRAFT);
		b.alternatives(4000);
		a.alternatives(4000, 4001);
		await time.pass(200);
		expect(log.slice(1)).toEqual(["A INVITE"]);
		expect(sdp("A INVITE").split("\r\n").slice(4)).toEqual([
			...["a=ice-options:whither-path", "m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.1"],
			"a=alt:a4000 1.0 : aname0123 secret 192.0.2.1 4000",
			"a=alt:a4001 1.0 : aname0123 secret 192.0.2.1 4001",
			...["a=rtpmap:0 PCMU/8000", "a=sendrecv", ""],
		]);
		expect(b.heard).toMatchObject([
			{ type: "alternatives", traces: true, alternatives: [{ id: "a4000" }, { id: "a4001" }] },
		]);
		b.alternatives(4000, 4005);
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
		expect(sdp("B 183")).toContain("a=alt:b4005 ");
		expect(time.waits).toBe(0);
	});

	it("but no longer than a second and a half", async () => {
		const { a, b, log, time } = twoEnds(DRAFT);
		a.saysAll();
		b.saysAll();
		await time.pass(1_499);
		expect(log.slice(1)).toEqual(["A INVITE"]);
		await time.pass(1);
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
	});

	it("further ones go by UPDATE before the call is accepted, and by re-INVITE after", async () => {
		const { a, b, log, sdp, time } = twoEnds(DRAFT);
		a.saysAll();
		b.saysAll();
		await time.pass(1_500);
		a.alternatives(4000, 4002);
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it"]);
		expect(sdp("A UPDATE")).toContain("o=- 7 2 IN");
		expect(b.heard.at(-1)).toMatchObject({ alternatives: [{ id: "a4000" }, { id: "a4002" }] });
		a.prove();
		b.prove();
		await turn();
		b.alternatives(4000, 4007);
		await turn();
		expect(log.slice(5)).toEqual(["B 180", "B 200", "B INVITE", "A 200 to it"]);
		expect(a.heard.at(-1)).toMatchObject({ alternatives: [{ id: "b4000" }, { id: "b4007" }] });
	});
});

it("an end that speaks ICE no more, as where a call is handed to another phone, is answered at once by our address", async () => {
	const { a, b, agents, log, sdp } = twoEnds();
	a.saysAll();
	b.saysAll();
	await turn();
	a.prove();
	b.prove();
	await turn();
	const text = "v=0\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 198.51.100.7\r\n";
	agents.say(1, { kind: "offer", call: 1, body: { type: "application/sdp", text }, method: "INVITE" });
	await turn();
	expect(log.at(-1)).toBe("B 200 to it");
	expect(sdp("B 200 to it")).toContain("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n");
	expect(sdp("B 200 to it")).not.toMatch(/^a=(ice|candidate)/m);
	expect(b.heard.at(-1)).toMatchObject({ type: "destination", destination: { address: "198.51.100.7", port: 5000 } });
});

it("where an offer wants media without a check is forgotten, when a later one has ICE again before the call stands", async () => {
	const { a, b, agents, log, sdp } = twoEnds({ acknowledges: false });
	a.saysAll();
	b.saysAll();
	await turn();
	const plain = "v=0\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 198.51.100.7\r\n";
	for (const text of [plain, sdp("A INVITE")])
		agents.say(1, { kind: "offer", call: 1, body: { type: "application/sdp", text }, method: "UPDATE" });
	await turn();
	expect(log.filter((line) => line === "B 200 to it")).toHaveLength(2);
	agents.say(1, { kind: "accepted", call: 1, answer: null, supported: [], userAgent: null });
	await turn();
	expect(b.types).not.toContain("destination");
});

describe("an offer of ours that the caller wants", () => {
	it("goes in 183, and its answer begins the checks", async () => {
		const { agents, b, log, sdp } = twoEnds();
		agents.callWithoutOffer();
		b.saysAll();
		await turn();
		expect(log).toEqual(["B REGISTER", "B 183"]);
		expect(sdp("B 183")).toContain("a=ice-ufrag:bbbb");
		const ice = `a=ice-ufrag:zzzz\r\na=ice-pwd:${"z".repeat(24)}\r\na=candidate:1 1 UDP 5 192.0.2.7 5000 typ host\r\n`;
		const text = `v=0\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.7\r\n${ice}`;
		agents.say(1, { kind: "answer", call: 1, body: { type: "application/sdp", text } });
		await turn();
		expect(b.types).toEqual(["description", "candidates", "endOfCandidates"]);
		expect(log).toHaveLength(2);
		b.prove();
		await turn();
		expect(log.slice(2)).toEqual(["B 180", "B 200"]);
	});

	it("goes in the 200 where provisional answers are not acknowledged, and the ACK has the answer", async () => {
		const { agents, b, log, sdp } = twoEnds({ reliable: false });
		agents.callWithoutOffer();
		b.saysAll();
		await turn();
		expect(log.slice(1)).toEqual(["B 180", "B 200"]);
		expect(sdp("B 200")).toContain("a=ice-ufrag:bbbb");
		const answer = { type: "application/sdp", text: "v=0\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.7\r\n" };
		agents.say(1, { kind: "accepted", call: 1, answer, supported: [], userAgent: null });
		await turn();
		expect(b.heard).toMatchObject([{ type: "destination", destination: { address: "192.0.2.7", port: 5000 } }]);
	});

	it("and an ACK that has none ends the call", async () => {
		const { agents, b, log } = twoEnds({ reliable: false });
		agents.callWithoutOffer();
		b.saysAll();
		await turn();
		agents.say(1, { kind: "accepted", call: 1, answer: null, supported: [], userAgent: null });
		await turn();
		expect([log.at(-1), b.failure]).toEqual(["B BYE", { code: "sipDescription", why: "unreadable" }]);
	});
});

it("one that is refused keeps none back that comes later", async () => {
	let broken = 0;
	const alters = (body: SipBody) =>
		body.text.includes("a4002") && broken++ === 0 ? { ...body, text: "nothing" } : body;
	const { a, b, log, sdp, time } = twoEnds({ ...DRAFT, alters });
	a.saysAll();
	b.saysAll();
	await time.pass(1_500);
	a.alternatives(4000, 4002);
	await turn();
	expect(log.slice(3)).toEqual(["A UPDATE", "B 488 to it"]);
	a.alternatives(4000, 4002, 4003);
	await turn();
	expect(log.slice(5)).toEqual(["A UPDATE", "B 200 to it"]);
	expect(sdp("A UPDATE")).toContain("a=alt:a4003 ");
});

it("RTCP that goes elsewhere than to the port above is told, by its address where that is another", async () => {
	for (const [rtcp, line] of [
		[{ address: "192.0.2.1", port: 4001 }, null],
		[{ address: "192.0.2.1", port: 4005 }, "a=rtcp:4005"],
		[{ address: "192.0.2.9", port: 4001 }, "a=rtcp:4001 IN IP4 192.0.2.9"],
	] as const) {
		const { a, sdp } = twoEnds(DRAFT);
		const destination = { address: "192.0.2.1", port: 4000 };
		a.signalling.send({ type: "alternatives", tool: "x", destination, rtcp, alternatives: [], traces: false });
		await turn();
		expect(
			sdp("A INVITE")
				.split("\r\n")
				.find((each) => each.startsWith("a=rtcp")) ?? null,
		).toBe(line);
	}
});

describe("offers within a call", () => {
	/** Both ends of a call that stands. */
	async function standing() {
		const ends = twoEnds();
		ends.a.saysAll();
		ends.b.saysAll();
		await turn();
		ends.a.prove();
		ends.b.prove();
		await turn();
		return ends;
	}
	const offered = (body: SipBody) => ({ kind: "offer", call: 1, body, method: "INVITE" }) as const;

	it("that hold it are refused, and it stays as it is", async () => {
		const { agents, a, log } = await standing();
		const text = "v=0\r\nm=audio 5 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\na=inactive\r\n";
		agents.say(0, offered({ type: "application/sdp", text }));
		await turn();
		expect([log.at(-1), a.failure]).toEqual(["A 488 to it", undefined]);
	});

	it("that repeat what was said are answered alike, and tell nothing", async () => {
		const { agents, a, log, sdp } = await standing();
		const [said, before] = [a.heard.length, sdp("A INVITE")];
		const body = agents.bodies.find(({ what }) => what === "B 183")?.body;
		if (body !== undefined) agents.say(0, offered(body));
		await turn();
		expect(log.at(-1)).toBe("A 200 to it");
		expect(sdp("A 200 to it").replace(/^o=.*$/m, "")).toBe(before.replace(/^o=.*$/m, ""));
		expect(a.heard).toHaveLength(said);
	});

	it("that restart ICE are answered once our own end has new credentials", async () => {
		const { agents, a, log, sdp } = await standing();
		const body = agents.bodies.find(({ what }) => what === "B 183")?.body;
		if (body !== undefined) agents.say(0, offered({ ...body, text: body.text.replaceAll("bbbb", "cccc") }));
		await turn();
		expect(a.heard.slice(3)).toMatchObject([{ type: "description", ufrag: "cccc" }, { type: "candidates" }, {}]);
		expect(log.at(-1)).toBe("B 200");
		const fresh = { ufrag: "dddd", pwd: "d".repeat(24), options: [], pacingMs: 5, lite: false };
		a.signalling.send({ type: "description", tool: "", ...fresh });
		a.signalling.send({ type: "candidates", ufrag: "dddd", lines: [a.line(4009)] });
		await turn();
		expect(log.at(-1)).toBe("B 200");
		a.signalling.send({ type: "endOfCandidates", ufrag: "dddd" });
		await turn();
		expect(log.at(-1)).toBe("A 200 to it");
		expect(sdp("A 200 to it")).toContain("a=ice-ufrag:dddd");
	});

	it("of ours tell new credentials, once with all candidates", async () => {
		const { a, b, log } = await standing();
		const fresh = { ufrag: "dddd", pwd: "d".repeat(24), options: [], pacingMs: 5, lite: false };
		a.signalling.send({ type: "description", tool: "", ...fresh });
		a.signalling.send({ type: "candidates", ufrag: "dddd", lines: [a.line(4009)] });
		a.signalling.send({ type: "endOfCandidates", ufrag: "dddd" });
		await turn();
		expect(log.at(-1)).toBe("A INVITE");
		expect(b.heard.slice(3)).toMatchObject([{ type: "description", ufrag: "dddd" }, { type: "candidates" }, {}]);
	});
});

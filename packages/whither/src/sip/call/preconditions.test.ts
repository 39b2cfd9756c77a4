import { describe, expect, it } from "vitest";
import type { SipBody } from "../agent/agent-io.ts";
import { turn, twoEnds } from "./call-ends.fixture.ts";

const KINDS = ["modern", "trickle", "first-draft"] as const;

/** A calls B, and wants the precondition. */
async function called(kind: (typeof KINDS)[number], more: Parameters<typeof twoEnds>[0] = {}) {
	const ends = twoEnds({ ...more, a: { ice: kind, precondition: true, ...more.a }, b: { ice: kind, ...more.b } });
	ends.a.saysAll();
	ends.b.saysAll();
	await ends.time.pass(1_500);
	return ends;
}

const lines = (sdp: string) => sdp.split("\r\n").filter((line) => /^a=(curr|des|conf):/.test(line));
const NONE = ["a=curr:conn e2e none", "a=des:conn mandatory e2e sendrecv"];
const MET = ["a=curr:conn e2e sendrecv", "a=des:conn mandatory e2e sendrecv"];

describe("the precondition that media can flow both ways", () => {
	it.each(KINDS)("holds the ringing until the caller has told that it is met: %s", async (kind) => {
		const { a, b, log, sdp } = await called(kind);
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
		expect(lines(sdp("A INVITE"))).toEqual(NONE);
		expect(lines(sdp("B 183"))).toEqual([...NONE, "a=conf:conn e2e recv"]);
		expect([a.call?.precondition, b.call?.precondition]).toEqual(["waiting", "waiting"]);
		b.prove();
		await turn();
		expect(log.slice(3)).toEqual([]);
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it", "B 180", "B 200"]);
		expect(lines(sdp("A UPDATE"))).toEqual(MET);
		expect(lines(sdp("B 200 to it"))).toEqual(MET);
		expect([a.call?.precondition, b.call?.precondition, a.call?.status]).toEqual(["met", "met", 200]);
	});

	it("the callee's own proof may come after the caller's word", async () => {
		const { a, b, log, sdp } = await called("modern");
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it"]);
		expect(lines(sdp("B 200 to it"))).toEqual(MET);
		b.prove(true, false);
		await turn();
		expect(log).toHaveLength(5);
		b.prove();
		await turn();
		expect(log.slice(5)).toEqual(["B 180", "B 200"]);
	});

	it.each([
		["send", true],
		["recv", false],
		["none", false],
	] as const)("a caller that confirms %s has said enough: %s (RFC 5898, 3.5)", async (said, isEnough) => {
		const alters = (body: SipBody) => ({
			...body,
			text: body.text.includes("192.0.2.1")
				? body.text.replace("e2e sendrecv\r\na=des", `e2e ${said}\r\na=des`)
				: body.text,
		});
		const { a, b, log } = await called("modern", { alters });
		b.prove();
		a.prove();
		await turn();
		expect(log).toContain("A UPDATE");
		expect(log.includes("B 180")).toBe(isEnough);
	});

	it("a caller that speaks no ICE any more is not rung for, whatever it says of them", async () => {
		const { agents, b, log } = await called("modern");
		const text = "v=0\r\nm=audio 5 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\na=curr:conn e2e sendrecv\r\n";
		const body = { type: "application/sdp", text };
		agents.say(1, { kind: "offer", call: 1, body, method: "UPDATE" });
		await turn();
		expect(log.slice(3)).toEqual(["B 200 to it"]);
		b.prove(false, true);
		await turn();
		expect(log).toHaveLength(4);
	});

	it("a callee that does not ask for our word is told all the same", async () => {
		const alters = (body: SipBody) => ({ ...body, text: body.text.replace(/^a=conf.*\r\n/m, "") });
		const { a, b, log } = await called("modern", { alters });
		b.prove();
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it", "B 180", "B 200"]);
	});

	it.each([
		["offer", "192.0.2.1"],
		["answer", "192.0.2.2"],
	])("is told once, where an %s names other types beside it, as usual in IMS", async (_, address) => {
		const qos = "a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos optional local sendrecv\r\n";
		const alters = (body: SipBody) => ({
			...body,
			text: body.text.includes(address) ? body.text.replace("a=curr:conn", `${qos}a=curr:conn`) : body.text,
		});
		const { a, b, log } = await called("modern", { alters });
		b.prove();
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it", "B 180", "B 200"]);
	});

	it("half a proof is none: the caller says nothing", async () => {
		const { a, b, log } = await called("modern");
		b.prove();
		a.prove(true, false);
		await turn();
		a.prove(false, true);
		await turn();
		expect(log.slice(1)).toEqual(["A INVITE", "B 183"]);
	});

	it("may be the callee's wish alone, of a caller that knows it", async () => {
		const { a, b, log, sdp } = await called("modern", { a: { precondition: false }, b: { precondition: true } });
		expect(lines(sdp("A INVITE"))).toEqual([]);
		expect(lines(sdp("B 183"))).toEqual([...NONE, "a=conf:conn e2e recv"]);
		b.prove();
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 200 to it", "B 180", "B 200"]);
	});
});

describe("a precondition that cannot be met", () => {
	it.each(KINDS)("is refused by 580 when the callee gives up, and nobody's phone has rung: %s", async (kind) => {
		const { a, b, log, sdp } = await called(kind);
		b.prove(true, false);
		b.signalling.send({ type: "bye", why: "no way" });
		await b.signalling.close();
		await turn();
		expect(log.slice(3)).toEqual(["B 580", "B closed"]);
		expect(lines(sdp("B 580"))).toEqual(["a=des:conn failure e2e sendrecv"]);
		expect(sdp("B 580")).toContain("m=audio 0 RTP/AVP 0\r\n");
		expect([a.call?.precondition, a.call?.status, a.call?.ringMs]).toEqual(["refused", 580, null]);
		expect(b.call?.precondition).toBe("refused");
		expect([a.heard.at(-1)?.type, a.failure]).toEqual(["bye", null]);
	});

	it("is refused at once by a callee with another ICE, or none, and it waits on", async () => {
		const { a, b, log } = await called("modern", { b: { ice: "first-draft" } });
		expect(log.slice(1)).toEqual(["A INVITE", "B 580"]);
		expect(a.failure).toMatchObject({ code: "sipRefused", status: 580 });
		expect([b.failure, b.hasMet, b.news.at(-1)]).toMatchObject([undefined, false, { kind: "notTaken", status: 580 }]);
	});

	it("of another type (qos) is refused so too", async () => {
		const alters = (body: SipBody) => ({ ...body, text: body.text.replaceAll(":conn ", ":qos ") });
		const { log, sdp } = await called("modern", { alters });
		expect(log.slice(1)).toEqual(["A INVITE", "B 580"]);
		expect(lines(sdp("B 580"))).toEqual(["a=des:qos failure e2e sendrecv"]);
	});

	it("of a callee that knows none ends the call by 420", async () => {
		const { a, log } = await called("modern", { preconditions: false });
		expect(log.slice(1)).toEqual(["A INVITE"]);
		expect(a.failure).toMatchObject({ code: "sipRefused", status: 420 });
		expect(a.call).toMatchObject({ status: 420, precondition: "refused" });
	});

	it("ends the call, where the answer has no ICE, or comes with the 200 before anything is proved", async () => {
		const { a, agents, log } = await called("modern", { b: { register: false } });
		const answer = agents.bodies.find(({ what }) => what === "B 183")?.body ?? null;
		agents.say(0, { kind: "accepted", call: 1, answer: null, supported: [], userAgent: null });
		await turn();
		expect([a.failure, log.at(-1)]).toEqual([{ code: "sipPrecondition", why: "notHeeded" }, "A CANCEL"]);
		const plain = { ...answer, type: "application/sdp", text: "v=0\r\nm=audio 5 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n" };
		const other = twoEnds({ a: { precondition: true } });
		other.a.saysAll();
		const progress = { kind: "progress", call: 1, status: 183, reason: "", reliable: true, dialog: true } as const;
		other.agents.say(0, { ...progress, answer: plain, supported: [], userAgent: null });
		await turn();
		expect(other.a.failure).toEqual({ code: "sipPrecondition", why: "noIce" });
	});

	it("ends the call where the word that it is met is refused, as nobody would ring", async () => {
		const alters = (body: SipBody) =>
			body.text.includes("curr:conn e2e sendrecv") ? { ...body, text: "nothing" } : body;
		const { a, b, log } = await called("modern", { alters });
		b.prove();
		a.prove();
		await turn();
		expect(log.slice(3)).toEqual(["A UPDATE", "B 488 to it", "A CANCEL"]);
		expect([a.failure, a.call?.precondition]).toEqual([{ code: "sipPrecondition", why: "notHeeded" }, "refused"]);
	});

	it("a caller without it is told so by a callee that wants it (421)", async () => {
		const { agents, b, log } = twoEnds({ b: { precondition: true } });
		b.saysAll();
		const from = { from: "sip:x@example.com", displayName: null, to: "sip:b@example.com", userAgent: null };
		const offer = { type: "application/sdp", text: "v=0\r\nm=audio 5 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n" };
		agents.say(1, { kind: "incoming", call: 9, ...from, supported: [], required: [], allow: [], offer });
		await turn();
		expect(log.slice(1)).toEqual(["B 421"]);
	});
});

/** All orders of some things. */
function orders<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
	if (items.length === 0) return [[]];
	return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

describe("the law of no ghost ring", () => {
	/** What proves the two ways, end by end. */
	const proofs = ["aSend", "aReceive", "bSend", "bReceive"] as const;

	it.each(KINDS.flatMap((kind) => [true, false].map((precondition) => [kind, precondition] as const)))(
		"in whatever order checks succeed, no 180 and no 200 goes before both ways are proved: %s, precondition %s",
		async (kind, precondition) => {
			for (const order of orders(proofs)) {
				const { a, b, log } = await called(kind, { a: { precondition } });
				const known = new Set<string>();
				for (const proof of order) {
					known.add(proof);
					a.prove(known.has("aSend"), known.has("aReceive"));
					b.prove(known.has("bSend"), known.has("bReceive"));
					await turn();
					const ofB = known.has("bSend") && known.has("bReceive");
					const ofA = known.has("aSend") && known.has("aReceive");
					const may = ofB && (ofA || !precondition);
					expect([order, proof, log.includes("B 180"), log.includes("B 200")]).toEqual([order, proof, may, may]);
					expect(log.includes("A UPDATE")).toBe(precondition && ofA);
				}
			}
		},
	);
});

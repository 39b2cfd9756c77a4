import { describe, expect, it } from "vitest";
import { turn } from "./call-ends.fixture.ts";
import { twoPhones } from "./sip-agents.fixture.ts";

const KINDS = ["modern", "trickle", "first-draft"] as const;
type Phones = ReturnType<typeof twoPhones>;

/** Both say all that they have. */
async function called(order: Parameters<typeof twoPhones>[0]): Promise<Phones> {
	const phones = twoPhones(order);
	phones.a.saysAll();
	phones.b.saysAll();
	await phones.time.pass(1_600);
	return phones;
}

const BEGIN = ["A INVITE", "B 100 INVITE", "B 183 INVITE", "A PRACK", "B 200 PRACK"];
const ACCEPT = ["B 180 INVITE", "A PRACK", "B 200 PRACK", "B 200 INVITE", "A ACK"];
const END = ["A BYE", "B 200 BYE"];

describe("calls of real SIP agents", () => {
	it.each(KINDS)("%s: no ring before both ways are proved", async (ice) => {
		const { a, b, flow, time } = await called({ a: { ice }, b: { ice } });
		expect(flow()).toEqual(BEGIN);
		a.prove();
		b.prove();
		await turn();
		expect(flow().slice(5)).toEqual(ACCEPT);
		a.signalling.send({ type: "bye", why: "all was traced" });
		const closing = a.signalling.close();
		await time.pass(40_000);
		await closing;
		expect(flow().slice(10)).toEqual(END);
		expect(b.heard.at(-1)).toEqual({ type: "bye", why: "all was traced" });
		expect([a.call?.status, b.call?.status, b.failure]).toEqual([200, 200, null]);
	});

	it.each(KINDS)("%s, with the precondition: INVITE, 183, PRACK, UPDATE, 180, 200", async (ice) => {
		const { a, b, flow, text } = await called({ a: { ice, precondition: true }, b: { ice } });
		expect(flow()).toEqual(BEGIN);
		expect(text("A INVITE")).toMatch(/^Require: .*precondition/m);
		a.prove();
		b.prove();
		await turn();
		expect(flow().slice(5)).toEqual(["A UPDATE", "B 200 UPDATE", ...ACCEPT]);
		expect([a.call?.precondition, b.call?.precondition]).toEqual(["met", "met"]);
	});

	it.each(KINDS)("%s, with the precondition, and no way: 580", async (ice) => {
		const { a, b, flow, time } = await called({ a: { ice, precondition: true }, b: { ice } });
		void b.signalling.close();
		await time.pass(100);
		expect(flow().slice(5)).toEqual(["B 580 INVITE", "A ACK"]);
		expect([a.call?.status, a.call?.precondition, a.failure]).toEqual([580, "refused", null]);
	});

	it.each([1, 3])(
		"with the precondition, and an UPDATE lost %i times: it rings after the one that comes",
		async (times) => {
			let lost = 0;
			const loses = (what: string) => what === "A UPDATE" && lost++ < times;
			const { a, b, flow, time } = await called({ a: { precondition: true }, loses });
			b.prove();
			a.prove();
			await time.pass(500 * (2 ** times - 1) - 100);
			expect(flow().slice(5)).toEqual(Array(times).fill("A UPDATE"));
			await time.pass(200);
			expect(flow().slice(5 + times)).toEqual(["A UPDATE", "B 200 UPDATE", ...ACCEPT]);
			expect([a.call?.precondition, b.call?.precondition]).toEqual(["met", "met"]);
		},
	);

	it("with the precondition, and no UPDATE that ever comes: it never rings, and both hear of the end", async () => {
		const { a, b, flow, time } = await called({ a: { precondition: true }, loses: (what) => what === "A UPDATE" });
		b.prove();
		a.prove();
		await time.pass(33_000);
		expect(flow().filter((what) => /^B (180|200) INVITE/.test(what))).toEqual([]);
		expect(
			flow()
				.filter((what) => what !== "A UPDATE")
				.slice(5),
		).toEqual(["A CANCEL", "B 200 CANCEL", "B 487 INVITE", "A ACK"]);
		expect([a.failure, b.failure, b.heard.at(-1)?.type]).toMatchObject([{ code: "sipTimeout" }, null, "bye"]);
	});

	it("whose other end knows no preconditions: 420", async () => {
		const { a, flow } = await called({ a: { precondition: true }, tags: [] });
		expect(flow()).toEqual(["A INVITE", "B 420 INVITE", "A ACK"]);
		expect(a.failure).toMatchObject({ code: "sipRefused", status: 420 });
	});

	it.each([
		["modern", "first-draft"],
		["first-draft", "modern"],
	] as const)("%s to %s: rings at once, and the 200 has the answer", async (one, other) => {
		const { a, b, flow, text } = await called({ a: { ice: one }, b: { ice: other } });
		expect(flow()).toEqual(["A INVITE", "B 100 INVITE", ...ACCEPT]);
		expect(text("B 200 INVITE")).toContain("m=audio 4000 RTP/AVP 0");
		expect([a.types, b.types]).toEqual([["destination"], ["destination"]]);
	});

	it("late candidates go by INFO, within the early dialog", async () => {
		const { a, b, flow, text, time } = twoPhones({ a: { ice: "trickle" }, b: { ice: "trickle" } });
		b.describe();
		a.saysAll();
		await time.pass(100);
		b.candidates(b.line(4000));
		b.complete();
		await time.pass(100);
		expect(flow().slice(5)).toEqual(["B INFO", "A 200 INFO", "B INFO", "A 200 INFO"]);
		expect(text("B INFO")).toMatch(/^Info-Package: trickle-ice\r$/m);
		expect(text("A INVITE")).toMatch(/^Supported: .*trickle-ice/m);
		expect(a.types).toEqual(["description", "candidates", "endOfCandidates"]);
	});

	it("a further cycle goes by UPDATE, and by re-INVITE once the call stands", async () => {
		const { a, b, flow } = await called({ a: { ice: "first-draft" }, b: { ice: "first-draft" } });
		a.alternatives(4000, 4001);
		await turn();
		expect(flow().slice(5)).toEqual(["A UPDATE", "B 200 UPDATE"]);
		a.prove();
		b.prove();
		await turn();
		b.alternatives(4000, 4002);
		await turn();
		expect(flow().slice(12)).toEqual(["B INVITE", "A 100 INVITE", "A 200 INVITE", "B ACK"]);
		expect(a.heard.at(-1)).toMatchObject({ alternatives: [{ id: "b4000" }, { id: "b4002" }] });
	});

	it("a caller that stops before the ring cancels, and the callee hears it", async () => {
		const { a, b, flow, time } = await called({});
		void a.signalling.close();
		await time.pass(100);
		expect(flow().slice(5)).toEqual(["A CANCEL", "B 200 CANCEL", "B 487 INVITE", "A ACK"]);
		expect([b.heard.at(-1)?.type, b.failure]).toEqual(["bye", null]);
	});

	it("nobody who answers: the caller is told after 32 s (RFC 3261's timer B)", async () => {
		const { a, time } = twoPhones({ isDeaf: true });
		a.saysAll();
		await time.pass(31_000);
		expect(a.failure).toBeUndefined();
		await time.pass(2_000);
		expect(a.failure).toEqual({ code: "sipTimeout", uri: "sip:b@192.0.2.2", what: "call" });
	});
});

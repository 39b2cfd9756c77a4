import { MILLISECOND, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { SipNetwork, testAgent } from "./network.fixture.ts";
import { A, ANSWER, accepted, B, call, FOURTH, kinds, on, THIRD } from "./two-agents.fixture.ts";

describe("provisional answers", () => {
	it("are reliable where both can: PRACK for each, and 2xx waits for it", () => {
		const network = new SipNetwork();
		const [a, b] = [testAgent(network, A), testAgent(network, B)];
		on(network, b, "incoming", ({ call }) => [
			{ type: "respond", call, status: 183, body: ANSWER, reliable: true },
			{ type: "respond", call, status: 180, reliable: true },
			{ type: "respond", call, status: 200 },
		]);
		network.step(a, call(`sip:user@${B}`));
		network.run(5 * SECOND);
		expect(a.events).toMatchObject([
			{ kind: "progress", status: 183, reliable: true, answer: ANSWER },
			{ kind: "progress", status: 180, reliable: true, answer: null },
			{ kind: "accepted", answer: null },
		]);
		expect(b.events).toMatchObject([
			{ kind: "incoming" },
			{ kind: "acknowledged", status: 183 },
			{ kind: "acknowledged", status: 180 },
			{ kind: "accepted" },
		]);
		expect(network.sent.filter(({ what }) => what === "PRACK")).toHaveLength(2);
		expect(network.sent.filter(({ what }) => what === "200 INVITE")[0]?.text).not.toContain("two");
	});

	it("have the preconditions' flow: 183, PRACK, UPDATE, 180, PRACK, 200, ACK", () => {
		const network = new SipNetwork();
		const supported = ["precondition"];
		const [a, b] = [testAgent(network, A, { supported }), testAgent(network, B, { supported })];
		on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 183, body: ANSWER, reliable: true }]);
		on(network, a, "progress", ({ answer }) => (answer === null ? [] : [{ type: "offer", call: 1, body: THIRD }]));
		on(network, b, "offer", ({ call, method, body }) => {
			expect([method, body]).toEqual(["UPDATE", THIRD]);
			return [
				{ type: "answer", call, body: FOURTH },
				{ type: "respond", call, status: 180, reliable: true },
				{ type: "respond", call, status: 200 },
			];
		});
		network.step(a, call(`sip:user@${B}`, { require: ["precondition"] }));
		network.run(5 * SECOND);
		expect(network.flow().map((line) => line.replace("192.0.2.", ""))).toEqual([
			...["1 INVITE", "2 100 INVITE", "2 183 INVITE", "1 PRACK", "2 200 PRACK", "1 UPDATE", "2 200 UPDATE"],
			...["2 180 INVITE", "1 PRACK", "2 200 PRACK", "2 200 INVITE", "1 ACK"],
		]);
		expect(kinds(a)).toEqual(["progress", "answer", "progress", "accepted"]);
		expect(b.events[0]).toMatchObject({ required: ["precondition"], supported: ["100rel", "precondition"] });
	});

	it("end the call where no PRACK comes, and are not reliable for whoever cannot", () => {
		const network = new SipNetwork();
		const b = testAgent(network, B);
		on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 183, reliable: true }]);
		network.attach(A, { step: () => [], deadline: null });
		const invite = (branch: string, more: string) => ({
			type: "received" as const,
			bytes: new TextEncoder().encode(
				`INVITE sip:user@${B} SIP/2.0\r\nVia: SIP/2.0/UDP ${A};branch=z9hG4bK${branch}\r\nf: <sip:a@${A}>;tag=1\r\n` +
					`t: <sip:user@${B}>\r\ni: ${branch}\r\nCSeq: 1 INVITE\r\nm: <sip:a@${A}>\r\n${more}\r\n`,
			),
			from: { transport: "udp" as const, address: A, port: 5060 },
		});
		network.step(b, invite("a", "k: 100rel\r\n"));
		network.step(b, invite("b", ""));
		network.run(100 * SECOND);
		const sent = (callId: string) =>
			network.sent
				.filter(({ text }) => text.includes(`Call-ID: ${callId}`))
				.map(({ what, text }) => [what, /RSeq/.test(text)]);
		expect(sent("a").filter(([what]) => what === "183 INVITE")).toHaveLength(7);
		expect(sent("a").find(([what]) => what === "504 INVITE")).toBeDefined();
		expect(sent("b").filter(([what]) => what !== "100 INVITE")[0]).toEqual(["183 INVITE", false]);
		expect(b.events).toContainEqual(expect.objectContaining({ kind: "ended", end: { code: "timeout" } }));
	});
});

describe("within a call", () => {
	it("re-INVITE offers anew, from either side, and what is refused leaves all as it was", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		on(network, a, "offer", ({ call }) => [{ type: "answer", call, body: FOURTH }]);
		on(network, b, "offer", ({ call }) => [{ type: "refuse", call, status: 488 }]);
		network.step(b, { type: "offer", call: -1, body: THIRD });
		network.run(network.now + 2 * SECOND);
		network.step(a, { type: "offer", call: 1, body: THIRD });
		network.run(network.now + 2 * SECOND);
		expect(a.events.slice(1)).toMatchObject([
			{ kind: "offer", method: "INVITE", body: THIRD },
			{ kind: "offerRefused", status: 488 },
		]);
		expect(b.events.slice(2)).toMatchObject([{ kind: "answer", body: FOURTH }, { kind: "offer" }]);
		const acks = network.sent.filter(({ what }) => what === "ACK").map(({ from }) => from);
		expect(acks).toEqual([A, B, A]);
	});

	it("offers that meet are made again, by one after the other", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		for (const place of [a, b]) on(network, place, "offer", ({ call }) => [{ type: "answer", call, body: FOURTH }]);
		network.step(a, { type: "offer", call: 1, body: THIRD });
		network.step(b, { type: "offer", call: -1, body: THIRD });
		network.run(network.now + 10 * SECOND);
		expect(network.sent.filter(({ what }) => what === "491 INVITE")).toHaveLength(2);
		const since = network.sent.find(({ what }) => what === "491 INVITE")?.at ?? 0;
		const again = (from: string) => network.sent.findLast((sent) => sent.from === from && sent.what === "INVITE");
		const [waitedA, waitedB] = [A, B].map((from) => ((again(from)?.at ?? 0) - since) / MILLISECOND) as [number, number];
		// RFC 3261 §14.1: whoever began the call waits 2.1 to 4 s, the other up to 2 s; and 10 ms until 491 is there.
		expect(waitedA - 10).toBeGreaterThanOrEqual(2_100);
		expect(waitedA - 10).toBeLessThanOrEqual(4_000);
		expect(waitedB - 10).toBeLessThanOrEqual(2_000);
		expect(kinds(a).slice(1).sort()).toEqual(["answer", "offer"]);
		expect(kinds(b).slice(2).sort()).toEqual(["answer", "offer"]);
	});

	it("an UPDATE while another is under way is put off for a while", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		network.step(a, { type: "offer", call: 1, body: THIRD, method: "UPDATE" });
		network.run(network.now + SECOND);
		const [update] = network.sent.filter(({ what }) => what === "UPDATE");
		const again = (update?.text ?? "")
			.replace(/branch=\w+/, "branch=z9hG4bKx")
			.replace(/CSeq: (\d+)/, (_, n) => `CSeq: ${Number(n) + 1}`);
		const from = { transport: "udp" as const, address: A, port: 5060 };
		network.step(b, { type: "received", bytes: new TextEncoder().encode(again), from });
		expect(network.sent.at(-1)?.text).toMatch(/^SIP\/2.0 500 [\s\S]*Retry-After: \d+\r\n/);
		network.step(b, { type: "answer", call: -1, body: FOURTH });
		network.run(network.now + SECOND);
		expect(a.events.at(-1)).toMatchObject({ kind: "answer", body: FOURTH });
	});

	it("INFO comes to whoever takes its package, and no further", () => {
		const network = new SipNetwork();
		const infoPackages = ["trickle-ice"];
		const a = testAgent(network, A);
		const b = testAgent(network, B, { infoPackages });
		on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 200, body: ANSWER }]);
		network.step(a, call(`sip:user@${B}`));
		network.run(SECOND);
		const body = { type: "application/trickle-ice-sdpfrag", text: "a=x" };
		network.step(a, { type: "info", call: 1, package: "trickle-ice", body });
		network.step(a, { type: "info", call: 1, package: "other", body });
		network.step(b, { type: "info", call: -1, package: "trickle-ice", body });
		network.run(2 * SECOND);
		expect(b.events.at(-1)).toMatchObject({
			kind: "info",
			package: "trickle-ice",
			body: { ...body, disposition: "Info-Package" },
		});
		expect(network.ignored).toEqual(["infoNotTaken", "infoNotTaken"]);
		const [info] = network.sent.filter(({ what }) => what === "INFO");
		const other = (info?.text ?? "")
			.replace(/branch=\w+/, "branch=z9hG4bKx")
			.replace("Info-Package: trickle-ice", "Info-Package: foo");
		const bytes = new TextEncoder().encode(other.replace(/CSeq: (\d+)/, (_, n) => `CSeq: ${Number(n) + 1}`));
		network.step(b, { type: "received", bytes, from: { transport: "udp", address: A, port: 5060 } });
		expect(network.sent.at(-1)?.text).toMatch(/^SIP\/2.0 469 [\s\S]*Recv-Info: trickle-ice/);
	});

	it("both hang up at once, and each is told once", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		network.step(a, { type: "hangUp", call: 1 });
		network.step(b, { type: "hangUp", call: -1, reason: 'he said "no"' });
		network.run();
		expect(kinds(a)).toEqual(["accepted", "ended"]);
		expect(kinds(b)).toEqual(["incoming", "accepted", "ended"]);
		expect(network.sent.filter(({ what }) => what === "200 BYE")).toHaveLength(2);
	});

	it("a reason is told to the other end", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		network.step(b, { type: "hangUp", call: -1, reason: 'he said "no"' });
		network.run();
		expect(a.events.at(-1)).toMatchObject({ end: { code: "hungUp", by: "them", reason: 'he said "no"' } });
		expect(b.events.at(-1)).toMatchObject({ end: { code: "hungUp", by: "us" } });
	});

	it("ends where the other end does not answer any more, or knows nothing of it", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		network.attach(B, { step: () => [], deadline: null });
		network.step(a, { type: "offer", call: 1, body: THIRD });
		network.run();
		expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "timeout" } });
		expect(b.events.at(-1)).toMatchObject({ kind: "accepted" });
		const other = new SipNetwork();
		const two = accepted(other);
		testAgent(other, B);
		other.step(two.a, { type: "offer", call: 1, body: THIRD });
		other.run();
		expect(two.a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "protocol", why: "INVITE 481" } });
	});
});

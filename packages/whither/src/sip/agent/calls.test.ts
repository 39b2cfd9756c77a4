import { MILLISECOND, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import type { SipAgentInput, SipBody, SipEvent } from "./agent-io.ts";
import { SipNetwork, type SipPlace, testAgent } from "./network.fixture.ts";
import { TestProxy } from "./proxy.fixture.ts";

const sdp = (text: string): SipBody => ({ type: "application/sdp", text });
const [OFFER, ANSWER, THIRD, FOURTH] = ["one", "two", "three", "four"].map(sdp) as [SipBody, SipBody, SipBody, SipBody];
const [A, B, C, P] = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.9"];

/** Does something at each event of that kind. */
function on<Kind extends SipEvent["kind"]>(
	network: SipNetwork,
	place: SipPlace,
	kind: Kind,
	react: (event: Extract<SipEvent, { kind: Kind }>) => readonly SipAgentInput[],
): void {
	const before = place.react;
	place.react = (event, now) => {
		before(event, now);
		if (event.kind === kind)
			for (const input of react(event as Extract<SipEvent, { kind: Kind }>)) network.step(place, input);
	};
}

const kinds = ({ events }: SipPlace) => events.map(({ kind }) => kind);
const call = (to: string, more = {}): SipAgentInput => ({ type: "call", call: 1, to, body: OFFER, ...more });

/** Two agents, of whom the second accepts. */
function accepted(network: SipNetwork, to = `sip:user@${B}`) {
	const [a, b] = [testAgent(network, A), testAgent(network, B)];
	on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 200, body: ANSWER }]);
	network.step(a, call(to));
	network.run(network.now + 2 * SECOND);
	return { a, b };
}

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

describe("who gives up", () => {
	it("CANCEL ends what has not been answered", () => {
		const network = new SipNetwork();
		const [a, b] = [testAgent(network, A), testAgent(network, B)];
		on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 180 }]);
		network.step(a, call(`sip:user@${B}`));
		network.run(SECOND);
		network.step(a, { type: "hangUp", call: 1 });
		network.run();
		expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "hungUp", by: "us" } });
		expect(b.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "hungUp", by: "them" } });
		expect(
			network
				.flow()
				.slice(3)
				.map((line) => line.slice(8)),
		).toEqual(["1 CANCEL", "2 200 CANCEL", "2 487 INVITE", "1 ACK"]);
	});

	it("CANCEL waits until the INVITE has been heard of; where that has not left nothing does", () => {
		const network = new SipNetwork();
		const [a, b] = [testAgent(network, A), testAgent(network, B)];
		network.step(a, call(`sip:user@${B}`));
		network.step(a, { type: "hangUp", call: 1 });
		network.run();
		expect([network.sent, b.events]).toEqual([[], []]);
		network.step(a, call(`sip:user@${B}`));
		network.run(network.now + 5 * MILLISECOND);
		network.step(a, { type: "hangUp", call: 1 });
		network.run();
		expect(network.flow().map((line) => line.slice(8))).toEqual([
			...["1 INVITE", "2 100 INVITE", "1 CANCEL", "2 200 CANCEL", "2 487 INVITE", "1 ACK"],
		]);
		expect(kinds(b)).toEqual(["incoming", "ended"]);
	});

	it("CANCEL and 200 cross on the way", () => {
		const network = new SipNetwork();
		const [a, b] = [testAgent(network, A), testAgent(network, B)];
		on(network, b, "incoming", ({ call }) => [{ type: "respond", call, status: 180 }]);
		network.step(a, call(`sip:user@${B}`));
		network.run(SECOND);
		network.step(a, { type: "hangUp", call: 1 });
		network.step(b, { type: "respond", call: -1, status: 200, body: ANSWER });
		network.run();
		expect(kinds(a)).toEqual(["progress", "ended"]);
		expect(kinds(b)).toEqual(["incoming", "accepted", "ended"]);
		expect(
			network
				.flow()
				.slice(3)
				.map((line) => line.slice(8)),
		).toEqual([...["1 CANCEL", "2 200 INVITE", "2 200 CANCEL", "1 ACK", "1 BYE", "2 200 BYE"]]);
	});

	it("refusals have their status, their words and their body", () => {
		const network = new SipNetwork();
		const [a, b] = [testAgent(network, A), testAgent(network, B)];
		on(network, b, "incoming", ({ call }) => [
			{ type: "respond", call, status: 580, body: ANSWER, headers: [["X-Why", "so\r\nwhat"]] },
		]);
		network.step(a, call(`sip:user@${B}`));
		network.run();
		expect(a.events).toMatchObject([
			{ kind: "ended", end: { code: "refused", status: 580, reason: "Precondition Failure", body: ANSWER } },
		]);
		expect(b.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "hungUp", by: "us" } });
		expect(network.sent.some(({ text }) => text.includes("X-Why: so what\r\n"))).toBe(true);
	});

	it("nobody there is told as what it is", () => {
		const network = new SipNetwork();
		const a = testAgent(network, A);
		network.attach(C, { step: () => [], deadline: null });
		network.step(a, call("sip:user@nowhere.example"));
		network.step(a, { ...call(`sip:user@${C}`), call: 2 } as SipAgentInput);
		network.step(a, { ...call("tel:+123"), call: 3 } as SipAgentInput);
		network.step(a, { ...call(`sips:user@${C}`), call: 4 } as SipAgentInput);
		network.run();
		const ends = Object.fromEntries(
			a.events.flatMap((event) => (event.kind === "ended" ? [[event.call, event.end]] : [])),
		);
		expect(ends).toMatchObject({
			1: { code: "notFound" },
			2: { code: "timeout" },
			3: { code: "notFound" },
			4: { code: "transport", why: "noSuchTransport" },
		});
	});

	it("closes once all has been ended", () => {
		const network = new SipNetwork();
		const { a, b } = accepted(network);
		network.step(a, { type: "close" });
		expect(kinds(a).at(-1)).toBe("ended");
		network.run();
		expect(kinds(a).at(-1)).toBe("closed");
		expect(kinds(b).at(-1)).toBe("ended");
		expect(a.node.deadline).toBeNull();
	});
});

describe("proxies", () => {
	it.each([false, true])("are on the way of everything that follows (strict: %j)", (isStrict) => {
		const network = new SipNetwork();
		network.attach(P, new TestProxy({ address: P, isStrict, users: { bob: [`sip:user@${B}`] } }));
		const { a, b } = accepted(network, `sip:bob@${P}`);
		on(network, a, "offer", ({ call }) => [{ type: "answer", call, body: FOURTH }]);
		network.step(b, { type: "offer", call: -1, body: THIRD });
		network.run(network.now + SECOND);
		expect(kinds(b)).toEqual(["incoming", "accepted", "answer"]);
		network.step(a, { type: "hangUp", call: 1 });
		network.run();
		expect(kinds(b).at(-1)).toBe("ended");
		expect(network.sent.every(({ from, to }) => from === P || to === P)).toBe(true);
	});

	it("fork: the first 2xx wins, and others are acknowledged and ended", () => {
		const network = new SipNetwork();
		network.attach(P, new TestProxy({ address: P, users: { bob: [`sip:user@${B}`, `sip:user@${C}`] } }));
		const c = testAgent(network, C);
		on(network, c, "incoming", ({ call }) => [
			{ type: "respond", call, status: 183, body: THIRD },
			{ type: "respond", call, status: 200, body: THIRD },
		]);
		const { a, b } = accepted(network, `sip:bob@${P}`);
		network.run();
		expect(kinds(a).filter((kind) => kind === "accepted")).toHaveLength(1);
		const [won, lost] = kinds(b).at(-1) === "accepted" ? [b, c] : [c, b];
		expect([kinds(won).at(-1), kinds(lost).at(-1)]).toEqual(["accepted", "ended"]);
	});
});

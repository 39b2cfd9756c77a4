import { MILLISECOND, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import type { SipAgentInput } from "./agent-io.ts";
import { SipNetwork, testAgent } from "./network.fixture.ts";
import { TestProxy } from "./proxy.fixture.ts";
import { A, ANSWER, accepted, B, C, call, FOURTH, kinds, on, P, THIRD } from "./two-agents.fixture.ts";

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

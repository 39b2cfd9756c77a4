import type { StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { HandPeer, hostLine, nominates } from "./hand-peer.fixture.ts";

const [LOW, HIGH] = ["192.0.2.7", "192.0.2.8"];
const at = (address: string) => ({ address, port: 7000 });
const candidates = [{ line: hostLine(LOW, 1000) }, { line: hostLine(HIGH, 2000) }];
const CONTROLLING: readonly StunItem[] = [
	{ name: "priority", value: 1 },
	{ name: "iceControlling", value: 1n },
];
const CONTROLLED: readonly StunItem[] = [
	{ name: "priority", value: 1 },
	{ name: "iceControlled", value: 1n },
];
const USE: StunItem = { name: "useCandidate", value: true };
const number = (value: number): StunItem => ({ name: "nomination", value });

describe("an agent that is controlled", () => {
	const withPeer = (options: readonly string[]) => {
		const peer = new HandPeer({}, options);
		peer.step({ type: "remoteCandidates", candidates });
		peer.pass(SECOND);
		return peer;
	};

	test("takes of all that a peer of RFC 5245 nominates the pair of the highest priority", () => {
		const peer = withPeer([]);
		peer.check(at(LOW), [...CONTROLLING, USE]);
		expect(peer.selected).toBe(LOW);
		peer.check(at(HIGH), [...CONTROLLING, USE]);
		expect(peer.selected).toBe(HIGH);
		peer.check(at(LOW), [...CONTROLLING, USE]);
		expect(peer.selected).toBe(HIGH);
	});

	test("goes with a peer of RFC 5245 that nominates another pair alone in the end, and stays where it nominates none any more", () => {
		const peer = withPeer([]);
		for (const address of [LOW, HIGH]) peer.check(at(address), [...CONTROLLING, USE]);
		peer.pass(2 * SECOND);
		for (const address of [LOW, HIGH]) peer.check(at(address), CONTROLLING);
		expect(peer.selected).toBe(HIGH);
		peer.pass(3 * SECOND);
		peer.check(at(LOW), [...CONTROLLING, USE]);
		expect(peer.selected).toBe(LOW);
		peer.pass(4 * SECOND);
		peer.check(at(HIGH), CONTROLLING);
		expect(peer.selected).toBe(LOW);
	});

	test("follows the highest number of a peer that nominates again", () => {
		const peer = withPeer(["ice2", "renomination"]);
		peer.check(at(HIGH), [...CONTROLLING, USE, number(1)]);
		peer.check(at(LOW), [...CONTROLLING, USE, number(3)]);
		expect(peer.selected).toBe(LOW);
		peer.check(at(HIGH), [...CONTROLLING, USE, number(2)]);
		expect(peer.selected).toBe(LOW);
	});

	test("waits with a nominated pair until its own check has succeeded", () => {
		const peer = new HandPeer({}, ["ice2"]);
		peer.check(at(LOW), [...CONTROLLING, USE]);
		expect(peer.selected).toBeNull();
		peer.answerAll();
		expect(peer.selected).toBe(LOW);
	});

	test("sends a check of its own for one that came, and lets the one under way be", () => {
		const peer = new HandPeer({}, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(LOW, 1000) }] });
		expect(peer.asked).toHaveLength(1);
		peer.check(at(LOW), CONTROLLING);
		peer.pass(60 * MILLISECOND, false);
		expect(peer.asked).toHaveLength(2);
		const [first] = peer.asked;
		if (first === undefined) throw new Error("it has asked");
		peer.answer(first, "success");
		expect(peer.agent.pairs).toMatchObject([{ state: "succeeded", readable: true, writable: true }]);
	});
});

describe("an agent that is controlling", () => {
	test("nominates once one pair works and no better one is left", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
		peer.step({ type: "endOfCandidates" });
		peer.answerAll();
		expect(peer.selected).toBeNull();
		peer.pass(50 * MILLISECOND, false);
		expect(peer.asked.filter(nominates)).toHaveLength(1);
		peer.answerAll();
		expect(peer.selected).toBe(LOW);
		expect(peer.events.findLast(({ kind }) => kind === "selected")).toMatchObject({ why: "best" });
	});

	test("waits for no other address of the peer's where a near one works", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(1) });
		peer.answerAll();
		peer.pass(50 * MILLISECOND, false);
		expect(peer.asked.filter(nominates).map(({ to }) => to.address)).toEqual([LOW]);
	});

	test("takes another pair where the peer refuses the one that it nominates", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates });
		for (let at = 1; at < 40 && peer.selected === null; at++) {
			peer.pass(at * 50 * MILLISECOND, false);
			for (const asked of peer.asked.splice(0)) {
				const isRefused = nominates(asked) && asked.to.address === HIGH;
				peer.answer(
					asked,
					isRefused ? "error" : "success",
					isRefused ? [{ name: "errorCode", value: { code: 500, reason: "" } }] : [],
				);
			}
		}
		expect(peer.selected).toBe(LOW);
	});
});

describe("a nomination that is never answered", () => {
	const nominating = (options: readonly string[]) => {
		const peer = new HandPeer({ role: "controlling" }, options);
		peer.step({ type: "remoteCandidates", candidates });
		let doomed: string | null = null;
		for (let at = 0; at < 60 * SECOND && peer.selected === null; at += 20 * MILLISECOND) {
			peer.pass(at, false);
			for (const asked of peer.asked.splice(0)) {
				if (nominates(asked)) doomed ??= asked.to.address;
				if (asked.to.address !== doomed) peer.answer(asked, "success");
			}
		}
		return { peer, doomed, seconds: peer.now / SECOND };
	};

	test("gives way to another pair in two seconds where the peer takes several", () => {
		const { peer, doomed, seconds } = nominating(["ice2", "renomination"]);
		expect(peer.selected).not.toBe(doomed);
		expect(seconds).toBeLessThan(3);
	});

	test("gives way to another when it has failed where the peer takes one", () => {
		const { peer, doomed, seconds } = nominating(["ice2"]);
		expect(peer.selected).not.toBe(doomed);
		expect(seconds).toBeGreaterThan(30);
	});
});

describe("an answer", () => {
	const asking = () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
		const [asked] = peer.asked.splice(0);
		if (asked === undefined) throw new Error("it has asked");
		return { peer, asked };
	};

	test("from another place than was asked makes the pair fail", () => {
		const { peer, asked } = asking();
		peer.answer(asked, "success", [], at(HIGH));
		expect(peer.agent.pairs).toMatchObject([{ state: "failed", failure: "notSymmetric" }]);
	});

	test("with an error makes it fail, and a role conflict has it sent again in the other role", () => {
		const { peer, asked } = asking();
		peer.answer(asked, "error", [{ name: "errorCode", value: { code: 487, reason: "" } }]);
		expect([peer.agent.role, peer.agent.pairs[0]?.state]).toEqual(["controlled", "waiting"]);
		peer.pass(50 * MILLISECOND, false);
		const [again] = peer.asked;
		if (again === undefined) throw new Error("it asks again");
		expect(again.message.attributes.map(({ name }) => name)).toContain("iceControlled");
		peer.answer(again, "error", [{ name: "errorCode", value: { code: 500, reason: "" } }]);
		expect(peer.agent.pairs).toMatchObject([{ state: "failed", failure: "500" }]);
	});

	test("from another place than was asked is no consent", () => {
		const peer = new HandPeer({ role: "controlling", deadPeerMs: 0 }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
		peer.pass(SECOND);
		const from = peer.now;
		while (peer.now < from + 29 * SECOND) {
			peer.pass(peer.now + SECOND, false);
			for (const asked of peer.asked.splice(0)) peer.answer(asked, "success", [], at(HIGH));
		}
		peer.pass(peer.now + 2 * SECOND, false);
		expect(peer.events.at(-1)).toEqual({ kind: "state", state: "failed", failure: "consentExpired" });
	});

	test("that forbids ends the consent at once", () => {
		const peer = new HandPeer({ role: "controlling", deadPeerMs: 0 }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
		peer.pass(SECOND);
		expect(peer.selected).toBe(LOW);
		peer.pass(peer.now + 7 * SECOND, false);
		const [asked] = peer.asked;
		if (asked === undefined) throw new Error("it asks for consent");
		peer.answer(asked, "error", [{ name: "errorCode", value: { code: 403, reason: "" } }]);
		expect(peer.events.at(-1)).toEqual({ kind: "state", state: "failed", failure: "consentRevoked" });
		const before = peer.asked.length;
		peer.pass(peer.now + 40 * SECOND, false);
		expect(peer.asked).toHaveLength(before);
	});
});

describe("where consent is over", () => {
	test("no check of the peer's brings it back, nor forgetting the pair", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2", "renomination"]);
		peer.step({ type: "remoteCandidates", candidates });
		peer.pass(SECOND);
		const gone = peer.selected ?? "";
		let isForbidden = false;
		for (let at = 1; at < 200 && !isForbidden; at++) {
			peer.pass(peer.now + 100 * MILLISECOND, false);
			for (const asked of peer.asked.splice(0)) {
				isForbidden ||= asked.to.address === gone;
				const error: StunItem = { name: "errorCode", value: { code: 403, reason: "" } };
				peer.answer(asked, asked.to.address === gone ? "error" : "success", asked.to.address === gone ? [error] : []);
			}
		}
		expect(isForbidden).toBe(true);
		peer.asked = [];
		peer.pass(peer.now + SECOND);
		expect(peer.selected).not.toBe(gone);
		for (let times = 0; times < 20; times++) {
			peer.check(at(gone), CONTROLLED);
			peer.pass(peer.now + SECOND, false);
			expect(peer.asked.filter(({ to }) => to.address === gone)).toEqual([]);
			peer.answerAll();
		}
		expect(peer.agent.state).toBe("completed");
	});
});

test("a candidate that is signalled late names a pair in use anew, which stays in use", () => {
	const peer = new HandPeer({}, ["ice2"]);
	peer.check(at(LOW), [...CONTROLLING, USE]);
	peer.answerAll();
	const [before] = peer.agent.pairs;
	peer.step({ type: "remoteCandidates", candidates: candidates.slice(0, 1) });
	const [after] = peer.agent.pairs;
	expect(peer.agent.pairs).toHaveLength(1);
	expect(before?.remote.type).toBe("prflx");
	expect(after).toMatchObject({ id: before?.id, selected: true, nominated: true, remote: { type: "host" } });
	expect(peer.events.filter(({ kind }) => kind === "selected")).toHaveLength(1);
});

import { decodeStun, encodeStun, isDecodeError, type StunItem, shortTermKey } from "@whither/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import type { IceAgent } from "./agent.ts";
import { HandPeer, hostLine } from "./hand-peer.fixture.ts";

const FROM = { address: "192.0.2.7", port: 7000 };
const CHECK: readonly StunItem[] = [
	{ name: "priority", value: 1_862_270_975 },
	{ name: "iceControlling", value: 1n },
	{ name: "useCandidate", value: true },
];
const key = (pwd: string) => ({ name: "messageIntegrity", key: shortTermKey(pwd) }) as const;

/** All that may be seen of an agent. */
const seen = (agent: IceAgent) =>
	JSON.stringify([agent.pairs, agent.state, agent.role, agent.own, agent.pending, agent.deadline]);

/** A peer with a pair that works, not nominated as yet. */
function begun(): HandPeer {
	const peer = new HandPeer({}, ["ice2"]);
	peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(FROM.address, 1000) }] });
	peer.answerAll();
	return peer;
}

function request(peer: HandPeer, pwd: string, items: readonly StunItem[] = CHECK, behind: readonly StunItem[] = []) {
	const username: StunItem = { name: "username", value: `${peer.agent.own.ufrag}:peer` };
	const attributes = [username, ...items, key(pwd), ...behind, { name: "fingerprint" } as const];
	return encodeStun({ class: "request", method: "binding", transactionId: new Uint8Array(12), attributes });
}

describe("a check whose digest is wrong has no effect whatever", () => {
	const hear = (peer: HandPeer, bytes: Uint8Array) => {
		const before = seen(peer.agent);
		const told = peer.events.length;
		peer.step({ type: "received", base: 0, from: FROM, bytes });
		expect(peer.events.length).toBe(told);
		expect(seen(peer.agent)).toBe(before);
	};

	test("by whatever password but ours it is signed", () => {
		const peer = begun();
		fc.assert(
			fc.property(fc.string({ maxLength: 40 }), (pwd) => {
				if (pwd !== peer.agent.own.pwd) hear(peer, request(peer, pwd));
			}),
			{ numRuns: 50 },
		);
	});

	test("whichever of its bytes are others", () => {
		const peer = begun();
		const right = request(peer, peer.agent.own.pwd);
		// All that the digest is of, and itself: not the fingerprint of eight bytes behind it.
		const place = fc.nat({ max: right.length - 9 });
		const changes = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });
		fc.assert(
			fc.property(changes, (changed) => {
				const bytes = right.slice();
				for (const [at, value] of changed) bytes[at] = (bytes[at] ?? 0) ^ value;
				const isSame = bytes.every((byte, at) => byte === right[at]);
				// What is no request and of no digest, such as an indication, asks for nothing either.
				if (!isSame) hear(peer, bytes);
			}),
			{ numRuns: 300 },
		);
	});

	test("and what stands behind a digest that is right counts for nothing", () => {
		const peer = begun();
		const plain = CHECK.slice(0, 2);
		const bytes = request(peer, peer.agent.own.pwd, plain, [{ name: "useCandidate", value: true }]);
		const message = decodeStun(bytes);
		expect(!isDecodeError(message) && message.attributes.map(({ name }) => name)).toContain("useCandidate");
		peer.step({ type: "received", base: 0, from: FROM, bytes });
		expect(peer.agent.pairs).toMatchObject([{ readable: true, nominated: false }]);
		expect(peer.selected).toBeNull();
	});
});

describe("an answer to a check", () => {
	test("signed by another, or not at all, is waited on for the right one", () => {
		const peer = new HandPeer({}, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(FROM.address, 1000) }] });
		const [asked] = peer.asked.splice(0);
		if (asked === undefined) throw new Error("it has asked");
		const { transactionId } = asked.message;
		const mapped: StunItem = { name: "xorMappedAddress", value: FROM };
		const refused: StunItem = { name: "errorCode", value: { code: 487, reason: "" } };
		const before = seen(peer.agent);
		for (const [kind, item] of [
			["success", mapped],
			["error", refused],
		] as const)
			for (const signed of [[], [key("another password of 22")]]) {
				const bytes = encodeStun({ class: kind, method: "binding", transactionId, attributes: [item, ...signed] });
				peer.step({ type: "received", base: 0, from: FROM, bytes });
			}
		expect(seen(peer.agent)).toBe(before);
		peer.answer(asked, "success");
		expect(peer.agent.pairs).toMatchObject([{ state: "succeeded" }]);
	});
});

describe("a flood", () => {
	test("of checks without password is answered less than it asks, and kept nowhere", () => {
		const peer = begun();
		let [asked, answered] = [0, 0];
		for (let number = 0; number < 1000; number++) {
			const from = { address: `203.0.${number % 250}.${number % 7}`, port: 1024 + number };
			const bytes = request(peer, "a password of nobody's!");
			asked += bytes.length;
			for (const output of peer.agent.step({ type: "received", base: 0, from, bytes }, peer.now))
				if (output.type === "send") answered += output.bytes.length;
		}
		expect(answered).toBeGreaterThan(0);
		expect(answered).toBeLessThan(asked / 5);
		expect(peer.agent.pairs).toHaveLength(1);
	});

	test("of bare questions has no longer answers in all than they are, though each is", () => {
		const peer = begun();
		const bytes = encodeStun({
			class: "request",
			method: "binding",
			transactionId: new Uint8Array(12),
			attributes: [],
		});
		let answered = 0;
		for (let number = 0; number < 1000; number++)
			for (const output of peer.agent.step({ type: "received", base: 0, from: FROM, bytes }, peer.now))
				if (output.type === "send") answered += output.bytes.length;
		expect(answered).toBeLessThan((1000 * bytes.length) / 5);
	});

	test("of the peer's own candidates makes no more than a hundred pairs, of which two hundred are remembered", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		for (let number = 0; number < 1000; number++) {
			const line = { ...hostLine(`198.18.${number >> 8}.${number & 255}`, number + 1), port: 1 + number };
			peer.step({ type: "remoteCandidates", candidates: [{ line }] });
		}
		expect(peer.agent.pairs.length).toBeLessThanOrEqual(100);
		expect(peer.events.filter(({ kind }) => kind === "remoteCandidate")).toHaveLength(200);
		expect(peer.ignored.filter((reason) => reason === "tooManyPairs").length).toBeGreaterThanOrEqual(800);
	});

	test("of sources that its checks come from makes no more either", () => {
		const peer = begun();
		for (let port = 1; port <= 500; port++) peer.check({ address: "192.0.2.9", port }, CHECK.slice(0, 2));
		peer.pass(peer.now + SECOND, false);
		expect(peer.agent.pairs.length).toBeLessThanOrEqual(100);
		expect(peer.agent.pending).toBeLessThanOrEqual(400);
	});

	test("of names makes us look up fifty, however often they are told", () => {
		const peer = new HandPeer({}, ["ice2"]);
		const resolves = () => {
			let asked = 0;
			for (let number = 0; number < 500; number++) {
				const line = { ...hostLine(`n${number % 120}.local`, 9), port: 1 + (number % 3) };
				for (const { type } of peer.agent.step({ type: "remoteCandidates", candidates: [{ line }] }, peer.now))
					if (type === "resolve") asked++;
			}
			return asked;
		};
		expect(resolves()).toBe(50);
		for (let number = 0; number < 120; number++)
			peer.step({ type: "resolved", name: `n${number}.local`, address: null });
		expect(resolves()).toBe(0);
	});

	test("of checks before the peer's description is known is not kept without end", () => {
		const early = new HandPeer({}, ["ice2"]);
		early.step({ type: "restart" });
		for (let port = 1; port <= 500; port++) early.check({ address: "192.0.2.9", port }, CHECK.slice(0, 2));
		early.step({ type: "peer", peer: { ufrag: "peer", pwd: "0123456789012345678901" } });
		expect(early.agent.pairs).toHaveLength(16);
	});

	test("of addresses that the peer says it sees us by is not kept", () => {
		const peer = begun();
		for (let port = 1; port <= 300; port++) {
			peer.pass(peer.now + 5 * SECOND, false);
			for (const asked of peer.asked.splice(0))
				peer.answer(asked, "success", [], asked.to, { address: "203.0.113.5", port });
		}
		expect(JSON.stringify(peer.agent.pairs).length).toBeLessThan(2000);
	});
});

describe("nothing is sent", () => {
	test.each([
		"0.0.0.0",
		"224.0.0.251",
		"255.255.255.255",
		"240.0.0.1",
		"::",
		"ff02::fb",
		"::ffff:127.0.0.1",
		"::ffff:192.0.2.1",
		"127.0.0.1",
		"::1",
	])("to %s because a peer says that it is there", (address) => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "base", base: 1, at: { address: "2001:db8::1", port: 5000 } });
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(address, 1000) }] });
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine("x.local", 1000) }] });
		peer.step({ type: "resolved", name: "x.local", address });
		peer.pass(SECOND);
		expect([peer.asked, peer.agent.pairs]).toEqual([[], []]);
	});

	test("to whom the filter refuses, told or found", () => {
		const peer = new HandPeer({ allowRemote: ({ address }) => address !== FROM.address }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(FROM.address, 1000) }] });
		peer.check(FROM, CHECK);
		peer.pass(SECOND);
		expect([peer.asked, peer.agent.pairs]).toEqual([[], []]);
		expect(new Set(peer.ignored)).toContain("refusedCandidate");
	});
});

import { SECOND } from "@whither/core";
import { encodeUtf8 } from "@whither/wire";
import { expect, it } from "vitest";
import { TORTURE } from "../message/torture.fixture.ts";
import type { SipAgentInput, SipBody } from "./agent-io.ts";
import { SipNetwork, type SipPlace, testAgent } from "./network.fixture.ts";

const [A, B] = ["192.0.2.1", "192.0.2.2"];
const OFFER: SipBody = { type: "application/sdp", text: "one" };
const MESSAGES = 2_000;
/** What the agent may answer of its own to so many messages: no more than there are, and copies of what waits for an ACK. */
const MOST_OUTPUTS = 2 * MESSAGES;

/** Whole numbers from 0 to below, by a seed (xorshift). */
function numbers(seed: number): (below: number) => number {
	let x = seed;
	return (below) => {
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		return (x >>> 0) % below;
	};
}

/** Two agents with a call that stands, one that rings and one that is offered something. */
function busy() {
	const network = new SipNetwork();
	const more = { infoPackages: ["trickle-ice"], supported: ["precondition"] };
	const [a, b] = [testAgent(network, A, more), testAgent(network, B, more)];
	b.react = (event) => {
		if (event.kind !== "incoming") return;
		const { call } = event;
		network.step(b, { type: "respond", call, status: 183, reliable: true, body: OFFER });
		if (call !== -2) network.step(b, { type: "respond", call, status: 200 });
	};
	for (const call of [1, 2, 3]) network.step(a, { type: "call", call, to: `sip:user@${B}`, body: OFFER });
	network.run(SECOND);
	network.step(a, { type: "offer", call: 3, body: OFFER });
	network.step(a, { type: "offer", call: 2, body: OFFER, method: "UPDATE" });
	network.step(a, { type: "info", call: 1, package: "trickle-ice", body: OFFER });
	network.run(1.2 * SECOND);
	return { network, a, b };
}

/** A message with some of its parts changed, left out, doubled, or taken from another one. */
function mutate(text: string, other: string, draw: (below: number) => number): string {
	const lines = text.split("\r\n");
	const others = other.split("\r\n");
	const at = draw(lines.length);
	const line = lines[at] ?? "";
	const cut = draw(line.length + 1);
	switch (draw(7)) {
		case 0:
			return lines.toSpliced(at, 1).join("\r\n");
		case 1:
			return lines.toSpliced(at, 0, line).join("\r\n");
		case 2:
			return lines.toSpliced(at, 1, others[draw(others.length)] ?? "").join("\r\n");
		case 3:
			return lines.with(at, line.slice(0, cut) + String.fromCharCode(draw(256)) + line.slice(cut + 1)).join("\r\n");
		case 4:
			return text.replace(/\d+/g, (digits) => (draw(6) === 0 ? `${draw(1000)}` : digits));
		case 5:
			return text.replace(/^\w+|CSeq: \d+ \w+/g, (word) => word.replace(/[A-Z]+$/, draw(2) === 0 ? "BYE" : "PRACK"));
		default:
			return text.slice(0, draw(text.length));
	}
}

it("mutated messages to agents with calls never throw, and come to no more than they are", () => {
	const { network, a, b } = busy();
	const seen = [...network.sent.map(({ text }) => text), ...TORTURE.map(({ bytes }) => String.fromCharCode(...bytes))];
	const draw = numbers(4711);
	const step = (place: SipPlace, input: SipAgentInput, now: number) => place.node.step(input, now);
	let outputs = 0;
	for (let index = 0; index < MESSAGES; index++) {
		let text = seen[draw(seen.length)] ?? "";
		for (let changes = draw(3); changes >= 0; changes--) text = mutate(text, seen[draw(seen.length)] ?? "", draw);
		const place = draw(2) === 0 ? a : b;
		const from = { transport: draw(4) === 0 ? "tcp" : "udp", address: place === a ? B : A, port: 5060 } as const;
		const now = 1.2 * SECOND + index * 4_000_000;
		for (const output of step(place, { type: "received", bytes: encodeUtf8(text), from }, now))
			if (output.type === "send") outputs++;
	}
	expect(outputs).toBeGreaterThan(MESSAGES / 50);
	expect(outputs).toBeLessThan(MOST_OUTPUTS);
	for (const place of [a, b]) {
		step(place, { type: "close" }, 20 * SECOND);
		for (let steps = 0; steps < 5_000 && place.node.deadline !== null; steps++)
			step(place, { type: "timer" }, Math.max(20 * SECOND, place.node.deadline.at));
		expect(place.node.deadline).toBeNull();
	}
});

it("whatever the owner says at whatever time, nothing throws", () => {
	const { network, a, b } = busy();
	const draw = numbers(99);
	const odd: SipBody = { type: "a\r\nb: c", text: "\u0000", disposition: "x\r\n" };
	const to = () => ["sip:\r\n", "sip:a@[::"][draw(9)] ?? `sip:user@${draw(2) === 0 ? A : B}`;
	const body = () => (draw(3) === 0 ? odd : OFFER);
	const status = () => draw(800);
	const reason = '\r\n"';
	const headers = [
		["a b", "c"],
		["X", "\r\n"],
	] as const;
	const orders: readonly ((call: number) => SipAgentInput)[] = [
		(call) => ({ type: "call", call, to: to(), body: body(), headers, require: draw(3) === 0 ? ["\r\n"] : [] }),
		(call) => ({ type: "respond", call, status: status(), reason, body: body(), headers, reliable: draw(2) === 0 }),
		(call) => ({ type: "offer", call, body: body() }),
		(call) => ({ type: "answer", call, body: body() }),
		(call) => ({ type: "refuse", call, status: status() }),
		(call) => ({ type: "info", call, package: "trickle-ice\r\n", body: odd }),
		(call) => ({ type: "hangUp", call, status: status(), reason }),
		() => ({ type: "located", key: draw(50), hops: [] }),
		() => ({ type: "transportFailed", to: { transport: "udp", address: B, port: 5060 }, why: "x" }),
		() => ({ type: "register", expiresSeconds: Number.NaN }),
		() => ({ type: "unregister" }),
	];
	for (let index = 0; index < 1_000; index++) {
		const order = orders[draw(orders.length)];
		if (order !== undefined) network.step(draw(2) === 0 ? a : b, order(draw(60) - 40));
		network.run(network.now + draw(2) * SECOND);
	}
	expect([a, b].every(({ events }) => events.length > 5)).toBe(true);
});

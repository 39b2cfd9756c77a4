import { expect, it } from "vitest";
import { SipNetwork, testAgent } from "./network.fixture.ts";

const OFFER = { type: "application/sdp", text: "v=0 offer" };
const ANSWER = { type: "application/sdp", text: "v=0 answer" };

it("calls, rings, is accepted and hangs up", () => {
	const network = new SipNetwork();
	const [a, b] = [testAgent(network, "192.0.2.1"), testAgent(network, "192.0.2.2")];
	b.react = (event) => {
		if (event.kind !== "incoming") return;
		network.step(b, { type: "respond", call: event.call, status: 180 });
		network.step(b, { type: "respond", call: event.call, status: 200, body: ANSWER });
	};
	b.events.length = 0;
	network.step(a, { type: "call", call: 1, to: "sip:user@192.0.2.2", body: OFFER });
	network.run();
	expect(a.events).toMatchObject([
		{ kind: "progress", call: 1, status: 180, answer: null, dialog: true, reliable: false },
		{ kind: "accepted", call: 1, answer: ANSWER },
	]);
	expect(b.events).toMatchObject([
		{ kind: "incoming", call: -1, from: "sip:user@192.0.2.1", offer: OFFER },
		{ kind: "accepted", call: -1, answer: null },
	]);
	network.step(a, { type: "hangUp", call: 1 });
	network.run();
	expect(a.events.at(-1)).toMatchObject({ kind: "ended", call: 1, end: { code: "hungUp", by: "us" } });
	expect(b.events.at(-1)).toMatchObject({ kind: "ended", call: -1, end: { code: "hungUp", by: "them" } });
	expect(network.flow()).toEqual([
		"192.0.2.1 INVITE",
		"192.0.2.2 100 INVITE",
		"192.0.2.2 180 INVITE",
		"192.0.2.2 200 INVITE",
		"192.0.2.1 ACK",
		"192.0.2.1 BYE",
		"192.0.2.2 200 BYE",
	]);
});

import { SECOND } from "@whither/core";
import { expect, it } from "vitest";
import type { SipAgentInput, SipBody, SipEvent } from "./agent-io.ts";
import { SipNetwork, testAgent } from "./network.fixture.ts";
import { TestProxy } from "./proxy.fixture.ts";

const sdp = (text: string): SipBody => ({ type: "application/sdp", text });
const [A, B, P] = ["192.0.2.1", "192.0.2.2", "192.0.2.9"];
const INFO: SipBody = { type: "application/trickle-ice-sdpfrag", text: "a=end-of-candidates" };

/** What the caller does at an event. */
function callerDoes(event: SipEvent): readonly SipAgentInput[] {
	if (event.kind === "progress" && event.status === 183) {
		const info: SipAgentInput = { type: "info", call: 1, package: "trickle-ice", body: INFO };
		return [info, { type: "offer", call: 1, body: sdp("three"), method: "UPDATE" }];
	}
	return event.kind === "offer" ? [{ type: "answer", call: 1, body: sdp("six") }] : [];
}

/** What the other end does: no ringing before the second offer, and an offer of its own once all stands. */
function calleeDoes(event: SipEvent): readonly SipAgentInput[] {
	switch (event.kind) {
		case "incoming":
			return [{ type: "respond", call: event.call, status: 183, body: sdp("two"), reliable: true }];
		case "offer":
			return [
				{ type: "answer", call: event.call, body: sdp("four") },
				{ type: "respond", call: event.call, status: 180, reliable: true },
				{ type: "respond", call: event.call, status: 200 },
			];
		case "accepted":
			return [{ type: "offer", call: event.call, body: sdp("five") }];
		default:
			return [];
	}
}

/** A whole call over a network that loses a fifth of all datagrams and shuffles the others. */
function callOver(seed: number, loss: number) {
	const network = new SipNetwork({ seed: seed * 7919, loss, reordering: 0.2 });
	const more = { infoPackages: ["trickle-ice"], transports: ["udp"] as const };
	const [a, b] = [testAgent(network, A, more), testAgent(network, B, more)];
	const proxy = new TestProxy({ address: P, users: { bob: [`sip:user@${B}`] } });
	network.attach(P, proxy, ["udp"]);
	a.react = (event) => {
		for (const input of callerDoes(event)) network.step(a, input);
	};
	b.react = (event) => {
		for (const input of calleeDoes(event)) network.step(b, input);
		if (event.kind === "answer") network.step(b, { type: "hangUp", call: event.call });
	};
	const to = seed % 2 === 0 ? `sip:user@${B}` : `sip:bob@${P}`;
	network.step(a, { type: "call", call: 1, to, body: sdp("one") });
	network.run();
	return { network, a, b };
}

it("every call with 100rel, UPDATE, INFO and re-INVITE comes to its end over 20 % loss, directly and by a proxy", () => {
	for (let seed = 1; seed <= 50; seed++) {
		const { network, a, b } = callOver(seed, seed % 2 === 0 ? 0.2 : 0.1);
		// Answers to different requests may pass each other.
		const [atA, atB] = [a, b].map(({ events }) => [...events.map(({ kind }) => kind)].sort().join(" "));
		expect(atA, `seed ${seed}`).toBe("accepted answer ended offer progress progress");
		expect(atB, `seed ${seed}`).toBe("accepted acknowledged acknowledged answer ended incoming info offer");
		expect([a, b].map(({ events }) => events.at(-1)?.kind)).toEqual(["ended", "ended"]);
		expect(network.now).toBeLessThan(200 * SECOND);
		expect([a.node.deadline, b.node.deadline]).toEqual([null, null]);
	}
}, 20_000);

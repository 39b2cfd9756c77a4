import { SECOND } from "@whither/core";
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { SipBody, SipEnd } from "./agent-io.ts";
import { agentAt, SipNetwork, type SipNode, type SipPlace, testAgent } from "./network.fixture.ts";

const [A, B, C] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
const OFFER: SipBody = { type: "application/sdp", text: "one" };
const LONG: SipBody = { type: "application/sdp", text: "a=candidate:1 1 UDP 1 192.0.2.1 1 typ host\r\n".repeat(30) };
const SILENT: SipNode = { step: () => [], deadline: null };

function accepting(network: SipNetwork, place: SipPlace): SipPlace {
	place.react = (event) => {
		if (event.kind === "incoming") network.step(place, { type: "respond", call: event.call, status: 200, body: OFFER });
	};
	return place;
}

/** Which way each message of a flow went, each once. */
const ways = (network: SipNetwork) => [
	...new Set(network.sent.map(({ what, transport, to }) => `${what} ${transport} ${to}`)),
];

/** A call, ten seconds, and its end. */
function talk(network: SipNetwork, a: SipPlace, to: string, body = OFFER): SipEnd | null {
	network.step(a, { type: "call", call: 1, to, body });
	network.run(network.now + 70 * SECOND);
	network.step(a, { type: "hangUp", call: 1 });
	network.run();
	const last = a.events.at(-1);
	return last?.kind === "ended" ? last.end : null;
}

describe("the way of a request", () => {
	it("is TCP where it would be too long a datagram, and UDP all the same where nobody listens there", () => {
		const network = new SipNetwork();
		const a = testAgent(network, A);
		accepting(network, testAgent(network, B));
		expect(talk(network, a, `sip:user@${B}`, LONG)).toMatchObject({ code: "hungUp", by: "us" });
		expect(ways(network)).toEqual([
			...[`INVITE tcp ${B}`, `100 INVITE tcp ${A}`, `200 INVITE tcp ${A}`],
			...[`ACK tcp ${B}`, `BYE tcp ${B}`, `200 BYE tcp ${A}`],
		]);
		accepting(network, testAgent(network, C, { transports: ["udp"] }));
		network.sent.length = 0;
		expect(talk(network, a, `sip:user@${C}`, LONG)).toMatchObject({ code: "hungUp", by: "us" });
		expect(ways(network).slice(0, 3)).toEqual([`INVITE tcp ${C}`, `INVITE udp ${C}`, `100 INVITE udp ${A}`]);
	});

	it("is a datagram, however long, where there is no TCP here", () => {
		const network = new SipNetwork();
		const a = testAgent(network, A, { transports: ["udp"] });
		accepting(network, testAgent(network, B));
		expect(talk(network, a, `sip:user@${B}`, LONG)).toMatchObject({ code: "hungUp" });
		expect(ways(network)[0]).toBe(`INVITE udp ${B}`);
	});

	it("is TLS to the last step of a sips URI, and Contact says so", () => {
		const network = new SipNetwork();
		const transports = ["udp", "tls"] as const;
		const a = testAgent(network, A, { transports });
		accepting(network, testAgent(network, B, { transports }));
		expect(talk(network, a, `sips:user@${B}`)).toMatchObject({ code: "hungUp", by: "us" });
		expect(network.sent.every(({ transport }) => transport === "tls")).toBe(true);
		const contacts = network.sent
			.filter(({ what }) => / ?INVITE$/.test(what))
			.map(({ text }) => /Contact: (.*)\r/.exec(text)?.[1]);
		expect(contacts).toEqual([`<sips:user@${A}:5061>`, undefined, `<sips:user@${B}:5061>`]);
	});

	it("is none of an ACK either where a sips call is answered by a Contact without TLS", () => {
		const agent = agentAt(A, { transports: ["udp", "tls"] });
		const hop = { transport: "tls", address: B, port: 5061 } as const;
		agent.step({ type: "call", call: 1, to: `sips:user@${B}`, body: OFFER }, 0);
		const [sent] = agent.step({ type: "located", key: 1, hops: [hop] }, 0);
		const fields =
			sent?.type === "send" ? (decodeUtf8(sent.bytes).match(/^(Via|From|Call-ID|CSeq): .*\r\n/gm) ?? []) : [];
		const ok = `SIP/2.0 200 OK\r\n${fields.join("")}To: <sips:user@${B}>;tag=b\r\nContact: <sip:user@${B}>\r\n\r\n`;
		agent.step({ type: "received", bytes: encodeUtf8(ok), from: hop }, 0);
		const way = { transport: "udp", address: B, port: 5060 } as const;
		expect(agent.step({ type: "located", key: 2, hops: [way] }, 0)).toEqual([]);
	});

	it("is none at all where a sips URI leads to no TLS", () => {
		const agent = agentAt(A, { transports: ["udp", "tls"] });
		agent.step({ type: "call", call: 1, to: `sips:user@${B}`, body: OFFER }, 0);
		const hops = [{ transport: "udp", address: B, port: 5060 } as const];
		expect(agent.step({ type: "located", key: 1, hops }, 0)).toEqual([
			{ type: "event", event: { kind: "ended", call: 1, end: { code: "transport", why: "noSuchTransport" } } },
		]);
	});

	it("goes on to the next place where nobody is at the first, or it is too busy", () => {
		for (const first of [SILENT, busy()]) {
			const network = new SipNetwork();
			const a = testAgent(network, A);
			network.attach(C, first);
			accepting(network, testAgent(network, B));
			network.names.set("both.example", [C, B]);
			expect(talk(network, a, "sip:user@both.example")).toMatchObject({ code: "hungUp", by: "us" });
			expect(a.events.map(({ kind }) => kind)).toEqual(["accepted", "ended"]);
		}
	});

	it("says that the first was too busy, where nobody is at the next", () => {
		const network = new SipNetwork();
		const a = testAgent(network, A);
		network.attach(C, busy());
		network.attach(B, SILENT);
		network.names.set("both.example", [C, B]);
		network.step(a, { type: "call", call: 1, to: "sip:user@both.example", body: OFFER });
		network.run(100 * SECOND);
		expect(a.events.at(-1)).toMatchObject({ kind: "ended", end: { code: "refused", status: 503 } });
	});

	it("begins at the outbound proxy, whoever is called", () => {
		const network = new SipNetwork();
		network.attach(C, SILENT);
		const account = { address: `sip:user@${A}`, outboundProxy: `sip:${C};transport=tcp` };
		const a = testAgent(network, A, { account });
		network.step(a, { type: "call", call: 1, to: "sip:them@elsewhere.example", body: OFFER });
		network.run(SECOND);
		expect(ways(network)).toEqual([`INVITE tcp ${C}`]);
		expect(network.sent[0]?.text).toMatch(
			/^INVITE sip:them@elsewhere.example SIP\/2.0\r\n[\s\S]*Route: <sip:192.0.2.3;transport=tcp;lr>/,
		);
	});
});

/** Has no time for anybody (RFC 3261 §21.5.4). */
function busy(): SipNode {
	const step: SipNode["step"] = (input) => {
		if (input.type !== "received") return [];
		const text = new TextDecoder().decode(input.bytes);
		if (!text.startsWith("INVITE")) return [];
		const lines = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
		const answer = ["SIP/2.0 503 No", ...lines.map((line) => line.replace(/^To:.*/, "$&;tag=1")), "", ""].join("\r\n");
		return [{ type: "send", bytes: new TextEncoder().encode(answer), to: input.from }];
	};
	return { step, deadline: null };
}

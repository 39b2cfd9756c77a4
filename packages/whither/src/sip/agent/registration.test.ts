import { SECOND } from "@whither/core";
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { sipFields } from "../message/headers.ts";
import { parseSip } from "../message/parse.ts";
import type { SipAgentInput, SipBody } from "./agent-io.ts";
import { agentAt, SipNetwork, type SipNode, testAgent } from "./network.fixture.ts";
import { TestProxy } from "./proxy.fixture.ts";

const [A, B, P] = ["192.0.2.1", "192.0.2.2", "192.0.2.9"];
const OFFER: SipBody = { type: "application/sdp", text: "one" };
const ANSWER: SipBody = { type: "application/sdp", text: "two" };
const account = (user: string, password?: string) => ({
	account: { address: `sip:${user}@${P}`, ...(password !== undefined && { password }) },
});

/** A registrar, and an agent that has an account there. */
function registrar(
	more: Partial<ConstructorParameters<typeof TestProxy>[0]> = {},
	password: string | undefined = "secret",
) {
	const network = new SipNetwork();
	const proxy = new TestProxy({ address: P, password: "secret", ...more });
	network.attach(P, proxy);
	const a = testAgent(network, A, account("alice", password));
	const flow = () => network.sent.map(({ what }) => what);
	return { network, proxy, a, flow };
}

describe("a registration", () => {
	it("shows its password when it is asked, is refreshed before its end, and is taken back", () => {
		const { network, proxy, a, flow } = registrar();
		network.step(a, { type: "register", expiresSeconds: 600 });
		network.run(SECOND);
		expect(flow()).toEqual(["REGISTER", "401 REGISTER", "REGISTER", "200 REGISTER"]);
		expect(a.events).toEqual([{ kind: "registered", expiresSeconds: 600, publicAddress: { address: A, port: 5060 } }]);
		expect([...proxy.registered]).toEqual([[`sip:alice@${A}:5060`, 600]]);
		expect(network.sent[2]?.text).toMatch(/\r\nAuthorization: Digest username="alice", .*algorithm=SHA-256/);
		network.run(541 * SECOND);
		expect(flow()).toHaveLength(8);
		network.step(a, { type: "unregister" });
		network.run(545 * SECOND);
		expect(a.events.at(-1)).toEqual({ kind: "unregistered", end: null });
		expect(proxy.registered.size).toBe(0);
		expect(a.node.deadline).not.toBeNull();
		network.run(600 * SECOND);
		expect(a.node.deadline).toBeNull();
	});

	it("lasts as long as the registrar wants at least", () => {
		const { network, proxy, a, flow } = registrar({ minExpires: 1800 });
		network.step(a, { type: "register", expiresSeconds: 60 });
		network.run(SECOND);
		expect(flow().filter((what) => what === "423 REGISTER")).toHaveLength(1);
		expect([...proxy.registered.values()]).toEqual([1800]);
		expect(a.events).toMatchObject([{ kind: "registered", expiresSeconds: 1800 }]);
	});

	it("is not had with a wrong password, or with none, and nothing is tried twice", () => {
		const wrong = registrar({}, "guess");
		wrong.network.step(wrong.a, { type: "register" });
		wrong.network.run();
		expect(wrong.flow()).toEqual(["REGISTER", "401 REGISTER", "REGISTER", "401 REGISTER"]);
		expect(wrong.a.events).toEqual([{ kind: "unregistered", end: { code: "unauthorized", realm: P, shown: true } }]);
		const network = new SipNetwork();
		network.attach(P, new TestProxy({ address: P, password: "secret" }));
		const none = testAgent(network, A, account("alice"));
		network.step(none, { type: "register" });
		network.run();
		expect(none.events).toEqual([{ kind: "unregistered", end: { code: "unauthorized", realm: P, shown: false } }]);
	});

	it("shows it again where its nonce has grown old meanwhile", () => {
		const { network, a, flow } = registrar();
		let asked = 0;
		const stale: SipNode = {
			deadline: null,
			step: (input, now) => {
				const message = input.type === "received" ? parseSip(input.bytes) : null;
				if (message?.kind !== "request" || input.type !== "received") return [];
				const same = ["Via", "From", "To", "Call-ID", "CSeq"].map(
					(name) => `${name}: ${sipFields(message, name)[0]}\r\n`,
				);
				const asks = `SIP/2.0 401 No\r\n${same.join("")}WWW-Authenticate: Digest realm="r", nonce="${now}"`;
				const more = asked++ === 0 ? "" : ", stale=true";
				const bytes = new TextEncoder().encode(`${asks}${more}\r\n\r\n`);
				return [{ type: "send", bytes, to: input.from }];
			},
		};
		network.attach(P, stale);
		network.step(a, { type: "register" });
		network.run();
		expect(flow().filter((what) => what === "REGISTER")).toHaveLength(3);
		expect(a.events).toMatchObject([{ kind: "unregistered", end: { code: "unauthorized", realm: "r" } }]);
	});

	/** A registrar that says 200 and this of our Contact. */
	const granting = (seconds: number): SipNode => ({
		deadline: null,
		step: (input) => {
			if (input.type !== "received") return [];
			const copied = decodeUtf8(input.bytes).match(/^(Via|From|To|Call-ID|CSeq): .*\r\n/gm) ?? [];
			const own = `Contact: <SIP:%61lice@${A}:5060>;expires=${seconds}\r\n`;
			const bytes = encodeUtf8(
				`SIP/2.0 200 OK\r\n${copied.join("")}Contact: <sip:alice@elsewhere>;expires=9\r\n${own}\r\n`,
			);
			return [{ type: "send", bytes, to: input.from }];
		},
	});

	it("lasts as long as is said of our Contact, however the registrar writes that", () => {
		const { network, a } = registrar();
		network.attach(P, granting(77));
		network.step(a, { type: "register" });
		network.run(SECOND);
		expect(a.events).toMatchObject([{ kind: "registered", expiresSeconds: 77 }]);
	});

	it("for a second is renewed four times a minute at the most, and one for no time is none", () => {
		const short = registrar();
		short.network.attach(P, granting(1));
		short.network.step(short.a, { type: "register" });
		short.network.run(61 * SECOND);
		expect(short.flow().filter((what) => what === "REGISTER")).toHaveLength(5);
		const none = registrar();
		none.network.attach(P, granting(0));
		none.network.step(none.a, { type: "register" });
		none.network.run();
		expect(none.flow()).toEqual(["REGISTER", "200 REGISTER"]);
		expect(none.a.events).toMatchObject([{ kind: "unregistered", end: { code: "protocol" } }]);
	});

	it("is renewed half a minute after the way to its registrar has broken, and not for another's", () => {
		const { network, a, flow } = registrar();
		network.step(a, { type: "register", expiresSeconds: 3000 });
		network.run(SECOND);
		const failed = (address: string) =>
			network.step(a, { type: "transportFailed", to: { transport: "udp", address, port: 5060 }, why: "x" });
		failed(B);
		network.run(60 * SECOND);
		expect(flow()).toHaveLength(4);
		for (let index = 0; index < 5; index++) failed(P);
		network.run(89 * SECOND);
		expect(flow()).toHaveLength(4);
		network.run(120 * SECOND);
		expect(flow().slice(4)).toEqual(["REGISTER", "401 REGISTER", "REGISTER", "200 REGISTER"]);
	});

	it("is tried again where it was lost, and told once", () => {
		const { network, a } = registrar();
		network.step(a, { type: "register", expiresSeconds: 100 });
		network.run(SECOND);
		network.attach(P, { step: () => [], deadline: null });
		network.run(400 * SECOND);
		expect(a.events.map(({ kind }) => kind)).toEqual(["registered", "unregistered"]);
		network.attach(P, new TestProxy({ address: P, password: "secret" }));
		network.run(1200 * SECOND);
		expect(a.events.map(({ kind }) => kind)).toEqual(
			["registered", "unregistered", "registered"].concat(a.events.slice(3).map(() => "registered")),
		);
	});

	it.each(["secret", undefined])("has the NAT's address for its Contact (password: %j)", (password) => {
		const network = new SipNetwork();
		const proxy = new TestProxy({ address: P, ...(password !== undefined && { password }) });
		network.attach(P, proxy);
		// It takes itself to be elsewhere than it is.
		const inside = agentAt("10.0.0.1", { ...account("alice", "secret"), transports: ["udp"] });
		const outside = network.attach("203.0.113.1", inside, ["udp"]);
		network.step(outside, { type: "register", expiresSeconds: 600 });
		network.run(60 * SECOND);
		expect(outside.events).toMatchObject([
			{ kind: "registered", publicAddress: { address: "203.0.113.1", port: 5060 } },
		]);
		expect([...proxy.registered.keys()]).toEqual(["sip:alice@203.0.113.1:5060"]);
	});
});

describe("passwords in calls", () => {
	it("a proxy asks, the other end asks, and both are shown what they want, ACK included", () => {
		const network = new SipNetwork();
		network.attach(P, new TestProxy({ address: P, password: "secret", users: { bob: [`sip:bob@${B}`] } }));
		const a = testAgent(network, A, { ...account("alice", "secret") });
		const challenge = { realm: "bob's", password: (user: string) => (user === "alice" ? "secret" : null) };
		const b = testAgent(network, B, { challenge });
		b.react = (event) => {
			if (event.kind === "incoming") network.step(b, { type: "respond", call: event.call, status: 200, body: ANSWER });
		};
		network.step(a, { type: "call", call: 1, to: `sip:bob@${P}`, body: OFFER });
		network.run();
		expect(a.events).toMatchObject([{ kind: "accepted" }]);
		expect(b.events.map(({ kind }) => kind)).toEqual(["incoming", "accepted"]);
		const [ack] = network.sent.filter(({ what, text }) => what === "ACK" && /Digest/.test(text));
		expect(ack?.text).toMatch(/Authorization: Digest/);
	});

	it("whoever does not know it is not heard of, and guesses ring nowhere", () => {
		const network = new SipNetwork();
		const b = testAgent(network, B, { challenge: { realm: "r", password: () => "right" } });
		const call = (number: number, password: string): SipAgentInput => ({
			...{ type: "call", call: number, to: `sip:user@${B}`, body: { ...OFFER, text: password } },
		});
		for (let guess = 0; guess < 40; guess++) {
			const a = testAgent(network, A, { ...account("user", `guess ${guess}`), secret: new Uint8Array(32).fill(guess) });
			network.step(a, call(1, `${guess}`));
			network.run(network.now + SECOND);
			expect(a.events).toMatchObject([{ kind: "ended", end: { code: "unauthorized", realm: "r", shown: true } }]);
		}
		expect(b.events).toEqual([]);
		const right = testAgent(network, A, account("user", "right"));
		network.step(right, call(1, "right"));
		network.run(network.now + SECOND);
		expect(b.events).toMatchObject([{ kind: "incoming" }]);
	});
});

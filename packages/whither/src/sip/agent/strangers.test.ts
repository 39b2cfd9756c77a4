import { SECOND } from "@whither/core";
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { TORTURE } from "../message/torture.fixture.ts";
import type { SipHop } from "../transport/hop.ts";
import { SipAgent } from "./agent.ts";
import type { SipAgentConfig, SipAgentOutput } from "./agent-io.ts";

const FROM: SipHop = { transport: "udp", address: "198.51.100.7", port: 40_000 };

function agent(more: Partial<SipAgentConfig> = {}): SipAgent {
	const local = (["udp", "tcp", "tls"] as const).map((transport) => ({ transport, address: "192.0.2.1", port: 5060 }));
	const account = { address: "sip:user@example.com" };
	return new SipAgent({ secret: new Uint8Array(32).fill(1), account, product: "test", local, ...more });
}

/** A request with what every request has; lines given take the place of those of their names. */
function request(method: string, fields: Readonly<Record<string, string>> = {}, body = ""): Uint8Array {
	const usual: Record<string, string> = {
		Via: "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKone",
		From: "<sip:them@198.51.100.7>;tag=t",
		To: "<sip:user@example.com>",
		"Call-ID": "id",
		CSeq: `1 ${method.split(" ")[0]}`,
		Contact: "<sip:them@198.51.100.7:5070>",
		...fields,
	};
	const lines = Object.entries(usual).map(([name, value]) => `${name}: ${value}\r\n`);
	const uri = method.includes(" ") ? method : `${method} sip:user@192.0.2.1`;
	return encodeUtf8(`${uri} SIP/2.0\r\n${lines.join("")}Content-Length: ${body.length}\r\n\r\n${body}`);
}

const hear = (to: SipAgent, bytes: Uint8Array, now = 0, from = FROM) => to.step({ type: "received", bytes, from }, now);
const sends = (outputs: readonly SipAgentOutput[]) =>
	outputs.flatMap((output) => (output.type === "send" ? [{ text: decodeUtf8(output.bytes), to: output.to }] : []));
const statuses = (outputs: readonly SipAgentOutput[]) =>
	sends(outputs).map(({ text }) => Number(/^SIP\/2.0 (\d+)/.exec(text)?.[1]));

describe("the torture of RFC 4475", () => {
	it.each(TORTURE)(
		"$name (§$section) is answered as it has to be",
		({ name, bytes, expect: { parser, agent: wanted } }) => {
			const isSecure = / sips:/.test(decodeUtf8(bytes).slice(0, 200));
			const outputs = hear(agent(), bytes, 0, { ...FROM, transport: isSecure ? "tls" : "udp" });
			const got = statuses(outputs);
			if (typeof parser === "number") expect(got).toEqual([parser]);
			else if (parser === null || wanted === "drops") expect(got).toEqual([]);
			// It has a tag in To, of a dialog that this agent does not have (RFC 3261 §12.2.2).
			else if (name === "wsinv") expect(got).toEqual([481]);
			else if (wanted === "goes on") {
				expect(got).toEqual([100]);
				expect(outputs).toContainEqual(expect.objectContaining({ type: "event" }));
			} else if (wanted !== null) {
				expect(got).toHaveLength(1);
				expect(wanted).toContain(got[0]);
			}
		},
	);
});

describe("what is wrong with a request", () => {
	it.each([
		["OPTIONS", {}, "", 200, /Allow: .*INVITE.*\r\n[\s\S]*Supported: 100rel/],
		["MESSAGE", {}, "", 405, /Allow: /],
		["NEWMETHOD", {}, "", 501, /Allow: /],
		["INVITE", { Require: "100rel, foo, bar" }, "", 420, /Unsupported: foo, bar\r\n/],
		["INVITE", { "Content-Type": "text/plain" }, "x", 415, /Accept: application\/sdp\r\n/],
		[
			"INVITE",
			{ "Content-Type": "application/sdp", "Content-Encoding": "gzip" },
			"x",
			415,
			/Accept-Encoding: identity/,
		],
		["INVITE", { Contact: "<tel:+1>" }, "", 400, /Contact/],
		["INVITE sips:user@192.0.2.1", {}, "", 403, /TLS/],
		["INVITE tel:+1", {}, "", 416, /./],
		["BYE", {}, "", 481, /./],
		["CANCEL", {}, "", 481, /./],
		["INFO", { To: "<sip:user@example.com>;tag=nobody" }, "", 481, /./],
	] as const)("%s with %j and body %j is answered by %i", (method, fields, body, status, says) => {
		const [answer, ...more] = sends(hear(agent(), request(method, fields, body)));
		expect(answer?.text).toMatch(new RegExp(`^SIP/2.0 ${status} `));
		expect(answer?.text).toMatch(says);
		expect(answer?.text).toMatch(/\r\nTo: .*;tag=\w+\r\n/);
		expect(more).toEqual([]);
	});

	it("a body that may be passed over is, and an ACK is never answered", () => {
		const fields = { "Content-Type": "text/plain", "Content-Disposition": "render;handling=optional" };
		expect(statuses(hear(agent(), request("INVITE", fields, "x")))).toEqual([100]);
		expect(hear(agent(), request("ACK", {}))).toEqual([{ type: "ignored", reason: "strayAck" }]);
		expect(hear(agent(), request("ACK", { To: "<sip:u@x>;tag=1" }))).toEqual([{ type: "ignored", reason: "strayAck" }]);
		expect(sends(hear(agent(), encodeUtf8("ACK sip:x SIP/3.0\r\n\r\n")))).toEqual([]);
	});

	it.each([
		["From", "<sip:a@b>\n;tag=1"],
		["To", "<sip:a@b>\r"],
		["Call-ID", "x\ny"],
		["CSeq", "1\rOPTIONS"],
		["Via", 'SIP/2.0/UDP h;branch=z9hG4bKx;a="\n"'],
		["Via", 'SIP/2.0/UDP h;rport;branch=z9hG4bKx;a="\\\n"'],
	])("a line break that is none, in %s, is never answered in kind", (name, value) => {
		const outputs = hear(agent(), request("OPTIONS", { [name]: value }));
		if (name === "Via") expect(outputs).toEqual([{ type: "ignored", reason: "malformed" }]);
		else {
			expect(statuses(outputs)).toEqual([400]);
			expect(sends(outputs)[0]?.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
		}
	});

	it("what comes by no TLS is no part of a sips call, and no ACK of ours is either", () => {
		const one = agent();
		const tls: SipHop = { ...FROM, transport: "tls" };
		hear(one, request("INVITE sips:user@192.0.2.1"), 0, tls);
		const [ok] = sends(
			one.step({ type: "respond", call: -1, status: 200, body: { type: "application/sdp", text: "" } }, 0),
		);
		const To = /\r\nTo: (.*)\r\n/.exec(ok?.text ?? "")?.[1] ?? "";
		const within = (method: string, branch: string) =>
			request(method, { To, CSeq: `2 ${method}`, Via: `SIP/2.0/UDP a;branch=z9hG4bK${branch}` });
		expect(hear(one, within("ACK", "a"))).toEqual([{ type: "ignored", reason: "strayAck" }]);
		expect(statuses(hear(one, within("BYE", "b")))).toEqual([403]);
		expect(statuses(hear(one, within("BYE", "c"), 0, tls))).toEqual([200]);
	});

	it("the same request that came two ways is a loop", () => {
		const one = agent();
		hear(one, request("INVITE"));
		const again = request("INVITE", { Via: "SIP/2.0/UDP 198.51.100.7:5070;branch=z9hG4bKtwo" });
		expect(statuses(hear(one, again))).toEqual([482]);
		expect(statuses(hear(one, request("INVITE")))).toEqual([100]);
	});

	it("who requires reliable answers gets no other (RFC 3262 §3), and who only supports them those that are meant to be", () => {
		for (const [fields, isReliable] of [
			[{ Require: "100rel" }, true],
			[{ Supported: "100rel" }, false],
		] as const) {
			const one = agent();
			hear(one, request("INVITE", fields));
			const [ringing] = sends(one.step({ type: "respond", call: -1, status: 180 }, SECOND));
			expect(/\r\nRequire: 100rel\r\nRSeq: \d+\r\n/.test(ringing?.text ?? "")).toBe(isReliable);
		}
	});

	it("what is cancelled is answered by one tag, the CANCEL as well as the INVITE (RFC 3261 §9.2)", () => {
		const one = agent();
		hear(one, request("INVITE"));
		const ringing = sends(one.step({ type: "respond", call: -1, status: 180 }, SECOND));
		const cancelled = sends(hear(one, request("CANCEL"), SECOND));
		const tags = [...ringing, ...cancelled].map(({ text }) => /\r\nTo: .*;tag=(\w+)/.exec(text)?.[1]);
		expect(statuses(one.step({ type: "timer" }, SECOND))).toEqual([]);
		expect([tags.length, new Set(tags).size]).toEqual([3, 1]);
	});

	it("preconditions without reliable answers cannot be", () => {
		const one = agent({ supported: ["precondition"] });
		const [answer] = sends(hear(one, request("INVITE", { Require: "precondition" })));
		expect(answer?.text).toMatch(/^SIP\/2.0 421 [\s\S]*Require: 100rel/);
	});
});

describe("where answers go", () => {
	it("to the address that a datagram came from, at its Via's port or with rport at its own", () => {
		const [plain] = sends(hear(agent(), request("OPTIONS", { Via: "SIP/2.0/UDP 203.0.113.5:5070;branch=z9hG4bKa" })));
		expect(plain?.to).toMatchObject({ address: FROM.address, port: 5070 });
		expect(plain?.text).toContain(`Via: SIP/2.0/UDP 203.0.113.5:5070;branch=z9hG4bKa;received=${FROM.address}\r\n`);
		const [rport] = sends(hear(agent(), request("OPTIONS", { Via: "SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKa" })));
		expect(rport?.to).toEqual(FROM);
		expect(rport?.text).toContain(`rport=${FROM.port};branch=z9hG4bKa;received=${FROM.address}\r\n`);
		const from: SipHop = { ...FROM, transport: "tcp", connection: 7 };
		const [stream] = sends(hear(agent(), request("OPTIONS"), 0, from));
		expect(stream?.to).toEqual(from);
	});

	it("so many go to one source and no more, and no refusal is sent again of itself", () => {
		const one = agent();
		let count = 0;
		for (let index = 0; index < 500; index++) {
			const fields = { "Call-ID": `${index}`, Require: "foo", Via: `SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK${index}` };
			count += sends(hear(one, request("INVITE", fields))).length;
		}
		expect(count).toBe(60);
		expect(one.deadline).toBeNull();
		expect(sends(one.step({ type: "timer" }, 40 * SECOND))).toEqual([]);
	});

	it("so many copies of a request are answered and no more, and none that comes from another address", () => {
		const one = agent();
		let count = 0;
		for (let index = 0; index < 500; index++) count += sends(hear(one, request("INVITE"))).length;
		expect(count).toBe(60);
		const elsewhere = hear(one, request("INVITE"), 60 * SECOND, { ...FROM, address: "203.0.113.66" });
		expect(elsewhere).toEqual([{ type: "ignored", reason: "foreignRepeat" }]);
		expect(statuses(hear(one, request("INVITE"), 60 * SECOND, { ...FROM, port: 1 }))).toEqual([100]);
	});

	it("33 calls at once are one too many", () => {
		const one = agent();
		const answers = Array.from({ length: 33 }, (_, index) => {
			const fields = { "Call-ID": `${index}`, Via: `SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK${index}` };
			return statuses(hear(one, request("INVITE", fields), index * SECOND))[0];
		});
		expect(answers).toEqual([...Array(32).fill(100), 486]);
	});
});

it("a client of RFC 2543 is known by what it says, and its ACK too", () => {
	const one = agent();
	const fields = { Via: "SIP/2.0/UDP 198.51.100.7", From: "sip:them@198.51.100.7" };
	expect(statuses(hear(one, request("INVITE", fields)))).toEqual([100]);
	expect(statuses(hear(one, request("INVITE", fields)))).toEqual([100]);
	const [refusal] = sends(one.step({ type: "respond", call: -1, status: 486 }, 0));
	const To = /To: (.*)\r\n/.exec(refusal?.text ?? "")?.[1] ?? "";
	expect(statuses(hear(one, request("INVITE", fields)))).toEqual([486]);
	hear(one, request("ACK", { ...fields, To }), SECOND);
	expect(hear(one, request("INVITE", fields), 2 * SECOND)).toEqual([]);
	expect(sends(one.step({ type: "timer" }, 3 * SECOND))).toEqual([]);
});

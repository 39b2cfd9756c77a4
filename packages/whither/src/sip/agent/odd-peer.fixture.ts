/** An agent, and an end that says whatever a test wants, for tests. */
import { SECOND } from "@whither/core";
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import type { SipBody } from "./agent-io.ts";
import { SipNetwork, type SipNode, type TestAgentOptions, testAgent } from "./network.fixture.ts";

export const [A, B] = ["192.0.2.1", "192.0.2.2"];
export const OFFER: SipBody = { type: "application/sdp", text: "one" };
export const ANSWER: SipBody = { type: "application/sdp", text: "two" };

/** An agent at A, and at B whoever the test is: what has come there, and how it says something. */
export function peer(options: TestAgentOptions = {}) {
	const network = new SipNetwork();
	const a = testAgent(network, A, { transports: ["udp"], ...options });
	const heard: string[] = [];
	const node: SipNode = {
		deadline: null,
		step: (input) => {
			if (input.type === "received") heard.push(decodeUtf8(input.bytes));
			return [];
		},
	};
	network.attach(B, node);
	const from = { transport: "udp", address: B, port: 5060 } as const;
	const say = (text: string) =>
		network.step(a, { type: "received", bytes: encodeUtf8(text.replaceAll("\n", "\r\n")), from });
	return { network, a, heard, say };
}

/** What a header field says in a message; empty: there is none. */
export const field = (text: string | undefined, name: string) =>
	new RegExp(`^${name}: (.*)\r$`, "m").exec(text ?? "")?.[1] ?? "";

/** Our answer to a request that was heard. */
export function answer(request: string | undefined, status: number, more = "", tag = "b"): string {
	const same = ["Via", "From", "Call-ID", "CSeq"].map((name) => `${name}: ${field(request, name)}\n`).join("");
	const to = field(request, "To");
	return `SIP/2.0 ${status} X\n${same}To: ${to}${to.includes("tag=") ? "" : `;tag=${tag}`}\nContact: <sip:b@${B}>\n${more}\n`;
}

let branches = 0;
/** A request of ours, within the dialog of `to` where that has a tag. */
export function ask(method: string, seq: number, more = "", to = `<sip:user@${A}>`, body = ""): string {
	const via = `Via: SIP/2.0/UDP ${B};branch=z9hG4bKx${++branches}\n`;
	return `${method} sip:user@${A} SIP/2.0\n${via}From: <sip:b@${B}>;tag=b\nTo: ${to}\nCall-ID: id\nCSeq: ${seq} ${method}\nContact: <sip:b@${B}>\n${more}\n${body}`;
}
/** Header fields. */
export const SDP = "Content-Type: application/sdp\n";
export const ALL = "Allow: INVITE, UPDATE\nSupported: 100rel\n";
/** The second word of a message. */
export const statusOf = (text: string | undefined) => text?.split(" ")[1];

/** The same, once the agent has called there. */
export function calling() {
	const all = peer();
	all.network.step(all.a, { type: "call", call: 1, to: `sip:b@${B}`, body: OFFER });
	all.network.run(SECOND / 10);
	return all;
}

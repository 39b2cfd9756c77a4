import { expect, it } from "vitest";
import { newsTo, waitingLines } from "./call-news.ts";

const hop = { address: "192.0.2.1", port: 5060 } as const;

it("says where we can be called, by whatever nobody has to vouch for", () => {
	const local = (["udp", "tcp", "tls"] as const).map((transport) => ({ ...hop, transport }));
	expect(waitingLines("sip:me@example.net", local)).toEqual([
		"Waiting for a call to",
		"  sip:me@192.0.2.1:5060;transport=udp",
		"  sip:me@192.0.2.1:5060;transport=tcp",
	]);
});

it("says of ten calls that are not taken, a line each, and of all others that there are more", () => {
	const said: string[] = [];
	const tell = newsTo((line) => said.push(line));
	for (let count = 0; count < 20; count++)
		tell({ kind: "notTaken", from: `sip:${count}@\u001b`, status: 486, why: "we have a call already" });
	tell({ kind: "registered", own: "sip:me@example.net", expiresSeconds: 60 });
	expect(said).toHaveLength(12);
	expect(said[0]).toBe("A call of sip:0@\\u{1b} was not taken (486): we have a call already");
	expect(said.slice(-2)).toEqual([
		"More calls are not taken, and not told of",
		"Registered as sip:me@example.net: waiting for a call",
	]);
});

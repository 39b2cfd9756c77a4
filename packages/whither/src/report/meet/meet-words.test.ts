import { expect, it } from "vitest";
import type { MeetEvent } from "../../api/meet/events.ts";
import { meetNews } from "./meet-words.ts";

const at = { address: "192.0.2.1", port: 5000 };
const server = { address: "203.0.113.5", port: 3478 };
const candidate = { ...at, protocol: "udp", base: at } as const;
const found = { server: null, leg: null, interface: "eth0" } as const;

it.each<[MeetEvent, string | null]>([
	[
		{ kind: "code", code: "7-otter-velvet", role: "controlling", server: "http://meet.example" },
		"Say this to the other end: whither meet 7-otter-velvet --server http://meet.example",
	],
	[
		{ kind: "code", code: "7-otter-velvet", role: "controlled", server: "http://meet.example" },
		"Looking for the other end of 7-otter-velvet",
	],
	[{ kind: "met" }, "The other end is there"],
	[{ kind: "peer", tool: "another\u001b[2J 1.0" }, "It is another\\u{1b}[2J 1.0"],
	[
		{ kind: "candidate", candidate: { ...candidate, type: "host", ...found } },
		"  we    here        192.0.2.1:5000 on eth0",
	],
	[
		{ kind: "candidate", candidate: { ...candidate, type: "relay", ...found, server, leg: "tls" } },
		"  we    relay       192.0.2.1:5000 of 203.0.113.5:3478 over TLS",
	],
	[
		{ kind: "remoteCandidate", candidate: { ...candidate, type: "srflx", address: "2001:db8::1", protocol: "tcp" } },
		"  they  by STUN     [2001:db8::1]:5000 TCP",
	],
	[
		{ kind: "candidateError", error: { base: null, server, why: "unauthorized", stunError: 401 } },
		"  no    203.0.113.5:3478: unauthorized (401)",
	],
	[
		{ kind: "warning", warning: { code: "serverUnusable", server: "x.example", reason: "nameNotFound" } },
		"x.example, which the rendezvous server names, has no address here",
	],
	[
		{ kind: "warning", warning: { code: "signallingLost", failure: { code: "peerLost", room: "7" } } },
		"Signalling was lost once there was a way: the other end has gone without a word",
	],
	[
		{ kind: "warning", warning: { code: "pairChanged" } },
		"Another pair was selected while the way was traced: the way shown may be that of the one before",
	],
	[
		{ kind: "warning", warning: { code: "noIce" } },
		"The other end speaks no ICE: packets go where it said, and nothing has proved that they arrive",
	],
	[
		{ kind: "warning", warning: { code: "otherIce", theirs: "first-draft" } },
		"The other end speaks the first draft of ICE, which we do not here: packets go where it said, and nothing has proved that they arrive",
	],
	[
		{ kind: "warning", warning: { code: "otherIce", theirs: "modern" } },
		"The other end speaks ICE as RFC 8445 has it, which we do not here: packets go where it said, and nothing has proved that they arrive",
	],
	[
		{ kind: "warning", warning: { code: "unproved" } },
		"No check has succeeded: packets go where the other end said, and nothing has proved that they arrive",
	],
	[{ kind: "gathered" }, null],
	[{ kind: "state", state: "checking" }, null],
])("%j", (event, line) => expect(meetNews(event)).toBe(line));

import { expect, it } from "vitest";
import type { SignallingFailure } from "../signalling/signalling.ts";
import { signallingSentence } from "./signalling.ts";

const url = "http://meet.example:8088";
const uri = "sip:bob@example.net";
const room = "7";

it.each<[SignallingFailure, string]>([
	[{ code: "badUrl", url: "x" }, '"x" is no URL of a rendezvous server, such as https://meet.example.net'],
	[{ code: "badCode", why: "noPassword", text: "7" }, '"7" is no code: it has no second half, as 7-otter-velvet has'],
	[
		{ code: "nameNotFound", url, host: "meet.example" },
		"the rendezvous server meet.example has no address; check the spelling of --server",
	],
	[
		{ code: "unreachable", url, why: "ECONNREFUSED" },
		`the rendezvous server at ${url} cannot be reached (ECONNREFUSED)`,
	],
	[
		{ code: "tls", url, why: "CERT_HAS_EXPIRED" },
		`the rendezvous server at ${url} is not to be trusted, or speaks no TLS (CERT_HAS_EXPIRED)`,
	],
	[{ code: "notRendezvous", url, status: 404 }, `what answers at ${url} is no rendezvous server (HTTP 404)`],
	[{ code: "unauthorized", url, shown: true }, `the rendezvous server at ${url} does not take this token`],
	[{ code: "unauthorized", url, shown: false }, `the rendezvous server at ${url} wants a token (--token)`],
	[{ code: "busy", url, retryAfterSeconds: 9 }, `the rendezvous server at ${url} has too much to do; try again in 9 s`],
	[{ code: "busy", url, retryAfterSeconds: null }, `the rendezvous server at ${url} has too much to do; try later`],
	[{ code: "noSuchRoom", room }, "nobody waits in room 7: the code is used up, over or misspelt"],
	[{ code: "roomTaken", room }, "room 7 is in use; choose another code"],
	[{ code: "roomFull", room }, "two have met in room 7 already: a code is for two, once"],
	[
		{ code: "wrongPassword", room },
		"the two ends have different codes for room 7; this one is used up, so make another",
	],
	[{ code: "expired", room, met: false }, "nobody came to room 7 before its time was over"],
	[{ code: "expired", room, met: true }, "the meeting in room 7 has lasted longer than the server lets it"],
	[{ code: "peerLost", room }, "the other end has gone without a word"],
	[{ code: "serverEnded", url }, `the rendezvous server at ${url} has ended, or begun anew`],
	[{ code: "tooMuch", room }, "more was said in room 7 than it holds"],
	[{ code: "tampered", room }, "somebody on the way changed, repeated or left out a message"],
	[{ code: "other", why: "no line" }, "signalling failed: no line"],
	[{ code: "sipBadUri", uri: "bob" }, '"bob" is no SIP address, such as sip:me@example.net'],
	[
		{ code: "sipNotFound", uri },
		"nothing is found for sip:bob@example.net: its name has no address; check its spelling, or name a proxy (--sip-proxy)",
	],
	[
		{ code: "sipRefused", uri, what: "call", status: 486, reason: "Busy Here" },
		"the call to sip:bob@example.net was refused (486 Busy Here): it is busy",
	],
	[
		{ code: "sipRefused", uri, what: "call", status: 500, reason: "" },
		"the call to sip:bob@example.net was refused (500)",
	],
	[
		{ code: "sipRefused", uri, what: "registration", status: 403, reason: "Forbidden" },
		"the registration of sip:bob@example.net was refused (403 Forbidden): it is forbidden there",
	],
	[{ code: "sipTimeout", uri, what: "call" }, "nobody answers at sip:bob@example.net"],
	[
		{ code: "sipTimeout", uri, what: "registration" },
		"the registrar of sip:bob@example.net does not answer; name it (--sip-proxy), or wait without it (--no-register)",
	],
	[
		{ code: "sipTransport", uri, why: "ECONNREFUSED" },
		"nobody can be reached for sip:bob@example.net (ECONNREFUSED); is it, or the --sip-proxy, the right address?",
	],
	[
		{ code: "sipRefused", uri, what: "call", status: 302, reason: "Moved" },
		"the call to sip:bob@example.net was refused (302 Moved): it is to be called elsewhere, and calls are not redirected here; ask for its new address",
	],
	[
		{ code: "sipUnauthorized", realm: "example.net", shown: false },
		"a password is wanted by example.net (--sip-password-file)",
	],
	[
		{ code: "sipUnauthorized", realm: "example.net", shown: true },
		"the password is not the one that example.net knows",
	],
	[{ code: "sipUnauthorized", realm: "", shown: false }, "a password is wanted by the other end (--sip-password-file)"],
	[
		{ code: "sipProtocol", uri, why: "no Contact" },
		"what answers for sip:bob@example.net breaks SIP's rules (no Contact)",
	],
	[{ code: "sipDescription", why: "held" }, "the other end's phone says that it is on hold"],
	[
		{ code: "sipPrecondition", why: "noIce" },
		"the other end's phone has no ICE that could prove the way; leave --precondition out",
	],
	[
		{ code: "sipPrecondition", why: "notHeeded" },
		"the other end's phone did not wait for the way to be proved; leave --precondition out",
	],
])("%j", (failure, sentence) => expect(signallingSentence(failure)).toBe(sentence));

import { describe, expect, it } from "vitest";
import type {
	MeetCandidate,
	MeetLocalCandidate,
	MeetMedia,
	MeetOutcome,
	MeetPair,
	MeetPlace,
	MeetSelected,
} from "../result.ts";
import type { EndView } from "./evidence.ts";
import { meetSentence } from "./meet-sentence.ts";
import type { MeetFacts } from "./obstacle.ts";

const at = (address: string, port = 5000): MeetPlace => ({ address, port });
const STUN = at("198.51.100.1", 3478);
const STUN_TOO = at("198.51.100.2", 3478);
const HOST = at("192.168.1.5");

function candidate(type: MeetCandidate["type"], place: MeetPlace, base: MeetPlace | null = null): MeetCandidate {
	return { type, ...place, protocol: "udp", base };
}

function own(
	type: MeetCandidate["type"],
	place: MeetPlace,
	more: Partial<MeetLocalCandidate> = {},
): MeetLocalCandidate {
	return { ...candidate(type, place, HOST), server: null, leg: null, interface: "eth0", ...more };
}

const OURS = own("host", HOST);
const MAPPED = own("srflx", at("81.22.56.209"), { server: STUN });
const THEIRS = candidate("host", at("10.0.0.9"), null);
const THEIR_MAPPED = candidate("srflx", at("203.0.113.7"), at("10.0.0.9"));

function selected(local: MeetCandidate, remote: MeetCandidate, leg: "udp" | "tcp" | "tls" | null = null): MeetSelected {
	const relay = leg === null ? null : { server: at("198.51.100.1", 443), leg };
	return { local, remote, rttNs: 1e6, reason: "best", relay };
}

const ended = (code: MeetOutcome["code"], more: Partial<MeetOutcome> = {}): MeetOutcome => ({
	...{ code, failure: null, signalling: null, about: null },
	...more,
});

function callOut(ringMs: number | null): NonNullable<MeetFacts["call"]> {
	return {
		...{ own: "sip:a@example.net", direction: "out", peer: "sip:b@example.net", userAgent: null },
		...{ precondition: "none", status: null, ringMs, answeredMs: null },
	};
}

function facts(more: Partial<MeetFacts> = {}): MeetFacts {
	return {
		outcome: ended("connected"),
		selected: null,
		pairs: [],
		candidates: { local: [OURS, MAPPED], remote: [THEIRS, THEIR_MAPPED] },
		candidateErrors: [],
		servers: { rendezvous: "http://meet.example:8088/", stun: [STUN], turn: [] },
		timings: { gatheredMs: 10, connectedMs: null, nominatedMs: null },
		policy: "all",
		waitMs: 60_000,
		tcpReached: [],
		peerView: null,
		media: null,
		...more,
	};
}

function pair(local: MeetCandidate, remote: MeetCandidate, more: Partial<MeetPair> = {}): MeetPair {
	return {
		...{ local, remote, type: `${local.type}/${remote.type}`, state: "failed", readable: false, writable: false },
		...{ nominated: false, selected: false, priority: "1", rttNs: null, requestsSent: 1, retransmissions: 6 },
		...{ responsesReceived: 0, requestsReceived: 0, responsesSent: 0, icmpErrors: 0, failure: "timeout" },
		...more,
	};
}

const RELAY = own("relay", at("198.51.100.1", 50_000), { server: at("198.51.100.1", 443), leg: "tls" });
const THEIR_RELAY = candidate("relay", at("198.51.100.9", 50_000));
const silentTo = (server: MeetPlace) => ({ base: HOST, server, why: "timeout", stunError: null });
/** Two servers saw one socket by two ports. */
const SYMMETRIC = [OURS, MAPPED, own("srflx", at("81.22.56.209", 6000), { server: STUN_TOO })];
const THEIRS_SYMMETRIC = [THEIRS, THEIR_MAPPED, { ...THEIR_MAPPED, port: 7777 }];

describe("two ends that came together directly", () => {
	it.each<[string, Partial<MeetFacts>, string]>([
		[
			"in one network",
			{ selected: selected(OURS, candidate("host", at("192.168.1.7"))) },
			"Direct, inside one network: 192.168.1.5 to 192.168.1.7.",
		],
		[
			"within one machine",
			{ selected: selected(candidate("host", at("127.0.0.1")), candidate("host", at("127.0.0.1", 5001))) },
			"Direct, within this machine.",
		],
		[
			"without a NAT",
			{ selected: selected(candidate("host", at("198.51.100.7")), candidate("host", at("203.0.113.9"))) },
			"Direct, no NAT between: 198.51.100.7 to 203.0.113.9.",
		],
		[
			"over IPv6",
			{ selected: selected(candidate("host", at("2001:db8::1")), candidate("host", at("2001:db8:1::2"))) },
			"Direct over IPv6, no NAT between: 2001:db8::1 to 2001:db8:1::2.",
		],
		[
			"over TCP and IPv6",
			{
				selected: selected(
					{ ...candidate("host", at("2001:db8::1")), protocol: "tcp" },
					{ ...candidate("host", at("2001:db8:1::2")), protocol: "tcp" },
				),
			},
			"Direct over TCP and IPv6, no NAT between: 2001:db8::1 to 2001:db8:1::2.",
		],
		[
			"through both NATs",
			{ selected: selected(MAPPED, THEIR_MAPPED) },
			"Direct, through your NAT at 81.22.56.209; theirs is at 203.0.113.7.",
		],
		[
			"to a public address",
			{ selected: selected(MAPPED, candidate("host", at("203.0.113.7"))) },
			"Direct, through your NAT at 81.22.56.209; theirs is 203.0.113.7, which nothing translates.",
		],
		[
			"from a public address",
			{ selected: selected(candidate("host", at("198.51.100.7")), THEIR_MAPPED) },
			"Direct, from your own address 198.51.100.7; theirs is at 203.0.113.7.",
		],
		[
			"theirs being symmetric",
			{ selected: selected(MAPPED, candidate("prflx", at("203.0.113.7", 7777))) },
			"Direct, through your NAT at 81.22.56.209; theirs is symmetric, so it came in as peer-reflexive.",
		],
		[
			"theirs being another than it told, which says nothing of its NAT",
			{ selected: selected(MAPPED, candidate("prflx", at("203.0.113.8"))) },
			"Direct, through your NAT at 81.22.56.209; theirs came in from 203.0.113.8, which it had not told (peer-reflexive).",
		],
		[
			"theirs having a socket that no server had seen",
			{
				selected: selected(MAPPED, candidate("prflx", at("203.0.113.7", 7777))),
				candidates: { local: [OURS, MAPPED], remote: [THEIRS, candidate("host", at("10.0.0.10")), THEIR_MAPPED] },
			},
			"Direct, through your NAT at 81.22.56.209; theirs came in from 203.0.113.7, which it had not told (peer-reflexive).",
		],
		[
			"ours being symmetric",
			{ selected: selected(candidate("prflx", at("81.22.56.209", 6001), HOST), THEIR_MAPPED) },
			"Direct, through your NAT at 81.22.56.209; it is symmetric, so the other end learnt your address from your check; theirs is at 203.0.113.7.",
		],
		[
			"round a hairpin",
			{ selected: selected(MAPPED, candidate("srflx", at("81.22.56.209", 6001))) },
			"Direct, by way of the NAT at 81.22.56.209, which both ends are behind and which turns packets round (hairpin).",
		],
		[
			"and were stopped then",
			{ outcome: ended("interrupted"), selected: selected(MAPPED, THEIR_MAPPED) },
			"Direct, through your NAT at 81.22.56.209; theirs is at 203.0.113.7; then stopped.",
		],
	])("%s", (_, more, sentence) => {
		expect(meetSentence(facts(more))).toBe(sentence);
	});
});

describe("two ends that came together by a relay", () => {
	const byOurs = { selected: selected(RELAY, THEIR_MAPPED, "tls") };
	const tried = [pair(OURS, THEIRS), pair(OURS, THEIR_MAPPED)];
	const peerView = (view: Partial<EndView>): EndView => ({ udp: "unknown", mapping: "unknown", ...view });
	it.each<[string, Partial<MeetFacts>, string]>([
		[
			"since nothing else was allowed",
			{ ...byOurs, policy: "relay" },
			"By our relay at 198.51.100.1:443 over TLS, since nothing else was allowed (--policy relay).",
		],
		[
			"both NATs being symmetric",
			{ ...byOurs, candidates: { local: [...SYMMETRIC, RELAY], remote: THEIRS_SYMMETRIC } },
			"By our relay at 198.51.100.1:443 over TLS, since both NATs give each destination a port of its own (symmetric).",
		],
		[
			"both being so, as the other end says",
			{
				...byOurs,
				candidates: { local: [...SYMMETRIC, RELAY], remote: [THEIRS] },
				peerView: peerView({ mapping: "perDestination" }),
			},
			"By our relay at 198.51.100.1:443 over TLS, since both NATs give each destination a port of its own (symmetric).",
		],
		[
			"both being so, as checks from one end to the other's relay have shown",
			{
				selected: selected(candidate("prflx", at("81.22.56.209", 6001), HOST), THEIR_RELAY),
				candidates: {
					local: [OURS, MAPPED],
					remote: [THEIRS, THEIR_MAPPED, THEIR_RELAY, candidate("prflx", at("203.0.113.7", 7777))],
				},
			},
			"By the other end's relay at 198.51.100.9, since both NATs give each destination a port of its own (symmetric).",
		],
		[
			"ours being symmetric",
			{ ...byOurs, candidates: { local: [...SYMMETRIC, RELAY], remote: [THEIRS, THEIR_MAPPED] } },
			"By our relay at 198.51.100.1:443 over TLS, since your NAT gives each destination a port of its own (symmetric), and no direct check got through.",
		],
		[
			"theirs being symmetric",
			{
				selected: selected(RELAY, THEIR_MAPPED, "udp"),
				candidates: { local: [OURS, MAPPED], remote: THEIRS_SYMMETRIC },
			},
			"By our relay at 198.51.100.1:443, since theirs gives each destination a port of its own (symmetric), and no direct check got through.",
		],
		[
			"UDP being blocked here: the same server answers over TLS",
			{
				...byOurs,
				candidates: { local: [OURS, RELAY], remote: [THEIRS, THEIR_MAPPED] },
				candidateErrors: [silentTo(STUN)],
				tcpReached: [at("198.51.100.1", 443)],
			},
			"By our relay at 198.51.100.1:443 over TLS, since UDP is blocked here.",
		],
		[
			"nobody answering over UDP, who may be down",
			{
				...byOurs,
				candidates: { local: [OURS, RELAY], remote: [THEIRS, THEIR_MAPPED] },
				candidateErrors: [silentTo(STUN)],
			},
			"By our relay at 198.51.100.1:443 over TLS, since no server answers over UDP here.",
		],
		[
			"UDP being blocked there",
			{
				selected: selected(MAPPED, candidate("relay", at("198.51.100.1", 50_000))),
				peerView: peerView({ udp: "blocked" }),
			},
			"By the other end's relay at 198.51.100.1, since UDP is blocked there.",
		],
		[
			"for no reason that is known",
			{ ...byOurs, pairs: tried },
			"By our relay at 198.51.100.1:443 over TLS, since no direct pair answered (2 were tried).",
		],
		[
			"the other end telling of relays alone",
			{
				selected: selected(RELAY, candidate("relay", at("198.51.100.9", 50_000)), "udp"),
				candidates: { local: [OURS, MAPPED, RELAY], remote: [candidate("relay", at("198.51.100.9", 50_000))] },
			},
			"By two relays, our relay at 198.51.100.1:443 and the other end's relay at 198.51.100.9, since the other end told of relays alone.",
		],
		[
			"the other end telling of relays alone, whatever stands between",
			{
				selected: selected(own("prflx", at("81.22.56.209", 6000)), THEIR_RELAY),
				candidates: { local: SYMMETRIC, remote: [THEIR_RELAY] },
			},
			"By the other end's relay at 198.51.100.9, since the other end told of relays alone.",
		],
	])("%s", (_, more, sentence) => {
		expect(meetSentence(facts(more))).toBe(sentence);
	});
});

describe("two ends that did not come together", () => {
	const failed = ended("noWay", { failure: "allPairsFailed" });
	const tried = [pair(OURS, THEIRS), pair(OURS, THEIR_MAPPED)];
	const blocked = {
		outcome: failed,
		candidates: { local: [OURS], remote: [THEIRS, THEIR_MAPPED] },
		candidateErrors: [silentTo(STUN)],
	};
	const turn = [{ ...at("198.51.100.1", 3478), transport: "udp" as const }];
	const https = { rendezvous: "https://meet.example/", stun: [STUN], turn: [] };
	it.each<[string, Partial<MeetFacts>, string]>([
		["nobody came", { outcome: ended("nobodyCame"), waitMs: 1_000 }, "Nobody came within 1 second."],
		[
			"nobody answered a call",
			{ outcome: ended("nobodyCame"), call: callOut(null) },
			"No answer to the call to sip:b@example.net within 60 seconds.",
		],
		[
			"nobody took a call that rang",
			{ outcome: ended("nobodyCame"), call: callOut(20) },
			"It rang at sip:b@example.net, and nobody took the call within 60 seconds.",
		],
		[
			"a call was refused in words that ask something",
			{
				outcome: ended("signalling", {
					signalling: { code: "sipRefused", uri: "sip:b@example.net", what: "call", status: 480, reason: "" },
				}),
			},
			"The call to sip:b@example.net was refused (480): nobody is there now: does the other end wait (whither meet --sip), and is it registered?",
		],
		[
			"nobody came for a part of a second",
			{ outcome: ended("nobodyCame"), waitMs: 50 },
			"Nobody came within 0.05 seconds.",
		],
		[
			"the server let nobody come any more, sooner than that",
			{ outcome: ended("nobodyCame", { signalling: { code: "expired", room: "7", met: false } }) },
			"Nobody came to room 7 before its time was over.",
		],
		[
			"the other end left",
			{ outcome: ended("peerLeft", { about: "Stopped before there was a way." }) },
			"The other end left before there was a way to it (it says: Stopped before there was a way).",
		],
		[
			"the other end said nothing",
			{ outcome: ended("noDescription") },
			"The other end came and did not say where it is for 60 seconds.",
		],
		["stopped", { outcome: ended("interrupted") }, "Stopped before there was a way."],
		[
			"signalling failed",
			{ outcome: ended("signalling", { signalling: { code: "wrongPassword", room: "7" } }) },
			"The two ends have different codes for room 7; this one is used up, so make another.",
		],
		[
			"UDP is blocked here, and the web's port passes",
			{ ...blocked, servers: https, tcpReached: [at("198.51.100.1", 443)] },
			"No way: UDP is blocked here; a relay over TLS 443 would work: that port passes here.",
		],
		[
			"UDP is blocked here, and another port passes",
			{ ...blocked, tcpReached: [at("198.51.100.1", 8088)] },
			"No way: UDP is blocked here; a relay over TCP 8088 would be reached: that port passes here.",
		],
		[
			"nobody answers over UDP, and nothing is known to pass",
			blocked,
			"No way: no server answers over UDP here; there was no relay to go by (--turn).",
		],
		[
			"nobody has the port that was asked, of a server that is there: requests have come to it",
			{
				...{ ...blocked, candidateErrors: [{ ...silentTo(STUN), why: "portUnreachable" }] },
				...{ tcpReached: [at("198.51.100.1", 8088)], servers: { rendezvous: null, stun: [STUN], turn } },
			},
			"No way: no server answers over UDP here; a relay over TCP 8088 would be reached: that port passes here.",
		],
		[
			"nobody at either end is answered over UDP: it may be the server's own filter",
			{ ...blocked, candidates: { local: [OURS], remote: [THEIRS] }, tcpReached: [at("198.51.100.1", 8088)] },
			"No way: no server answers over UDP here; a relay over TCP 8088 would be reached: that port passes here.",
		],
		[
			"UDP is blocked here, and the other end's relay is reached over UDP alone",
			{
				...{ ...blocked, pairs: tried, tcpReached: [at("198.51.100.1", 443)] },
				candidates: { local: [OURS], remote: [THEIRS, THEIR_MAPPED, THEIR_RELAY] },
			},
			"No way: UDP is blocked here; nor did the other end's relay help; a relay over TCP 443 would be reached: that port passes here.",
		],
		[
			"both NATs are symmetric, and there is no relay",
			{ outcome: failed, candidates: { local: SYMMETRIC, remote: THEIRS_SYMMETRIC } },
			"No way: both NATs give each destination a port of its own (symmetric); there was no relay to go by (--turn).",
		],
		[
			"ours is symmetric",
			{ outcome: failed, candidates: { local: SYMMETRIC, remote: [THEIR_MAPPED] } },
			"No way: your NAT gives each destination a port of its own (symmetric); there was no relay to go by (--turn).",
		],
		[
			"nothing is known but that nothing came",
			{ outcome: failed, pairs: tried, servers: { rendezvous: null, stun: [STUN], turn } },
			"No way: none of our checks was answered and none of theirs came (2 pairs were tried).",
		],
		[
			"one end has IPv4 alone, and the other IPv6",
			{ outcome: failed, candidates: { local: [OURS, RELAY], remote: [candidate("host", at("2001:db8::9"))] } },
			"No way: all addresses here are IPv4, and all there IPv6.",
		],
		[
			"checks come in, and none is answered",
			{ outcome: failed, pairs: [pair(OURS, THEIRS, { readable: true })] },
			"No way: the other end's checks come in, but ours are not answered (1 pair was tried); there was no relay to go by (--turn).",
		],
		[
			"the relay refuses the credentials",
			{
				outcome: failed,
				pairs: tried,
				servers: { rendezvous: null, stun: [], turn },
				candidateErrors: [{ base: null, server: STUN, why: "unauthorized", stunError: 401 }],
			},
			"No way: none of our checks was answered and none of theirs came (2 pairs were tried); the relay at 198.51.100.1:3478 refuses the credentials (401).",
		],
		[
			"a relay did not help",
			{ outcome: failed, pairs: tried, candidates: { local: [OURS, RELAY], remote: [THEIRS] } },
			"No way: none of our checks was answered and none of theirs came (2 pairs were tried); nor did a relay help.",
		],
		[
			"relays alone were allowed, and none was there",
			{
				outcome: ended("noWay", { failure: "noLocalCandidates" }),
				policy: "relay",
				servers: { rendezvous: null, stun: [], turn },
				candidateErrors: [{ base: null, server: STUN, why: "timeout", stunError: null }],
			},
			"No way: no relay could be had; the relay at 198.51.100.1:3478 does not answer.",
		],
		[
			"this machine has no address",
			{ outcome: ended("noWay", { failure: "noLocalCandidates" }) },
			"No way: this machine has no address to be reached at.",
		],
		[
			"the other end has none",
			{ outcome: ended("noWay", { failure: "noRemoteCandidates" }) },
			"No way: the other end has told of no address that it could be reached at.",
		],
		[
			"the other end chose none",
			{ outcome: ended("noWay", { failure: "neverNominated" }) },
			"Pairs work, but the other end, which decides, has chosen none.",
		],
		[
			"it died",
			{ outcome: ended("lost", { failure: "consentExpired" }) },
			"Connected, and then nothing came from the other end for 30 seconds.",
		],
		[
			"our interface went away",
			{ outcome: ended("lost", { failure: "noBase" }) },
			"Connected, and then the last interface or relay of ours went away.",
		],
		["a defect", { outcome: ended("defect", { about: "x.ts:1" }) }, "A defect of ours ended it: x.ts:1."],
	])("%s", (_, more, sentence) => {
		expect(meetSentence(facts(more))).toBe(sentence);
	});
});

describe("packets that go unchecked, and media", () => {
	const [from, to] = [candidate("srflx", at("81.22.56.209")), candidate("host", at("203.0.113.50", 7000))];
	const unchecked = (reason: MeetSelected["reason"]): MeetSelected => ({ ...selected(from, to), reason });
	const media = (more: Partial<MeetMedia>): MeetMedia => ({
		...{ codec: "PCMU", sent: 150, received: 150, lost: 0, jitterNs: 0, firstNs: 0 },
		...more,
	});
	const direct = selected(candidate("host", at("192.0.2.1")), candidate("host", at("192.0.2.2")));
	it.each<[string, Partial<MeetFacts>, string]>([
		[
			"to an end without ICE",
			{ selected: unchecked("noIce") },
			"Unchecked, from 81.22.56.209:5000 to where the other end said (203.0.113.50:7000), since it speaks no ICE that we do.",
		],
		[
			"by our relay",
			{
				selected: {
					...unchecked("noIce"),
					local: candidate("relay", at("198.51.100.1")),
					relay: { server: STUN, leg: "udp" },
				},
			},
			"Unchecked, from our relay at 198.51.100.1:3478 to where the other end said (203.0.113.50:7000), since it speaks no ICE that we do.",
		],
		[
			"where no check has succeeded",
			{ selected: unchecked("unproved"), media: media({ received: 0 }) },
			"Unchecked, from 81.22.56.209:5000 to where the other end said (203.0.113.50:7000), since no check has succeeded; media goes there, and nothing came back.",
		],
		[
			"media both ways",
			{ selected: direct, media: media({ received: 297, lost: 3 }) },
			"Direct, no NAT between: 192.0.2.1 to 192.0.2.2; media both ways, 1 % lost.",
		],
		[
			"media of the other end alone",
			{ selected: direct, media: media({ sent: 0 }) },
			"Direct, no NAT between: 192.0.2.1 to 192.0.2.2; media comes, and none was sent, 0 % lost.",
		],
		[
			"no media yet",
			{ selected: direct, media: media({ sent: 0, received: 0 }) },
			"Direct, no NAT between: 192.0.2.1 to 192.0.2.2.",
		],
		[
			"stopped meanwhile",
			{ outcome: ended("interrupted"), selected: direct, media: media({}) },
			"Direct, no NAT between: 192.0.2.1 to 192.0.2.2; media both ways, 0 % lost; then stopped.",
		],
	])("%s", (_, more, sentence) => {
		expect(meetSentence(facts(more))).toBe(sentence);
	});
});

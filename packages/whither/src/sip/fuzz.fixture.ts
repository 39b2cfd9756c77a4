/** What the fuzzer throws at SIP, and what has to come of it: no throw, and what was read is what is written. */
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { answerChallenge, chooseChallenges } from "./digest/answer.ts";
import { DigestServer } from "./digest/check.ts";
import { formatDigestCredentials, parseDigestCredentials } from "./digest/credentials.ts";
import { formatSip } from "./message/format.ts";
import { sipFields, sipHeader, sipValues } from "./message/headers.ts";
import { parseSipMediaType, parseSipWord } from "./message/media-type.ts";
import type { SipMessage, SipParseError } from "./message/message.ts";
import { formatSipNameAddress, parseSipNameAddress } from "./message/name-address.ts";
import { parseSip } from "./message/parse.ts";
import { parseRetryAfterSeconds } from "./message/retry-after.ts";
import { formatSipCseq, formatSipRack, parseSipCseq, parseSipRack, parseSipRseq } from "./message/sequence.ts";
import { splitSipStream } from "./message/stream.ts";
import { TORTURE } from "./message/torture.fixture.ts";
import { lines } from "./message/torture-message.fixture.ts";
import { formatSipUri, parseSipUri } from "./message/uri.ts";
import { equalUris } from "./message/uri-equality.ts";
import { formatSipVia, parseSipVia, sipBranch } from "./message/via.ts";

const CALL = `INVITE sip:bob@192.0.2.4:5062;transport=tcp SIP/2.0
Via: SIP/2.0/TCP proxy.example.com:5060;branch=z9hG4bK87asdks7;received=[2001:db8::1];rport=4711, SIP/2.0/UDP 10.0.1.1;rport;branch=z9hG4bKnashds8
Record-Route: <sip:proxy.example.com;transport=tcp;lr;ftag=1928301774>,<sip:[2001:db8::2]:5060;lr>
Max-Forwards: 69
From: "Alice \\"A\\" Ω" <sips:alice;x=%20:pw@atlanta.example.com;lr?Subject=a%20b&X=>;tag=1928301774
To: Bob <tel:+1-201-555-0123;phone-context=example.com>
Call-ID: a84b4c76e66710@10.0.1.1
CSeq: 314159 INVITE
Contact: <sip:alice@10.0.1.1>;q=0.7;expires=3600, sip:a@b ;+sip.instance="<urn:uuid:0>"
Supported: 100rel, timer,precondition
Require: precondition
Allow: INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, INFO
Authorization: Digest username="bob", realm="biloxi.example.com", nonce="00000064.0123456789abcdef0123456789abcdef", uri="sip:bob@biloxi.example.com", qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", algorithm=SHA-256
Content-Type: application/sdp;charset="utf-8"
Content-Disposition: session;handling=required
Content-Length: 5

v=0
`;
const RINGING = `SIP/2.0 183 Session Progress
v: SIP/2.0/UDP 10.0.1.1;rport=5060;received=192.0.2.1;branch=z9hG4bKnashds8
f: <sip:alice@example.com>;tag=1
t: <sip:bob@example.com>;tag=2
i: a84b4c76e66710@10.0.1.1
CSeq: 314159 INVITE
RSeq: 813520
Require: 100rel
Retry-After: 120 (in a meeting);duration=60
l: 0

`;
const REFUSED = `SIP/2.0 401 Unauthorized
Via: SIP/2.0/UDP 10.0.1.1;branch=z9hG4bKnashds8
From: <sip:alice@example.com>;tag=1
To: <sip:alice@example.com>;tag=2
Call-ID: a84b4c76e66710@10.0.1.1
CSeq: 1 REGISTER
RAck: 776656 1 INVITE
WWW-Authenticate: Digest realm="a", nonce="b", qop="auth,auth-int", algorithm=SHA-256, opaque="", stale=TRUE
WWW-Authenticate: Digest realm="a", nonce="b", algorithm=MD5-sess, qop="auth-int"
Proxy-Authenticate: Basic QWxhZGRpbg==
Content-Length: 0

`;
/** What kamailio 5.6.3 answers, and what sipp 3.6.1 calls with. */
const CHALLENGE = `SIP/2.0 401 Unauthorized
Via: SIP/2.0/UDP 127.0.0.1:15070;rport=15070;branch=z9hG4bK99k4a1ygagj;received=127.0.0.1
From: "A B" <sip:a@example.com>;tag=1
To: <sip:b@example.com>;tag=a45363010201c12697c26728a1ea42a4.4bbed514
Call-ID: x0.16693200502233685
CSeq: 1 REGISTER
WWW-Authenticate: Digest realm="example.com", nonce="awuuiGsLrVz1FmNFGsYT5QH63lRolzOG", qop="auth"
Server: kamailio (5.6.3 (x86_64/linux))
Content-Length: 0

`;
const PLAIN_CALL = `INVITE sip:service@127.0.0.1:15090 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:15091;branch=z9hG4bK-22612-1-0
From: sipp <sip:sipp@127.0.0.1:15091>;tag=22612SIPpTag001
To: service <sip:service@127.0.0.1:15090>
Call-ID: 1-22612@127.0.0.1
CSeq: 1 INVITE
Contact: sip:sipp@127.0.0.1:15091
Max-Forwards: 70
Subject: Performance Test
Content-Type: application/sdp
Content-Length:   129

v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6008 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`;
/** Line breaks that end no line, in what an answer copies. */
const BROKEN = lines(CALL).map((byte, index, all) => (byte === 0x20 && all[index + 1] === 0x3c ? 0x0a : byte));
const MESSAGES = [
	...[CALL, RINGING, REFUSED, CHALLENGE, PLAIN_CALL].map(lines),
	...TORTURE.map(({ bytes }) => bytes),
	BROKEN,
];
/** Each value alone, so that changes of few bytes meet every one of them. */
const VALUES = MESSAGES.flatMap((bytes) => {
	const message = parseSip(bytes);
	return message.headers.map(({ value }) => encodeUtf8(value));
});

/** One target for each way in. */
export const SIP_FUZZ_TARGETS = [
	{ name: "sip message", seeds: MESSAGES, decode: readMessage },
	{ name: "sip values", seeds: VALUES, decode: readValues },
	{ name: "sip digest", seeds: VALUES.filter((value) => decodeUtf8(value).includes("Digest")), decode: readDigest },
	{ name: "sip stream", seeds: [join(MESSAGES.slice(0, 5)), ...MESSAGES], decode: readStream },
] as const;

function readMessage(bytes: Uint8Array): unknown {
	const message = parseSip(bytes);
	if (message.kind === "error") return answered(message);
	for (const { name } of message.headers) sipValues(message, name);
	const again = parseSip(formatSip(message));
	same("a message", again.kind === "error" ? again : withoutLength(again), withoutLength(message));
	return [sipHeader(message, "Via"), sipFields(message, "X")];
}

/** What could be read of a wrong message can stand in the answer to it. */
function answered({ why, headers }: SipParseError): string {
	formatSip({ kind: "response", status: 400, reason: "", headers, body: new Uint8Array(0) });
	return why;
}

function withoutLength(message: SipMessage): unknown {
	return { ...message, headers: message.headers.filter(({ name }) => name !== "Content-Length") };
}

function readValues(bytes: Uint8Array): unknown {
	const text = decodeUtf8(bytes)
		.replace(/[\r\n]/g, " ")
		.trim();
	again("a URI", text, parseSipUri, formatSipUri);
	again("an address", text, parseSipNameAddress, formatSipNameAddress);
	again("Via", text, parseSipVia, formatSipVia);
	again("CSeq", text, parseSipCseq, formatSipCseq);
	again("RAck", text, parseSipRack, formatSipRack);
	if (parseSipUri(text) !== null && !equalUris(text, text)) throw new Error(`not equal to itself: ${text}`);
	const via = parseSipVia(text);
	return [
		parseSipMediaType(text),
		parseSipWord(text),
		parseRetryAfterSeconds(text),
		parseSipRseq(text),
		via && sipBranch(via),
	];
}

function again<Value>(
	what: string,
	text: string,
	parse: (text: string) => Value | null,
	format: (value: Value) => string,
): void {
	const value = parse(text);
	if (value !== null) same(what, parse(format(value)), value);
}

function same(what: string, now: unknown, before: unknown): void {
	const [left, right] = [JSON.stringify(now), JSON.stringify(before)];
	if (left !== right) throw new Error(`${what} is another when it is read again: ${left}, not ${right}`);
}

function readDigest(bytes: Uint8Array): unknown {
	const text = decodeUtf8(bytes)
		.replace(/[\r\n]/g, " ")
		.trim();
	const server = new DigestServer({ secret: new Uint8Array(32), realm: "a", password: () => "secret" });
	const verdict = server.check({ values: [text], method: "INVITE", body: bytes }, 100);
	if (verdict.kind === "accepted") throw new Error("chance is no password");
	again("credentials", text, parseDigestCredentials, formatDigestCredentials);
	const request = { method: "INVITE", uri: "sip:a", body: bytes };
	const account = { username: "a", password: "b" };
	const answers = chooseChallenges([text]).map((one) =>
		answerChallenge(one, account, request, { cnonce: "c", count: 1 }),
	);
	if (answers.some((answer) => parseDigestCredentials(answer) === null))
		throw new Error("an answer that cannot be read");
	return answers;
}

/** Cut into pieces, a stream has the same messages as when it comes at once. */
function readStream(bytes: Uint8Array): unknown {
	const whole = messagesOf([bytes]);
	const size = 16 + ((bytes[7] ?? 0) % 5) * 300;
	const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
		bytes.subarray(index * size, (index + 1) * size),
	);
	same("a stream", messagesOf(pieces), whole);
	return whole;
}

function messagesOf(pieces: readonly Uint8Array[]): readonly string[] {
	const messages: string[] = [];
	let held = new Uint8Array(0);
	for (const piece of pieces) {
		held = join([held, piece]);
		for (let frame = splitSipStream(held); frame.kind !== "more"; frame = splitSipStream(held)) {
			if (frame.kind === "broken") return [...messages, "broken"];
			const message = parseSip(held.subarray(frame.skipped, frame.end));
			messages.push(message.kind === "error" ? message.why : JSON.stringify(withoutLength(message)));
			held = held.slice(frame.end);
		}
	}
	return messages;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let offset = 0;
	for (const part of parts) {
		joined.set(part, offset);
		offset += part.length;
	}
	return joined;
}

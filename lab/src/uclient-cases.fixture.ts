/** What `turnutils_uclient` is asked to do to a relay server, flag by flag, and what must come of it. */
import type { Family } from "@whither/core";
import { expect } from "vitest";
import type { UclientOutcome } from "./peers/uclient.ts";
import { describeOutcome } from "./run.ts";
import { SECRET, type TurnLab, USER } from "./turn-lab.fixture.ts";

/** Messages of each session. */
const MESSAGES = 20;
/** What it is given before it counts as hanging. */
const USUAL_MS = 45_000;

/** A run, and how it is judged. */
export interface UclientCase {
	readonly name: string;
	args(place: TurnLab): readonly string[];
	judge(ran: UclientOutcome): void;
	/** The client's leg is UDP. */
	readonly datagrams: boolean;
	/** It asks for DF, which a server that cannot heed it refuses. */
	readonly dontFragment: boolean;
	/** Why coturn's own pair does not get through it. */
	readonly notCoturn?: string;
	readonly credentials?: "rest";
	readonly limitMs: number;
}

interface CaseSpec extends Partial<Omit<UclientCase, "args" | "datagrams" | "dontFragment">> {
	readonly flags: string;
	readonly name: string;
	/** Of the server's address, and of the relay's. Default 4. */
	readonly listener?: Family;
	readonly relay?: Family;
	/** An echo host, or each other. */
	readonly to?: "peer" | "eachOther";
	readonly sessions?: number;
	readonly access?: readonly string[];
}

const LONG_TERM = ["-u", USER.name, "-w", USER.password];
const flagOf = (family: Family) => (family === 4 ? "-X" : "-x");

function uclientCase(spec: CaseSpec): UclientCase {
	const { flags, name, listener = 4, relay = 4, to = "peer", sessions = 1, access = LONG_TERM } = spec;
	const letters = flags.split(" ").filter(Boolean);
	return {
		limitMs: USUAL_MS,
		judge: relays(sessions * MESSAGES),
		...spec,
		dontFragment: letters.includes("-g"),
		datagrams: !letters.some((letter) => ["-t", "-S", "-T", "-P"].includes(letter)),
		name: `${name} (${[...letters, flagOf(relay)].join(" ")})`,
		args: (place) => {
			const target = to === "peer" ? ["-e", place.peer.address(relay)] : ["-y", "-m", `${sessions}`];
			const local = ["-L", place.client("open").address(listener)];
			// Far enough apart that a busy machine seldom makes one record of several.
			const count = ["-n", `${MESSAGES}`, "-z", letters.includes("-S") ? "200" : "20"];
			return [...count, ...letters, ...access, flagOf(relay), ...local, ...target, place.server(listener)];
		},
	};
}

const words = (ran: UclientOutcome) => describeOutcome(ran.outcome);

/**
 * Every message came, and there was nothing to complain of. Of a TLS record the client reads one message and loses the others,
 * and any server puts several into one that leave at the same moment, as after a pause of the machine: there, most came.
 */
function relays(messages: number) {
	return (ran: UclientOutcome) => {
		const { sent, received, complaints, outcome } = ran;
		expect({ sent, complaints, code: outcome.code }, words(ran)).toEqual({ sent: messages, complaints: [], code: 0 });
		expect(received, words(ran)).toBeLessThanOrEqual(messages);
		expect(received, words(ran)).toBeGreaterThanOrEqual(outcome.command.includes("-S") ? messages / 2 : messages);
	};
}

/** Every message came, whatever else was refused: `codes` alone. */
function relaysDespite(messages: number, codes: readonly number[]) {
	return (ran: UclientOutcome) => {
		relays(messages)({ ...ran, complaints: [] });
		expect(
			[...new Set(ran.codes)].filter((code) => !codes.includes(code)),
			words(ran),
		).toEqual([]);
	};
}

/** So many of those sent came, and no more. */
function hears(received: number, sent: number) {
	return (ran: UclientOutcome) => {
		const { outcome, complaints } = ran;
		const heard = { sent: ran.sent, received: ran.received, complaints, code: outcome.code };
		expect(heard, words(ran)).toEqual({ sent, received, complaints: [], code: 0 });
	};
}

/** It was let in with none of its tries: a server that is not there makes it say something else. */
function notLetIn(ran: UclientOutcome): void {
	refused(ran);
	expect(ran.complaints.join("\n"), words(ran)).toContain("Cannot complete Allocation");
}

/** It was told that it asked wrongly. */
function toldBadRequest(ran: UclientOutcome): void {
	refused(ran);
	expect(ran.codes, words(ran)).toContain(400);
}

/** It gave up. */
function refused(ran: UclientOutcome): void {
	expect(ran.outcome.code, words(ran)).toBe(255);
	expect(ran.received, words(ran)).toBeNull();
}

/** It was told so: DONT-FRAGMENT is not understood (RFC 8656 §7.2). */
export function refusedDontFragment(ran: UclientOutcome): void {
	refused(ran);
	expect(ran.codes, words(ran)).toContain(420);
}

/**
 * No connection was bound: it was told so, and then waits for more, or the connection was ended. Of answers on a data
 * connection it reads no more than a message's length.
 */
function bindsNothing(ran: UclientOutcome): void {
	expect(ran.received, words(ran)).toBeNull();
	if (ran.outcome.code !== 255) expect([...new Set(ran.codes)], words(ran)).toEqual([400]);
}

/** Whatever comes of it for the client: the server is looked at afterwards. */
function harmless(): void {}

const FAMILIES = [4, 6] as const;
const LEGS = { UDP: "", TCP: "-t", TLS: "-t -S" } as const;

/** Every transport to a listener of either family, a relay of either family, an echo behind it. */
const MATRIX = Object.entries(LEGS).flatMap(([leg, flags]) =>
	FAMILIES.flatMap((listener) =>
		FAMILIES.map((relay) =>
			uclientCase({ name: `${leg} over IPv${listener}, relay of IPv${relay}`, flags: `-c ${flags}`, listener, relay }),
		),
	),
);

/** Per transport: the flags that all of them have. */
const FLAGS = Object.entries(LEGS).flatMap(([leg, flags]) => [
	uclientCase({ name: `${leg}: Send indications`, flags: `-c -s ${flags}` }),
	uclientCase({
		name: `${leg}: EVEN-PORT, and a reserved port for RTCP`,
		flags,
		sessions: 1,
		judge: relays(2 * MESSAGES),
	}),
	uclientCase({ name: `${leg}: both addresses at once`, flags: `-Z ${flags}` }),
	uclientCase({
		name: `${leg}: more permissions and channels than needed`,
		flags: `-c -G ${flags}`,
		// 400: it draws the numbers of channels by chance, and now and then one twice.
		judge: relaysDespite(MESSAGES, [400, 403, 443]),
	}),
]);

const OVER_UDP: readonly UclientCase[] = [
	uclientCase({ name: "padding of channel data", flags: "-c -D -l 101" }),
	uclientCase({ name: "DONT-FRAGMENT on a channel", flags: "-c -g" }),
	uclientCase({ name: "DONT-FRAGMENT in Send indications", flags: "-c -g -s" }),
	uclientCase({ name: "EVEN-PORT over IPv6", flags: "", listener: 6, relay: 6, judge: relays(2 * MESSAGES) }),
	uclientCase({ name: "long messages", flags: "-c -l 1200" }),
	uclientCase({ name: "messages in fragments", flags: "-c -l 4000" }),
	uclientCase({ name: "a bandwidth", flags: "-c -a 1000000" }),
	uclientCase({ name: "OAuth, where nobody offers it", flags: "-c -J" }),
	uclientCase({ name: "an origin", flags: "-c -o https://example.org" }),
	uclientCase({ name: "40 clients at once", flags: "-c -m 40", sessions: 40 }),
	uclientCase({ name: "REST credentials", flags: "-c", access: ["-u", "carol", "-W", SECRET], credentials: "rest" }),
];

const OVER_STREAMS: readonly UclientCase[] = [
	uclientCase({ name: "TCP: messages of many segments", flags: "-c -t -l 8000" }),
	uclientCase({ name: "TCP: 40 clients at once", flags: "-c -t -m 40", sessions: 40 }),
	uclientCase({ name: "TLS: 40 clients at once", flags: "-c -t -S -m 40", sessions: 40 }),
	uclientCase({ name: "TLS: messages of an odd length", flags: "-c -t -S -l 333" }),
];

const EACH_OTHER: readonly UclientCase[] = [
	...Object.entries(LEGS).flatMap(([leg, flags]) =>
		FAMILIES.map((family) =>
			uclientCase({
				name: `${leg}: client to client, IPv${family}`,
				flags: `-c ${flags}`,
				listener: family,
				relay: family,
				to: "eachOther",
				sessions: 4,
			}),
		),
	),
	uclientCase({ name: "client to client with RTCP", flags: "", to: "eachOther", sessions: 4 }),
	uclientCase({ name: "client to client by Send indications", flags: "-c -s", to: "eachOther", sessions: 4 }),
];

const MOVING: readonly UclientCase[] = [
	uclientCase({ name: "UDP: mobility", flags: "-c -M" }),
	uclientCase({ name: "UDP: mobility with RTCP", flags: "-M", judge: relays(2 * MESSAGES) }),
	uclientCase({ name: "UDP: mobility of both addresses", flags: "-Z -M" }),
	uclientCase({ name: "TCP: mobility", flags: "-c -t -M", notCoturn: "closes the new connection" }),
	uclientCase({ name: "TLS: mobility", flags: "-c -t -S -M", notCoturn: "does not answer the second Refresh" }),
];

/** Four clients are connected to three others each. The active side of -P is a plain socket, which reads no STUN and counts nothing. */
const TCP_RELAYS: readonly UclientCase[] = [
	...FAMILIES.map((family) =>
		uclientCase({
			name: `RFC 6062, IPv${family}`,
			flags: "-T",
			listener: family,
			relay: family,
			to: "eachOther",
			sessions: 4,
		}),
	),
	uclientCase({ name: "RFC 6062 over TLS", flags: "-T -S", to: "eachOther", sessions: 4 }),
	uclientCase({
		name: "RFC 6062, peers connect",
		flags: "-P",
		to: "eachOther",
		sessions: 4,
		judge: hears(2 * MESSAGES, 4 * MESSAGES),
	}),
];

/** After these the client itself is often stuck; 24 clients at a message a millisecond all break off at one moment. */
const HARM = { "changed bytes": "-R", "requests and no ear": "-O", "sudden ends": "-B -m 24 -z 1" } as const;

const NEGATIVE: readonly UclientCase[] = [
	uclientCase({ name: "a wrong password", flags: "-c", access: ["-u", USER.name, "-w", "wrong"], judge: notLetIn }),
	uclientCase({ name: "an unknown user", flags: "-c", access: ["-u", "nobody", "-w", "wrong"], judge: notLetIn }),
	uclientCase({
		name: "a wrong REST secret",
		flags: "-c",
		access: ["-u", "carol", "-W", "south"],
		credentials: "rest",
		judge: notLetIn,
	}),
	uclientCase({ name: "channels of any number", flags: "-c -N", judge: toldBadRequest }),
	uclientCase({
		name: "connection ids of any number",
		flags: "-T -N -l 300",
		to: "eachOther",
		sessions: 4,
		judge: bindsNothing,
		limitMs: 15_000,
	}),
	uclientCase({ name: "no permission", flags: "-c -s -I", judge: hears(0, MESSAGES) }),
	...Object.entries(LEGS).flatMap(([leg, flags]) =>
		Object.entries(HARM).map(([harm, flag]) =>
			uclientCase({ name: `${leg}: ${harm}`, flags: `-c ${flag} ${flags}`, judge: harmless, limitMs: 15_000 }),
		),
	),
];

/** All of them, the slowest first. */
export const UCLIENT_CASES: readonly UclientCase[] = [
	...NEGATIVE,
	...TCP_RELAYS,
	...OVER_STREAMS,
	...OVER_UDP,
	...EACH_OTHER,
	...MOVING,
	...FLAGS,
	...MATRIX,
];

/** What every server must still do after all that. */
export const LAST_CASES: readonly UclientCase[] = Object.entries(LEGS).map(([leg, flags]) =>
	uclientCase({ name: `${leg}, after all that`, flags: `-c ${flags}` }),
);

import { describe, expect, it } from "vitest";
import type { CellFindings } from "./cell.ts";
import { plainFailure } from "./cell-failure.ts";
import type { TurnCellFailure } from "./result.ts";
import { turnVerdict } from "./verdict.ts";
import { type AskedTurn, cellSentence } from "./words.ts";

const ASKED: AskedTurn = { user: { kind: "password", expiresAtSeconds: null }, unixSeconds: 1_800_000_000 };
const PORTS = { udp: 3478, tcp: 3478, tls: 5349 } as const;
const RTT = { minNs: 1, p50Ns: 2, p99Ns: 3, maxNs: 4 };

type Leg = "udp" | "tcp" | "tls";

function cell(transport: Leg, more: Partial<CellFindings> = {}): CellFindings {
	return {
		...{ family: 4, transport, server: { address: "192.0.2.1", port: PORTS[transport] } },
		...{
			redirectedTo: null,
			reachable: false,
			authenticated: null,
			localAddress: null,
			mappedAddress: null,
			relayed: [],
		},
		...{ connectNs: null, allocateNs: null, lifetimeSeconds: null, relaying: null, refusedWays: [], trace: null },
		failure: null,
		...more,
	};
}

const works = (transport: Leg, more: Partial<CellFindings> = {}) =>
	cell(transport, {
		...{ reachable: true, authenticated: true, relayed: [{ address: "192.0.2.1", port: 50_000 }] },
		relaying: {
			...{ way: "relayToRelay", peer: { address: "192.0.2.1", port: 50_001 }, bytes: 160, sent: 10, received: 10 },
			...{ rtt: RTT, stamps: "kernel", throughput: null },
		},
		...more,
	});

const fails = (transport: Leg, code: TurnCellFailure["code"], more: Partial<TurnCellFailure> = {}) =>
	cell(transport, { failure: { ...plainFailure(code), ...more } });

const system = (errnoName: string, errno: number) =>
	({ code: "systemCall", call: "connect", address: "192.0.2.1", errno, errnoName }) as const;
const REFUSED = { system: system("ECONNREFUSED", 111) };
const tls = (reason: string) => ({ tls: { reason, about: "about it" } });
const verdict = (...cells: readonly CellFindings[]) => turnVerdict("relay.example", cells, ASKED);

describe("what works beside what does not", () => {
	it.each([
		["everything", [works("udp"), works("tcp"), works("tls")], "Relays over UDP 3478, TCP 3478 and TLS 5349."],
		[
			"a filter of UDP",
			[fails("udp", "timeout"), works("tcp"), works("tls")],
			"UDP 3478 is filtered; TCP 3478 and TLS 5349 work.",
		],
		[
			"a wall with one hole",
			[
				fails("udp", "timeout"),
				fails("tcp", "timeout"),
				fails("tls", "timeout"),
				works("tls", { server: { address: "192.0.2.1", port: 443 } }),
			],
			"UDP 3478, TCP 3478 and TLS 5349 are filtered; TLS 443 works.",
		],
		[
			"no TLS",
			[works("udp"), works("tcp"), fails("tls", "unreachable", REFUSED)],
			"TLS 5349 is refused; UDP 3478 and TCP 3478 work.",
		],
		[
			"a certificate that is over",
			[works("udp"), fails("tls", "tls", tls("CERT_HAS_EXPIRED"))],
			"TLS 5349: the certificate of the server has expired; UDP 3478 works.",
		],
		[
			"TLS that is never finished",
			[works("udp"), fails("tls", "tlsUnfinished")],
			"TLS 5349: the server takes the connection, but TLS is never finished: what listens there speaks none, a middlebox stops it, or large packets do not pass; UDP 3478 works.",
		],
		[
			"one family",
			[works("udp"), { ...fails("udp", "timeout"), family: 6 as const }],
			"UDP 3478 over IPv6 is filtered; UDP 3478 over IPv4 works.",
		],
		[
			"a family without a route",
			[works("udp"), works("tcp")].concat(
				(["udp", "tcp"] as const).map((leg) => ({
					...fails(leg, "unreachable", { system: system("EHOSTUNREACH", 113) }),
					family: 6 as const,
				})),
			),
			"UDP 3478 over IPv6 and TCP 3478 over IPv6 are unreachable (EHOSTUNREACH); UDP 3478 over IPv4 and TCP 3478 over IPv4 work.",
		],
		[
			"large packets that do not pass",
			[
				works("tcp"),
				works("udp", {
					relaying: {
						...(works("udp").relaying as NonNullable<CellFindings["relaying"]>),
						throughput: { bytes: 1200, sent: 40, received: 0, durationNs: 5e8, bitsPerSecond: 0 },
					},
				}),
			],
			"Relays over TCP 3478 and UDP 3478, but no packets of 1200 bytes over UDP 3478.",
		],
		[
			"loss",
			[
				works("tcp"),
				works("udp", {
					relaying: { ...(works("udp").relaying as NonNullable<CellFindings["relaying"]>), received: 7 },
				}),
			],
			"Relays over TCP 3478 and UDP 3478, with loss over UDP 3478.",
		],
	] as const)("%s", (_, cells, words) => {
		expect(verdict(...cells)).toBe(words);
	});
});

describe("why nothing works", () => {
	const all = (code: TurnCellFailure["code"], more: Partial<TurnCellFailure> = {}) =>
		(["udp", "tcp", "tls"] as const).map((leg) => fails(leg, code, more));
	it.each([
		[
			"a wrong password",
			all("unauthorized", { stunError: 401 }),
			"The password is wrong, or 192.0.2.1:3478 does not know the user (401).",
		],
		[
			"a quota",
			all("quotaReached", { stunError: 486 }),
			"This user has as many allocations as 192.0.2.1:3478 lets it have: its quota is reached (486).",
		],
		["a full server", all("insufficientCapacity"), "192.0.2.1:3478 has no relayed address left (508)."],
		["a STUN server", all("stunOnly"), "192.0.2.1:3478 is a STUN server that does not relay."],
		["another protocol", all("notStun"), "What answers at 192.0.2.1:3478 does not speak TURN."],
		[
			"silence",
			all("timeout"),
			"No answer from relay.example over UDP 3478, TCP 3478 and TLS 5349: there is no such server, or a firewall drops everything.",
		],
		[
			"a closed port",
			all("unreachable", REFUSED),
			"Relay.example refuses UDP 3478, TCP 3478 and TLS 5349: no TURN server listens there.",
		],
		[
			"no user where one is wanted",
			all("unauthorized"),
			"192.0.2.1:3478 wants a user and a password (401).",
			{ kind: "none", expiresAtSeconds: null },
		],
		[
			"a wrong secret",
			all("unauthorized"),
			"192.0.2.1:3478 does not take the secret, or its clock is another than ours (401).",
			{ kind: "rest", expiresAtSeconds: 1_800_003_600 },
		],
		[
			"a user that is over",
			all("unauthorized"),
			"These credentials ended at 2023-11-14T22:13:20Z: ask for new ones (401).",
			{ kind: "password", expiresAtSeconds: 1_700_000_000 },
		],
		[
			"another server",
			all("redirected", { alternate: { address: "192.0.2.9", port: 3478 } }),
			"192.0.2.1:3478 sends us to 192.0.2.9:3478, which is not followed (300).",
		],
		[
			"another server that is not there",
			all("unreachable", { ...REFUSED, alternate: { address: "192.0.2.9", port: 3478 } }),
			"192.0.2.1:3478 sends us on (300), and 192.0.2.9:3478 refuses UDP: no TURN server listens there.",
		],
		[
			"nonces that are never right",
			all("unauthorized", { stunError: 438 }),
			"192.0.2.1:3478 takes none of the nonces that it gives (438).",
		],
		[
			"an error",
			all("serverError", { stunError: 500, reason: "Oops" }),
			"192.0.2.1:3478 refuses the request (500 Oops).",
		],
	] as const)("%s", (_, cells, words, user: AskedTurn["user"] = ASKED.user) => {
		expect(turnVerdict("relay.example", cells, { ...ASKED, user })).toBe(words);
	});

	it("a relay that lets nothing through", () => {
		const denied = cell("udp", { ...works("udp"), relaying: null, failure: plainFailure("forbidden") });
		expect(verdict(denied)).toBe("192.0.2.1:3478 refuses peers of this kind (403).");
		const silent = { ...denied, failure: plainFailure("nothingBack") };
		expect(verdict(silent)).toBe(
			"192.0.2.1:3478 gives a relayed address, but nothing that goes through it comes back.",
		);
	});

	it("a relay that is silent, gone or broken once it has given an address", () => {
		const after = (code: TurnCellFailure["code"]) =>
			verdict(cell("udp", { ...works("udp"), relaying: null, failure: plainFailure(code) }));
		expect(after("timeout")).toBe(
			"192.0.2.1:3478 gives a relayed address, and does not answer what is asked of it after that.",
		);
		expect(after("closed")).toBe("192.0.2.1:3478 gave a relayed address, and then closed the connection.");
		expect(after("unreachable")).toBe("192.0.2.1:3478 gave a relayed address, and is not there any more.");
	});

	it("no sockets left, and what helps here", () => {
		const none = { code: "tooManyFiles", call: "connect", address: null, errno: 24, errnoName: "EMFILE" } as const;
		const words =
			"this process may not open that many sockets; raise `ulimit -n`, or try fewer legs with --transport (connect: EMFILE)";
		expect(cellSentence(fails("tcp", "system", { system: none }), ASKED)).toBe(words);
		const given = cell("udp", {
			...works("udp"),
			relaying: null,
			failure: { ...plainFailure("noOtherEnd"), system: none },
		});
		expect(cellSentence(given, ASKED)).toBe(
			`192.0.2.1:3478 gives a relayed address, but no socket of ours can be its other end: ${words}`,
		);
	});

	it("what tells more comes before what tells less", () => {
		const cells = [fails("udp", "timeout"), fails("tls", "tls", tls("CERT_HAS_EXPIRED"))];
		expect(verdict(...cells)).toBe("The certificate of 192.0.2.1:5349 has expired.");
		expect(verdict(...cells, fails("tcp", "unauthorized"))).toMatch(/^The password is wrong/);
		const up = [fails("udp", "timeout"), fails("tcp", "unreachable", REFUSED)];
		expect(verdict(...up)).toBe(
			"Relay.example is up, but no TURN server listens there: TCP 3478 refused, UDP 3478 silent.",
		);
	});
});

/** What an Allocate or a CreatePermission is never answered with. */
const NEVER_ALLOCATED: ReadonlySet<string> = new Set([
	...["mobilityForbidden", "connectionExists", "connectionFailed", "noChannelNumber"],
]);

describe("every code has words", () => {
	const codes: readonly TurnCellFailure["code"][] = [
		...(["timeout", "integrity", "bidDown", "unsupportedAlgorithm", "badChallenge", "unauthorized"] as const),
		...([
			"unknownAttributes",
			"noErrorCode",
			"redirected",
			"unreachable",
			"closed",
			"badRequest",
			"forbidden",
		] as const),
		...([
			"mobilityForbidden",
			"unsupportedAttributes",
			"allocationMismatch",
			"staleNonce",
			"familyUnsupported",
		] as const),
		...([
			"wrongCredentials",
			"transportUnsupported",
			"familyMismatch",
			"connectionExists",
			"connectionFailed",
		] as const),
		...(["quotaReached", "serverError", "insufficientCapacity", "refused", "badAnswer", "expired"] as const),
		...([
			"noChannelNumber",
			"stunOnly",
			"challengedOnly",
			"notStun",
			"tls",
			"tlsUnfinished",
			"system",
			"outOfTime",
			"stopped",
			"noOtherEnd",
			"nothingBack",
		] as const),
	];
	it.each(codes)("%s", (code) => {
		for (const leg of ["udp", "tcp", "tls"] as const) {
			const words = cellSentence(fails(leg, code), ASKED);
			expect(words).toMatch(/^([^A-Z]|TLS ).*[^.]$/);
			expect(words).not.toMatch(/undefined|null/);
			if (!NEVER_ALLOCATED.has(code)) expect(words).not.toContain("gives no relay (");
		}
	});

	it.each(["CERT_NOT_YET_VALID", "ERR_TLS_CERT_ALTNAME_INVALID", "DEPTH_ZERO_SELF_SIGNED_CERT", "EPROTO", "SOMETHING"])(
		"of TLS too: %s",
		(reason) => {
			expect(cellSentence(fails("tls", "tls", tls(reason)), ASKED)).toContain("192.0.2.1:5349");
		},
	);
});

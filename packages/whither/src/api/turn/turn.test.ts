import { NAT_KINDS, natKind, natWorld } from "@whither/sim";
import { describe, expect, it } from "vitest";
import type { TurnRequestOptions } from "./options.ts";
import type { TurnCellResult } from "./result.ts";
import { simulatedTurn } from "./simulated.ts";
import { turn } from "./turn.ts";

const USER = { username: "alice", password: "sesame" } as const;
const users = { passwords: [USER] };
const world = (kind = "port-restricted", more: Partial<Parameters<typeof simulatedTurn>[1]> = {}) =>
	simulatedTurn(natWorld({ a: natKind(kind), delayMs: 5 }), { server: "srv", users, ...more });
const UDP: TurnRequestOptions = { ...USER, transports: ["udp"], count: 20, durationMs: 200 };

describe("a relay is tried", () => {
	it("over both families, to a second relay and back", async () => {
		const result = await turn("srv", { ...UDP, world: world() }).result;
		expect(result).toMatchObject({ relays: true, backend: "simulated", stopReason: "complete", user: "alice" });
		expect(result.summary).toBe("Relays over UDP 3478.");
		expect(result.cells.map(({ family }) => family)).toEqual([4, 6]);
		const [cell] = result.cells;
		expect(cell).toMatchObject({
			...{ transport: "udp", reachable: true, authenticated: true, failure: null },
			relaying: { way: "relayToRelay", sent: 20, received: 20, bytes: 160 },
		});
		// Three links of 5 ms each way, twice.
		expect(cell?.relaying?.rtt?.p50Ns).toBe(60e6);
		expect(cell?.allocateNs).toBe(60e6);
		expect(cell?.relaying?.throughput?.bitsPerSecond).toBeGreaterThan(1e6);
		expect(result.offers).toMatchObject({ ipv4: true, ipv6: false, mobility: true, sha256: true });
	});

	it("at another server where the first sends us there, which it says", async () => {
		const there = world();
		const other = { address: "203.0.113.9", port: 3479 };
		const openRelay: typeof there.openRelay = (order, listener) =>
			there.openRelay(order, {
				...listener,
				event: (event) => {
					if (event.kind === "allocated") listener.event({ kind: "redirected", to: other });
					listener.event(event);
				},
			});
		const { cells } = await turn("srv", { ...UDP, family: 4, world: { ...there, openRelay } }).result;
		const summary = "relays over UDP at 203.0.113.9:3479, where it sends us (300)";
		expect(cells).toMatchObject([{ redirectedTo: other, failure: null, summary }]);
	});

	it("and tells each leg as it is done", async () => {
		const run = turn("srv", { ...UDP, world: world() });
		const cells: TurnCellResult[] = [];
		for await (const { cell } of run) cells.push(cell);
		expect(cells).toHaveLength(2);
	});

	it("by a socket of ours where the server gives one relay alone", async () => {
		const quotas = { perUser: 1 };
		const result = await turn("srv", { ...UDP, family: 4, world: world("symmetric", { config: { quotas } }) }).result;
		expect(result.cells[0]).toMatchObject({
			relaying: { way: "ownSocket", received: 20 },
			refusedWays: [{ way: "relayToRelay", failure: { code: "quotaReached", stunError: 486 } }],
		});
	});

	it("with credentials made of a secret", async () => {
		const expires = { passwords: [], restSecrets: ["north"] };
		const { summary } = await turn("srv", {
			...{ secret: "north", username: "alice", transports: ["udp"], count: 5, durationMs: 0, family: 4 },
			world: world("no NAT", { users: expires, config: { unixSecondsAtZero: Math.floor(Date.now() / 1000) } }),
		}).result;
		expect(summary).toBe("Relays over UDP 3478.");
	});
});

describe("a relay that is none says why", () => {
	it.each([
		[
			"a wrong password",
			{ password: "simsim" },
			/^The password is wrong, or 203\.0\.113\.\d+:3478 does not know the user \(401\)\.$/,
		],
		["no user", { username: undefined, password: undefined }, /wants a user and a password \(401\)\.$/],
		[
			"a user whose time is over",
			{ username: "1700000000:bob" },
			/^These credentials ended at 2023-11-14T22:13:20Z: ask for new ones \(401\)\.$/,
		],
	])("%s", async (_, options, words) => {
		const result = await turn("srv", { ...UDP, ...options, family: 4, world: world() }).result;
		expect(result).toMatchObject({ relays: false, cells: [{ authenticated: false }] });
		expect(result.summary).toMatch(words);
	});

	it("peers that it refuses", async () => {
		const peers = { deny: ["0.0.0.0/0"] };
		const own = { peers, relayPorts: { first: 49_152, last: 49_200 } };
		const result = await turn("srv", {
			...UDP,
			family: 4,
			peer: { address: "203.0.113.9", port: 7 },
			world: world("no NAT", { config: own }),
		}).result;
		expect(result).toMatchObject({ relays: false, cells: [{ failure: { code: "forbidden", stunError: 403 } }] });
		expect(result.summary).toMatch(/refuses peers of this kind \(403\)\.$/);
	});

	it("UDP that is blocked, and streams that nobody takes", async () => {
		const blocked = NAT_KINDS.find(({ seen }) => seen.classic === "UDP blocked")?.name ?? "";
		const result = await turn("srv", { ...USER, family: 4, waitMs: 500, world: world(blocked) }).result;
		expect(result.cells.map(({ failure }) => failure?.code)).toEqual(["timeout", "unreachable", "unreachable"]);
		expect(result.summary).toBe(
			"Srv is up, but no TURN server listens there: TCP 3478 and TLS 5349 refused, UDP 3478 silent.",
		);
	});

	it("TLS whose handshake never ends is no filter", async () => {
		const there = world();
		const silent = { address: "203.0.113.250", port: 9 };
		const openRelay: typeof there.openRelay = (order, listener) =>
			there.openRelay(
				{ ...order, transport: "udp", server: silent },
				{ ...listener, event: (event) => listener.event(event.kind === "opened" ? { kind: "handshaking" } : event) },
			);
		const tls: TurnRequestOptions = { ...USER, transports: ["tls"], family: 4, waitMs: 500 };
		const { cells } = await turn("srv", { ...tls, world: { ...there, openRelay } }).result;
		expect(cells).toMatchObject([{ reachable: false, failure: { code: "tlsUnfinished" } }]);
		expect(cells[0]?.summary).toContain(":5349 takes the connection, but TLS is never finished");
	});

	it("a time that was up while packets were on the way, which are not lost", async () => {
		const result = await turn("srv", { ...UDP, count: 1_000, family: 4, timeoutMs: 2_000, world: world() }).result;
		expect(result).toMatchObject({ stopReason: "timeout", relays: true, summary: "Relays over UDP 3478." });
		const [cell] = result.cells;
		expect(cell?.relaying?.sent).toBe(cell?.relaying?.received);
	});

	it("the time that was up, or the end that was asked for", async () => {
		const late = await turn("srv", { ...UDP, family: 4, timeoutMs: 30, world: world() }).result;
		expect(late).toMatchObject({ stopReason: "timeout", cells: [{ failure: { code: "outOfTime" } }] });
		const run = turn("srv", { ...UDP, family: 4, world: world() });
		setImmediate(() => run.stop());
		const stopped = await run.result.catch((error: { readonly code: string }) => error);
		expect(["interrupted", "aborted"]).toContain("stopReason" in stopped ? stopped.stopReason : stopped.code);
	});
});

describe("what cannot be tried is refused", () => {
	it.each([
		["a password of nobody", { username: undefined }],
		["a user without password", { password: undefined }],
		["a password and a secret", { secret: "north" }],
		["packets too long", { size: 2_000 }],
		["no packets", { count: 0 }],
		["a peer that is a name", { peer: { address: "srv", port: 7 } }],
		["a name longer than a request can hold", { username: "é".repeat(255) }],
		["a source of the other family", { source: "192.0.2.1", family: 6 as const }],
	])("%s", async (_, options) => {
		await expect(turn("srv", { ...UDP, ...options, world: world() }).result).rejects.toMatchObject({
			code: "badOption",
		});
	});

	it.each(["turn:srv?transport=sctp", "turns:srv?transport=udp", "srv:0", "", "a b"])(
		"a server called '%s'",
		async (server) => {
			await expect(turn(server, { world: world() }).result).rejects.toMatchObject({ code: "badOption" });
		},
	);

	it("a name that has records for one transport alone is tried over that", async () => {
		const there = world();
		const services: typeof there.services = async (name) =>
			name.startsWith("_turn._udp") ? [{ name: "srv", port: 3478, priority: 0, weight: 0 }] : [];
		const { cells } = await turn("example.org", {
			...USER,
			count: 5,
			durationMs: 0,
			family: 4,
			world: { ...there, services },
		}).result;
		expect(cells).toMatchObject([{ transport: "udp", failure: null }]);
	});

	it("a URI and options that say otherwise, and a name that is none", async () => {
		await expect(turn("turns:srv", { ...UDP, world: world() }).result).rejects.toThrow(
			"asks for TLS, the options for UDP",
		);
		await expect(turn("nobody", { ...UDP, world: world() }).result).rejects.toMatchObject({ code: "nameNotFound" });
	});
});

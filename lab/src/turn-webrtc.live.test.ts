import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Family } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { browserTrustObstacle, type CallingPage, chromiumObstacle, openChromium } from "./peers/chromium.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { describeOutcome, runTool } from "./run.ts";
import {
	openTurnLab,
	PORT,
	TLS_PORT,
	TURN_SERVERS,
	type TurnLab,
	type TurnServerKind,
	USER,
} from "./turn-lab.fixture.ts";
import type { RelayServer, WebrtcOrder, WebrtcResult } from "./webrtc-order.ts";

/** The process with both peers; the built file, since plain Node runs it. */
const MAIN = fileURLToPath(new URL("../dist/webrtc-main.js", import.meta.url));
const TRAFFIC = { messages: 50, bytes: 4000 };

type Leg = "udp" | "tcp" | "tls";

function relayServer(place: TurnLab, leg: Leg, family: Family): RelayServer {
	const host = family === 4 ? place.server(4) : `[${place.server(6)}]`;
	const urls = leg === "tls" ? `turns:${host}:${TLS_PORT}?transport=tcp` : `turn:${host}:${PORT}?transport=${leg}`;
	return { urls, username: USER.name, credential: USER.password };
}

/** Null where npm has installed it, else what is missing. */
function packageObstacle(name: string): string | null {
	try {
		createRequire(import.meta.url)(name);
		return null;
	} catch (error) {
		return `it needs the package ${name}, which says: ${String(error).split("\n")[0]}`;
	}
}

/** Legs that each library has to a relay. */
const LIBRARIES = [
	{ library: "node-datachannel", leg: "udp", family: 4 },
	{ library: "node-datachannel", leg: "udp", family: 6 },
	{ library: "werift", leg: "udp", family: 4 },
	{ library: "werift", leg: "tcp", family: 4 },
	{ library: "werift", leg: "tcp", family: 6 },
	{ library: "werift", leg: "tls", family: 4 },
	{ library: "werift", leg: "tls", family: 6 },
] as const;

const FAMILIES = [4, 6] as const;
const BROWSER = (["udp", "tcp", "tls"] as const).flatMap((leg) =>
	FAMILIES.map((family) => ({ name: `${leg.toUpperCase()} over IPv${family}`, leg, family })),
);

describe.each(TURN_SERVERS)("WebRTC through relays of $name alone", (kind: TurnServerKind) => {
	const { obstacle } = kind;
	const browserObstacle =
		obstacle ?? chromiumObstacle() ?? browserTrustObstacle() ?? packageObstacle("playwright-core");

	describe.skipIf(obstacle !== null)(skippable("two peers in one place", obstacle), () => {
		let place: TurnLab;
		let server: RunningServer;
		const relayed = (result: Omit<WebrtcResult, "echoed">) => [result.local.type, result.remote.type];

		beforeAll(async () => {
			place = await openTurnLab();
			server = await kind.open(place);
		});

		afterAll(async () => {
			await server?.close();
			await place?.close();
		});

		for (const { library, leg, family } of LIBRARIES) {
			const missing = packageObstacle(library);
			const title = `${library}, ${leg.toUpperCase()} over IPv${family}`;
			test.skipIf(missing !== null)(skippable(title, missing), async () => {
				const authority = readFileSync(place.certificates.authority, "utf8");
				const order: WebrtcOrder = { library, server: relayServer(place, leg, family), authority, ...TRAFFIC };
				const run = { namespace: place.client("behindNat").namespace, timeoutMs: 30_000 };
				const outcome = await runTool([process.execPath, MAIN, JSON.stringify(order)], run);
				expect(outcome.code, describeOutcome(outcome) + server.log().slice(-2000)).toBe(0);
				const result: WebrtcResult = JSON.parse(outcome.stdout);
				expect(result.echoed).toBe(TRAFFIC.messages);
				expect(relayed(result)).toEqual(["relay", "relay"]);
			});
		}

		/** A page of the host behind the NAT; whatever comes of it, nothing is left. */
		async function withPage(authority: string | null, use: (page: CallingPage) => Promise<void>): Promise<void> {
			const { namespace } = place.client("behindNat");
			const page = await openChromium({ namespace, ...(authority !== null && { authority }) });
			try {
				await use(page);
			} finally {
				await page.close();
			}
		}

		const inBrowser = test.skipIf(browserObstacle !== null);

		inBrowser.each(BROWSER)(skippable("Chromium, $name", browserObstacle), async ({ leg, family }) => {
			await withPage(place.certificates.authority, async (page) => {
				await page.call({ server: relayServer(place, leg, family) });
				expect(await page.echo(TRAFFIC)).toBe(TRAFFIC.messages);
				const pair = await page.pair();
				expect(relayed(pair)).toEqual(["relay", "relay"]);
				expect(pair.local.relayProtocol).toBe(leg);
			});
		});

		inBrowser(
			skippable("Chromium, UDP over IPv4 at one end and TLS over IPv6 at the other", browserObstacle),
			async () => {
				await withPage(place.certificates.authority, async (page) => {
					await page.call({ server: relayServer(place, "udp", 4), calleeServer: relayServer(place, "tls", 6) });
					expect(await page.echo(TRAFFIC)).toBe(TRAFFIC.messages);
					expect(relayed(await page.pair())).toEqual(["relay", "relay"]);
				});
			},
		);

		inBrowser(skippable("Chromium has no relay with a wrong password", browserObstacle), async () => {
			await withPage(null, async (page) => {
				const wrong = { ...relayServer(place, "udp", 4), credential: "wrong" };
				await expect(page.call({ server: wrong })).rejects.toThrow("no relay: 401");
			});
		});

		inBrowser(skippable("Chromium does not believe a certificate of nobody's", browserObstacle), async () => {
			await withPage(null, async (page) => {
				await expect(page.call({ server: relayServer(place, "tls", 4) })).rejects.toThrow("no relay: 701");
			});
		});

		inBrowser.each(BROWSER.filter(({ family }) => family === 4))(
			skippable(
				"Chromium, $name: the server crashes, and what was said meanwhile comes after a restart",
				browserObstacle,
			),
			async ({ leg, family }) => {
				await withPage(place.certificates.authority, async (page) => {
					await page.call({ server: relayServer(place, leg, family) });
					expect(await page.echo(TRAFFIC)).toBe(TRAFFIC.messages);
					await server.kill();
					const meanwhile = page.echo(TRAFFIC);
					expect(await page.lost()).toMatch(/disconnected|failed/);
					server = await kind.open(place);
					await page.restart();
					expect(await meanwhile).toBe(TRAFFIC.messages);
					expect(relayed(await page.pair())).toEqual(["relay", "relay"]);
				});
			},
		);
	});
});

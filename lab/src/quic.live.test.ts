import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { type RunningTool, runTool, runWhither, startTool, WHITHER } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const SERVER_NAME = "server.test";
const RETRY_PORT = 4434;
/** How long a server may take until it answers for the first time. */
const START_MS = 10_000;

const caddy = findProgram("caddy");
const retryServer = findProgram("gtlsserver");
const openssl = findProgram("openssl");
const obstacle =
	labObstacle() ??
	(existsSync(WHITHER) ? null : "the command is not built (npm run build)") ??
	(caddy === null ? "it needs caddy (Debian package caddy)" : null) ??
	(openssl === null ? "it needs openssl (Debian package openssl)" : null);
if (obstacle !== null) console.warn(`QUIC against real servers skipped: ${obstacle}`);
if (retryServer === null) console.warn("QUIC Retry skipped: it needs gtlsserver (Debian package ngtcp2-server)");

const title = "QUIC against real servers";
const FAMILIES = [4, 6] as const;
const CHANNELS = [
	["errorQueue", "nobody"],
	["raw", "root"],
] as const;
const VARIANTS = FAMILIES.flatMap((family) => CHANNELS.map(([channel, user]) => ({ family, channel, user })));

let lab: Lab;
let folder = "";
const servers: RunningTool[] = [];

function startServer(command: readonly string[]): void {
	const namespace = lab.namespaceOf("target");
	// Caddy keeps its files in the home directory.
	const server = startTool(command, { namespace, timeoutMs: 120_000, env: { HOME: folder, XDG_DATA_HOME: folder } });
	server.outcome.catch(() => undefined);
	servers.push(server);
}

interface Asked {
	readonly family: 4 | 6;
	readonly channel: "errorQueue" | "raw";
	readonly user: "nobody" | "root";
	readonly args?: readonly string[];
}

async function trace({ family, channel, user, args = [] }: Asked): Promise<TraceResult> {
	const wanted = ["-M", "quic", "--channel", channel, ...args, lab.addressOf("target", family)];
	const outcome = await runWhither(["--json", "-n", ...wanted], { namespace: lab.namespaceOf("client"), user });
	expect(outcome.code, `${wanted.join(" ")}\n${outcome.stderr}\n${outcome.stdout.slice(0, 2000)}`).toBe(0);
	return JSON.parse(outcome.stdout) as TraceResult;
}

const IN_PLACE = { family: 4, channel: "raw", user: "root" } as const;

/** Until the server answers with an Initial; before that the kernel answers for the closed port. */
async function awaitServer(args: readonly string[]): Promise<void> {
	const until = performance.now() + START_MS;
	while (performance.now() < until) {
		const asked = ["--json", "-n", "-M", "quic", "-f", "3", "-m", "3", "-q", "1", ...args, lab.addressOf("target", 4)];
		const outcome = await runWhither(asked, { namespace: lab.namespaceOf("client"), user: IN_PLACE.user });
		if (outcome.stdout.includes('"quic"') && outcome.stdout.includes('"initial"')) return;
	}
	throw new Error(`no QUIC server after ${START_MS} ms`);
}

/** What the target's answers say, those that stand for it included. */
function details(result: TraceResult): readonly Readonly<Record<string, unknown>>[] {
	expect(result.hops).toHaveLength(3);
	const probes = result.hops.at(-1)?.probes ?? [];
	return probes.flatMap((probe) => (probe.reply === null ? [] : [probe.reply.detail]));
}

async function openServers(): Promise<void> {
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${folder}/key.pem`];
	const name = ["-subj", `/CN=${SERVER_NAME}`, "-addext", `subjectAltName=DNS:${SERVER_NAME}`];
	const certificate = ["req", "-x509", ...key, "-out", `${folder}/cert.pem`, ...name];
	await runTool([openssl ?? "", ...certificate], { namespace: lab.namespaceOf("target") });
	const site = `https://${SERVER_NAME} {\n\ttls ${folder}/cert.pem ${folder}/key.pem\n\trespond "hello"\n}\n`;
	const options = `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_sni ${SERVER_NAME}\n}\n`;
	await writeFile(join(folder, "Caddyfile"), options + site);
	startServer([caddy ?? "", "run", "--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"]);
	await awaitServer([]);
	if (retryServer === null) return;
	const files = [`${folder}/key.pem`, `${folder}/cert.pem`];
	startServer([retryServer, "-q", "--validate-addr", "*", String(RETRY_PORT), ...files]);
	await awaitServer(["-p", String(RETRY_PORT)]);
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "whither-quic-"));
		lab = await openLab(chainScenario({ routers: 2 }));
		await openServers();
	}, 60_000);

	afterAll(async () => {
		for (const { child } of servers) child.kill("SIGKILL");
		await Promise.allSettled(servers.map(({ outcome }) => outcome));
		await lab?.close();
		if (folder !== "") await rm(folder, { recursive: true, force: true });
	});

	test.each(VARIANTS)("IPv$family over $channel: caddy says its ServerHello", async (asked) => {
		const result = await trace(asked);
		const answers = details(result);
		expect(answers.length).toBeGreaterThan(0);
		for (const detail of answers) expect(detail).toMatchObject({ packet: "initial", version: "v1", serverHello: true });
	});

	test.each(VARIANTS)("IPv$family over $channel: caddy's Version Negotiation is followed", async (asked) => {
		const answers = details(await trace({ ...asked, args: ["-O", "version=1a2a3a4a"] }));
		expect(answers.length).toBeGreaterThan(0);
		for (const detail of answers) {
			expect(detail).toMatchObject({ packet: "initial", again: [{ packet: "versionNegotiation" }] });
		}
	});

	test("a protocol that caddy does not speak is refused in words", async () => {
		const answers = details(await trace({ ...IN_PLACE, args: ["-O", `alpn=nothing,sni=${SERVER_NAME}`] }));
		const closed = { close: { error: "CRYPTO_ERROR (no_application_protocol)" } };
		expect(answers).toContainEqual(expect.objectContaining({ close: expect.objectContaining(closed.close) }));
	});

	test.skipIf(retryServer === null).each(VARIANTS)(
		"IPv$family over $channel: a Retry is followed, ECN counted",
		async (asked) => {
			const answers = details(await trace({ ...asked, args: ["-p", String(RETRY_PORT), "--ecn", "2"] }));
			expect(answers.length).toBeGreaterThan(0);
			for (const detail of answers) {
				expect(detail).toMatchObject({ packet: "initial", serverHello: true, again: [{ packet: "retry" }] });
				expect(detail).toMatchObject({ ecn: { ect0: 1, ect1: 0, ce: 0 } });
			}
		},
	);
});

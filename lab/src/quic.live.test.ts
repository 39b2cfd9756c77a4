import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, type RunningTool, runTool, runWhither, startTool } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const SERVER_NAME = "server.test";
const RETRY_PORT = 4434;
/** How long a server may take until it answers for the first time. */
const START_MS = 10_000;

const caddy = findProgram("caddy");
const retryServer = findProgram("gtlsserver");
const openssl = findProgram("openssl");
const tshark = findProgram("tshark");
const obstacle =
	labObstacle() ??
	commandObstacle() ??
	(caddy === null ? "it needs caddy (Debian package caddy)" : null) ??
	(openssl === null ? "it needs openssl (Debian package openssl)" : null);
const retryObstacle = retryServer === null ? "it needs gtlsserver (Debian package ngtcp2-server)" : null;
const tsharkObstacle = tshark === null ? "it needs tshark (Debian package tshark)" : null;

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

/** How long servers get to say more: they repeat what was not acknowledged after 0.2 to 1 s, then twice as long. */
const QUIET_MS = 2500;
/** From here on tshark finds fault: below are its notes and comments, such as on the low TTL. */
const EXPERT_WARNING = 0x600000;

/** A datagram as tshark reads it, with as many values of a field as it holds. */
interface ReadDatagram {
	readonly from: string;
	readonly frameTypes: readonly number[];
	readonly packetTypes: readonly number[];
	readonly packetNumbers: readonly number[];
	readonly serverNames: readonly string[];
	readonly alpn: readonly string[];
	readonly severities: readonly number[];
	/** Source connection IDs. */
	readonly sourceIds: readonly string[];
}

const FIELDS = [
	...["ip.src", "quic.frame_type", "quic.long.packet_type", "quic.packet_number"],
	...["tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str", "_ws.expert.severity"],
	"quic.scid",
];

function readDatagram(line: string): ReadDatagram {
	const columns = line.split("|").map((values) => values.split(",").filter((value) => value !== ""));
	const [
		from = [],
		frames = [],
		types = [],
		numbers = [],
		serverNames = [],
		alpn = [],
		severities = [],
		sourceIds = [],
	] = columns;
	return {
		from: from[0] ?? "",
		frameTypes: frames.map(Number),
		packetTypes: types.map(Number),
		packetNumbers: numbers.map(Number),
		serverNames,
		alpn,
		severities: severities.map(Number),
		sourceIds,
	};
}

/** What went over the client's links while a trace ran and some time after, loopback left out. */
async function readWhile(port: number, run: () => Promise<unknown>): Promise<readonly ReadDatagram[]> {
	const namespace = lab.namespaceOf("client");
	const file = join(folder, `capture-${port}.pcapng`);
	const capture = startTool([tshark ?? "", "-i", "any", "-w", file, "udp", "port", String(port)], { namespace });
	await new Promise<void>((resolve, reject) => {
		capture.child.stderr?.on("data", (text: string) => text.includes("Capture started") && resolve());
		capture.outcome.then(({ stderr }) => reject(new Error(stderr)), reject);
	});
	await run();
	await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
	capture.child.kill("SIGINT");
	await capture.outcome;
	const fields = FIELDS.flatMap((field) => ["-e", field]);
	const reading = ["-r", file, "-d", `udp.port==${port},quic`, "-T", "fields", "-E", "separator=|", ...fields];
	const { stdout } = await runTool([tshark ?? "", ...reading], { namespace });
	return stdout.trimEnd().split("\n").map(readDatagram);
}

/** RFC 9000 §19. */
const FRAME_TYPES = { padding: 0, ack: 2, crypto: 6, close: 0x1c } as const;

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
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

	test.skipIf(retryObstacle !== null).each(VARIANTS)(
		skippable("IPv$family over $channel: a Retry is followed, ECN counted", retryObstacle),
		async (asked) => {
			const answers = details(await trace({ ...asked, args: ["-p", String(RETRY_PORT), "--ecn", "2"] }));
			expect(answers.length).toBeGreaterThan(0);
			for (const detail of answers) {
				expect(detail).toMatchObject({ packet: "initial", serverHello: true, again: [{ packet: "retry" }] });
				expect(detail).toMatchObject({ ecn: { ect0: 1, ect1: 0, ce: 0 } });
			}
		},
	);

	const PEERS = [
		{ server: "caddy", port: 443, initials: 1, lacking: tsharkObstacle },
		{ server: "gtlsserver with Retry", port: RETRY_PORT, initials: 2, lacking: tsharkObstacle ?? retryObstacle },
	];
	describe.each(PEERS)("as tshark reads it, beside $server", ({ port, initials, lacking }) => {
		test.skipIf(lacking !== null).each(CHANNELS)(
			skippable("over %s: we send what we should, and the server falls silent once it is closed", lacking),
			async (channel, user) => {
				const one = ["-p", String(port), "-O", `sni=${SERVER_NAME}`, "-f", "3", "-m", "3", "-q", "1"];
				const family = 4;
				const packets = await readWhile(port, async () => {
					const asked = ["--json", "-n", "-M", "quic", "--channel", channel, ...one, lab.addressOf("target", family)];
					const outcome = await runWhither(asked, { namespace: lab.namespaceOf("client"), user });
					expect(outcome.code, outcome.stderr).toBe(0);
					expect(JSON.parse(outcome.stdout)).toMatchObject({ counters: { duplicates: 0, foreign: 0 } });
				});
				const target = lab.addressOf("target", family);
				const ours = packets.filter(({ from }) => from !== target);
				expect(ours).toHaveLength(initials + 1);
				for (const [index, packet] of ours.entries()) {
					expect(packet.packetTypes, JSON.stringify(packets)).toEqual([0]);
					expect(packet.packetNumbers).toEqual([index]);
					expect(Math.max(0, ...packet.severities)).toBeLessThan(EXPERT_WARNING);
				}
				for (const initial of ours.slice(0, initials)) expect(initial.frameTypes).toContain(FRAME_TYPES.crypto);
				expect(ours[0]).toMatchObject({ serverNames: [SERVER_NAME], alpn: ["h3"] });
				expect(ours.at(-1)?.frameTypes).toEqual([FRAME_TYPES.ack, FRAME_TYPES.close, FRAME_TYPES.padding]);
				// What was under way when the close left may still come, but nothing is sent again.
				const afterwards = packets.slice(packets.lastIndexOf(ours.at(-1) as ReadDatagram) + 1);
				expect(afterwards.filter(({ packetTypes }) => packetTypes.includes(0))).toEqual([]);
				expect(afterwards.length).toBeLessThanOrEqual(1);
			},
		);

		const WHOLE = CHANNELS.flatMap(([channel, user]) => ["1", "2"].map((queries) => ({ channel, user, queries })));
		test.skipIf(lacking !== null).each(WHOLE)(
			skippable(
				"over $channel with -q $queries: every connection that it opened is closed, those beyond the end as well",
				lacking,
			),
			async ({ queries, ...asked }) => {
				const args = ["-p", String(port), "-O", `sni=${SERVER_NAME}`, "-q", queries];
				const packets = await readWhile(port, () => trace({ ...asked, family: 4, args }));
				const target = lab.addressOf("target", 4);
				const opened = packets.filter(({ from, packetTypes }) => from === target && packetTypes.includes(0));
				const closes = packets.filter(
					({ from, frameTypes }) => from !== target && frameTypes.includes(FRAME_TYPES.close),
				);
				expect(closes.length).toBeGreaterThanOrEqual(Number(queries));
				expect(closes).toHaveLength(new Set(opened.map(({ sourceIds }) => sourceIds[0])).size);
			},
		);
	});
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatEndpoint } from "@whither/wire";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules } from "./namespaces.ts";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, runWhither, startWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const tlsObstacle = findProgram("openssl") === null ? "it needs openssl (Debian package openssl)" : null;
const obstacle = labObstacle() ?? commandObstacle() ?? coturnObstacle() ?? tlsObstacle;

const FAMILIES = [4, 6] as const;
const ROUTERS = 4;
const USER = { name: "alice", password: "sesame", realm: "example.org" };
const SHORT = ["--count", "20", "--duration", "0.2", "-w", "2"];

interface Cell {
	readonly family: 4 | 6;
	readonly transport: string;
	readonly server: { readonly address: string; readonly port: number };
	readonly relaying: { readonly sent: number; readonly received: number } | null;
	readonly trace: {
		readonly by: string;
		readonly sent: number;
		readonly received: number;
		readonly result: {
			readonly channel: string;
			readonly hops: readonly { readonly probes: readonly { readonly from: string }[] }[];
		};
	};
}
interface Told {
	readonly relays: boolean;
	readonly summary: string;
	readonly stopReason: string;
	readonly cells: readonly Cell[];
	readonly offers: Readonly<Record<string, unknown>>;
}

describe.skipIf(obstacle !== null)(skippable("whither turn beyond four routers, by coturn", obstacle), () => {
	let lab: Lab;
	let server: RunningServer;
	let folder: string;
	let certificate: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "whither-turn-"));
		lab = await openLab(chainScenario({ routers: ROUTERS }));
		const addresses = FAMILIES.map((family) => lab.addressOf("target", family));
		certificate = join(folder, "cert.pem");
		const key = join(folder, "key.pem");
		const names = addresses.map((address) => `IP:${address}`).join(",");
		const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
		const subject = ["-subj", "/CN=relay", "-addext", `subjectAltName=${names}`];
		execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "pipe" });
		execFileSync("chmod", ["-R", "a+rX", folder]);
		const tls = { port: 5349, certificate, key };
		server = await openCoturn({
			namespace: lab.namespaceOf("target"),
			addresses,
			user: USER,
			tls,
			options: ["--verbose"],
		});
	});
	afterEach(() => insideNamespace(lab.namespaceOf("r2"), () => loadRules("flush ruleset")));
	afterAll(async () => {
		await server?.close();
		await lab?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	const inside = () => ({ namespace: lab.namespaceOf("client"), user: "nobody" as const });
	const place = (family: 4 | 6) => lab.addressOf("target", family);
	const asked = (family: 4 | 6, ...more: readonly string[]) => [
		...["turn", place(family), "--user", USER.name, "--password", USER.password, "--ca", certificate, "--json"],
		...SHORT,
		...more,
	];
	const drop = (rule: string) =>
		insideNamespace(lab.namespaceOf("r2"), () =>
			loadRules(`table inet wall {\n chain forward {\n type filter hook forward priority 0\n ${rule}\n }\n}\n`),
		);
	const told = ({ stdout }: RunOutcome): Told => JSON.parse(stdout);

	test.each(FAMILIES)("IPv%i: relays over every leg", async (family) => {
		const outcome = await runWhither(asked(family), inside());
		const { cells, offers, ...found } = told(outcome);
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		expect(found).toMatchObject({ relays: true, summary: "Relays over UDP 3478, TCP 3478 and TLS 5349." });
		expect(cells.map(({ transport }) => transport)).toEqual(["udp", "tcp", "tls"]);
		for (const { relaying } of cells) expect(relaying).toMatchObject({ way: "relayToRelay", sent: 20, received: 20 });
		expect(offers).toMatchObject({ ipv4: true, ipv6: true, mobility: false, tcpRelay: true, sha256: false });
	});

	test.each(FAMILIES)("IPv%i: names a filter by what still works", async (family) => {
		drop("meta l4proto udp drop");
		const outcome = await runWhither(asked(family), inside());
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		expect(told(outcome).summary).toBe("UDP 3478 is filtered; TCP 3478 and TLS 5349 work.");
	});

	test("names what only one port gets through", async () => {
		drop("meta l4proto udp drop; tcp dport 3478 drop");
		const outcome = await runWhither(asked(4), inside());
		expect(told(outcome).summary).toBe("UDP 3478 and TCP 3478 are filtered; TLS 5349 works.");
	});

	test("names a server that nothing gets to, and ends in time", async () => {
		drop("ip daddr != 0.0.0.0 drop");
		const outcome = await runWhither(asked(4), inside());
		expect(outcome.code, describeOutcome(outcome)).toBe(1);
		const { summary } = told(outcome);
		expect(summary).toBe(
			`No answer from ${place(4)} over UDP 3478, TCP 3478 and TLS 5349: there is no such server, or a firewall drops everything.`,
		);
	});

	test("names a machine without a server, and a wrong password", async () => {
		const none = await runWhither(["turn", lab.addressOf("r4", 4), "--json", ...SHORT], inside());
		expect(none.code, describeOutcome(none)).toBe(1);
		expect(told(none).summary).toMatch(/ refuses UDP 3478, TCP 3478 and TLS 5349: no TURN server listens there\.$/);
		const wrong = await runWhither([...asked(4), "--password", "simsim"], inside());
		expect(wrong.code, describeOutcome(wrong)).toBe(1);
		expect(told(wrong).summary).toBe(
			`The password is wrong, or ${formatEndpoint({ address: place(4), port: 3478 })} does not know the user (401).`,
		);
		expect(wrong.stdout).not.toContain("simsim");
	});

	test.each(FAMILIES)("IPv%i: traces the path on the allocation's own 5-tuple, and loses nothing", async (family) => {
		const outcome = await runWhither(asked(family, "--trace", "--transport", "udp"), inside());
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		const [cell] = told(outcome).cells;
		expect(cell?.trace).toMatchObject({ by: "allocation", result: { channel: "borrowed", reached: true } });
		expect(cell?.trace.sent).toBeGreaterThan(0);
		expect(cell?.trace.received).toBe(cell?.trace.sent);
		const path = cell?.trace.result.hops.map(({ probes }) => probes[0]?.from);
		expect(path).toHaveLength(ROUTERS + 1);
		expect(path?.at(-1)).toBe(place(family));
		expect(path?.every((from) => typeof from === "string")).toBe(true);
	});

	test("gives what it knows on Ctrl-C, with the password from a file", async () => {
		const secret = join(folder, "password");
		writeFileSync(secret, `${USER.password}\n`, { mode: 0o644 });
		const args = ["turn", place(4), "--user", USER.name, "--password-file", secret, "--ca", certificate, "--json"];
		const running = startWhither([...args, "--count", "100000"], inside());
		// Until relays have channels, by what the server says.
		const bound = () => (server.log().match(/CHANNEL_BIND processed, success/g) ?? []).length;
		for (const before = bound(); bound() < before + 2; ) await new Promise((resolve) => setTimeout(resolve, 10));
		running.child.kill("SIGINT");
		const outcome = await running.outcome;
		expect(outcome.code, describeOutcome(outcome)).toBe(130);
		const { stopReason, cells } = told(outcome);
		expect(stopReason).toBe("interrupted");
		expect(cells.map(({ transport }) => transport)).toEqual(["udp", "tcp", "tls"]);
	});
});

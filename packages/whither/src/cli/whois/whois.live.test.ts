/** The command against registries on loopback, over TLS. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { bootstrapTo, closeRegistries, httpServer, rdapServer, whoisServer } from "../../api/whois/registry.fixture.ts";

const BIN = join(import.meta.dirname, "../../../bin/whither.js");
const BUNDLE = join(import.meta.dirname, "../../../dist/whither-whois.cjs");
const obstacle = existsSync(BUNDLE) ? null : "the command is not built (npm run build)";
const tlsObstacle = ["/usr/bin/openssl", "/usr/local/bin/openssl"].some(existsSync) ? null : "no openssl";
let folder = "";

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-whois-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(closeRegistries);

interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
	const env = { ...process.env, XDG_CACHE_HOME: folder, ...environment };
	const child = spawn(process.execPath, [BIN, "whois", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	const said = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].setEncoding("utf8").on("data", (text: string) => {
			said[name] += text;
		});
	return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...said })));
}

const NETWORK = {
	objectClassName: "ip network",
	name: "EX\u001b[31mAMPLE",
	startAddress: "5.0.2.0",
	endAddress: "5.0.2.255",
};

describe.skipIf(obstacle !== null)(skippable("whither whois", obstacle), () => {
	it("prints what the registry says, keeps it, and asks anew when told to", async () => {
		const registry = await rdapServer({ "ip/5.0.2.1": NETWORK });
		const iana = await rdapServer(bootstrapTo(registry.url));
		const environment = { WHITHER_RDAP_BOOTSTRAP: iana.url };
		const first = await run(["5.0.2.1"], environment);
		expect([first.code, first.stderr]).toEqual([0, ""]);
		expect(first.stdout).toBe(
			`5.0.2.1\n  name          EX\\u{1b}[31mAMPLE\n  network       5.0.2.0/24\nBy RDAP from ${registry.url}ip/5.0.2.1.\n`,
		);
		const again = await run(["5.0.2.1", "--json"], environment);
		expect(JSON.parse(again.stdout).source.fromCache).toBe(true);
		expect(registry.asked).toHaveLength(1);
		expect(JSON.parse((await run(["5.0.2.1", "--no-cache", "--raw"], environment)).stdout)).toEqual(NETWORK);
		expect(registry.asked).toHaveLength(2);
		expect(readdirSync(join(folder, "whither")).length).toBe(2);
	});

	it("ends with 1 where the registry has no such object, with 2 and 4 otherwise; JSON is one document in any case", async () => {
		const { url } = await rdapServer({});
		const { at } = await whoisServer(() => "No match for X.NET\n");
		const cases: readonly (readonly [string[], number, string])[] = [
			[["x.net", `--rdap=${url}`], 1, "noSuchObject"],
			[["x.net", `--whois-server=${at}`], 1, "noSuchObject"],
			[["5.0.2.1", "--rdap=http://127.0.0.1:1/"], 4, "noRegistry"],
			[["5.0.2.1", "--rdap=nowhere"], 2, "badOption"],
			[["a..b"], 2, "badOption"],
			[["x.net", "--protocol=gopher"], 2, "usage"],
			[["x.net", "y", "z"], 2, "usage"],
		];
		await Promise.all(
			cases.map(async ([args, code, word]) => {
				const ended = await run([...args, "--json"]);
				expect([ended.code, JSON.parse(ended.stdout).error.code], args.join(" ")).toEqual([code, word]);
				expect(ended.stderr).toMatch(/^whither: [^\n]+\n$/);
			}),
		);
	});

	it("ends soon after Ctrl-C", async () => {
		const url = await httpServer(() => child.kill("SIGINT"));
		const child = spawn(process.execPath, [BIN, "whois", "5.0.2.1", "--json", "--no-cache", "--rdap", url], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		let stdout = "";
		child.stdout.on("data", (text) => {
			stdout += text;
		});
		expect(await new Promise((resolve) => child.once("close", resolve))).toBe(130);
		expect(JSON.parse(stdout).error.code).toBe("aborted");
	});

	it.skipIf(tlsObstacle !== null)(
		skippable("trusts the certificates that --ca names, and no others", tlsObstacle),
		async () => {
			const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
			const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
			const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
			execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "pipe" });
			const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
			const plain = await httpServer((_, response) => response.end(JSON.stringify(NETWORK)), server);
			const rdap = `--rdap=${plain.replace("http:", "https:")}`;
			expect((await run(["5.0.2.1", rdap, "--ca", certificate])).stdout).toContain("5.0.2.0/24");
			expect(await run(["5.0.2.1", rdap, "--no-cache"])).toMatchObject({
				code: 4,
				stderr: expect.stringMatching(/certificate/i),
			});
		},
	);
});

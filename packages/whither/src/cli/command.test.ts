import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findMethod, TRACE_METHODS } from "@whither/core";
import { describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { COMMAND as command, commandObstacle, COMMAND_DIST as dist } from "./command.fixture.ts";

const root = join(import.meta.dirname, "../../../..");
const built = describe.skipIf(commandObstacle !== null);
/** The title, or with it why the command cannot be run. */
const said = (title: string) => skippable(title, commandObstacle);

function run(...args: string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
	return { status, stdout, stderr };
}

function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string }> {
	let stdout = "";
	child.stdout?.on("data", (chunk) => {
		stdout += chunk;
	});
	return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout })));
}

it.skipIf(commandObstacle !== null)(said("V8 takes the code cache that the build makes for the launcher"), () => {
	const folder = mkdtempSync(join(tmpdir(), "whither-"));
	const cache = join(folder, "cache");
	execFileSync(process.execPath, [join(root, "scripts/code-cache.cjs"), cache]);
	// The launcher's own words, so that neither its wrapper nor its flags can drift from those the cache was made with.
	const launcher = readFileSync(command, "utf8");
	const wrapper = /`(\(function\(.*\{)\$\{source\}(.*)`/.exec(launcher);
	const flags = Array.from(launcher.matchAll(/setFlagsFromString\("(.*?)"\)/g), (match) => match[1] ?? "");
	const filename = join(dist, "whither.cjs");
	const source = `${wrapper?.[1]}${readFileSync(filename, "utf8")}${wrapper?.[2]?.replace("\\n", "\n")}`;
	writeFileSync(join(folder, "source"), source);
	const check = `const { readFileSync } = require("node:fs"), { Script } = require("node:vm");
const script = new Script(readFileSync(${JSON.stringify(join(folder, "source"))}, "utf8"),
	{ filename: ${JSON.stringify(filename)}, cachedData: readFileSync(${JSON.stringify(cache)}) });
console.log(script.cachedDataRejected);`;
	const rejected = execFileSync(process.execPath, [...flags, "-e", check], { encoding: "utf8" });
	rmSync(folder, { recursive: true });
	expect(rejected).toBe("false\n");
});

built(said("help and version"), () => {
	it("--version says name and version", () => {
		expect(run("--version")).toMatchObject({ status: 0, stderr: "" });
		expect(run("-V").stdout).toMatch(/^whither \d+\.\d+\.\d+\n$/);
	});
	it.each([[["--help"]], [["trace", "--help"]], [["help"]], [["-h"]], [[]]])("%j is the help of trace", (args) => {
		const { status, stdout, stderr } = run(...args);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toMatch(/^Usage: whither \[trace\]/);
	});
	it("each command has help of its own", () => {
		expect(run("doctor", "--help").stdout).toMatch(/^Usage: whither doctor/);
		expect(run("help", "demo").stdout).toMatch(/^Usage: whither demo/);
	});
	it("the manual and the completions come from the same table", () => {
		expect(run("man").stdout).toMatch(/^\.TH WHITHER 1/);
		expect(run("completion", "zsh").stdout).toMatch(/^#compdef whither/);
	});
});

built(said("what cannot be obeyed exits with 2 and one sentence"), () => {
	it.each([
		[["--jsno", "x"], "whither: There is no option --jsno; did you mean --json?\n"],
		[["-q", "zero", "x"], 'whither: -q wants a whole number from 1 to 100, not "zero"\n'],
		[["help", "trase"], "whither: There is no command trase; did you mean trace?\n"],
		[["completion", "tcsh"], "whither: Completion is there for bash, zsh, fish, not for tcsh\n"],
		[
			["completion"],
			"whither: `whither completion` takes one word; usage: whither completion [--install] bash|zsh|fish\n",
		],
		[["show"], "whither: `whither show` takes at least one word; usage: whither show [OPTION]... FILE...\n"],
		[["demo", "x"], "whither: `whither demo` takes no operands; usage: whither demo [--fast] [--meet] [--json]\n"],
		[["-n"], "whither: Which host? `whither HOST` traces the path to it\n"],
		[["-f", "9", "-m", "3", "127.0.0.1"], "whither: the first hop (9) lies beyond the last (3)\n"],
		[["-O", "info", "127.0.0.1"], 'whither: Method udp has no options of its own, so no "info" either\n'],
		[
			["-M", "tcpinsession", "-O", "inof", "127.0.0.1"],
			'whither: Method tcpinsession has no option "inof"; it has ecmp=N\n',
		],
		[
			["-g", "fd00::1", "127.0.0.1"],
			"whither: The gateway fd00::1 is an IPv6 address, but 127.0.0.1 is traced over IPv4\n",
		],
		[
			["--mtu", "-M", "tcpconnect", "127.0.0.1"],
			"whither: tcpconnect cannot find the path MTU (--mtu): the kernel makes its packets; --method udp, icmp or tcp can\n",
		],
		[
			["--mtu", "127.0.0.1", "1000"],
			"whither: Finding the path MTU (--mtu) tries lengths of its own; leave LENGTH out\n",
		],
		[
			["-P", "6", "127.0.0.1"],
			'whither: Option protocol of method raw cannot be "6": the method tcp sends these with their own headers\n',
		],
		[["-D", "-UL", "127.0.0.1"], "whither: Choose one method, not --udplite and --dccp\n"],
		[["-T", "-O", "info=1", "127.0.0.1"], "whither: Option info of method tcp takes no value: -O info\n"],
		[["-l", "5", "127.0.0.1"], "whither: an IPv4 packet has no flow label; trace over IPv6 (-6) or leave -l out\n"],
		[["--channel=errorQueue", "-M", "tcp", "x"], "whither: tcp has no errorQueue channel (--channel); it has raw\n"],
		[["-6", "127.0.0.1"], "whither: 127.0.0.1 is an IPv4 address, but IPv6 was asked for\n"],
	])("%j", (args, stderr) => {
		expect(run(...args)).toEqual({ status: 2, stdout: "", stderr });
	});

	it("a backend that there is not is named beside those that there are", () => {
		const env = { ...process.env, WHITHER_BACKEND: "foo" };
		for (const args of [["127.0.0.1"], ["turn", "127.0.0.1"], ["serve"]]) {
			const { status, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8", env });
			expect(status).toBe(2);
			expect(stderr).toBe('whither: WHITHER_BACKEND is native, portable or not set, not "foo"\n');
		}
	});

	it("what stands behind an option that there is not may be a password, and is in no document", () => {
		for (const args of [
			["turn", "srv", "--json", "--passw", "sesame"],
			["stun", "srv", "--json", "--password=sesame"],
			["serve", "--json", "--user", "ann:sesame"],
		]) {
			const { stdout } = run(...args);
			expect(JSON.parse(stdout).args).toContain("--json");
			expect(stdout).not.toContain("sesame");
		}
	});

	it("with --json stdout holds one document that says it too", () => {
		for (const args of [
			["--json", "--nope", "x"],
			["--json", "-6", "127.0.0.1"],
		]) {
			const { status, stdout, stderr } = run(...args);
			expect(status).toBe(2);
			expect(stdout.match(/\n/g)).toHaveLength(1);
			const document = JSON.parse(stdout);
			expect(document).toMatchObject({ schema: "whither.trace/1", stopReason: "error", reached: false, hops: [] });
			expect(stderr).toBe(`whither: ${document.error.message}\n`);
		}
	});

	it("and of a ping it is the document of a ping", () => {
		for (const args of [
			["--json", "--ping=5", "--nope", "x"],
			["--json", "-x", "zero", "x"],
			["--json", "-nx5", "-6", "127.0.0.1"],
		]) {
			const { status, stdout, stderr } = run(...args);
			expect(status).toBe(2);
			const document = JSON.parse(stdout);
			expect(document).toMatchObject({ schema: "whither.ping/1", stopReason: "error", probes: [] });
			expect(stderr).toBe(`whither: ${document.error.message}\n`);
		}
		const line = JSON.parse(run("--ndjson", "-x", "5", "--mtu", "127.0.0.1").stdout);
		expect(line).toMatchObject({ type: "end", stopReason: "error", result: { schema: "whither.ping/1" } });
	});

	it("with --ndjson the last line is `end` and says it", () => {
		const { stdout } = run("--ndjson", "-6", "127.0.0.1");
		expect(JSON.parse(stdout)).toMatchObject({
			type: "end",
			stopReason: "error",
			result: { error: { code: "nameNotFound" } },
		});
	});
});

built(said("an unusable capture file"), () => {
	const missing = join(tmpdir(), "whither-no-such-directory", "x");

	it("exits with 4 and one sentence", () => {
		expect(run("--pcap", missing, "127.0.0.1")).toEqual({
			status: 4,
			stdout: "",
			stderr: `whither: the capture ${missing} cannot be written: no such file or directory (ENOENT); make its directory first\n`,
		});
	});

	it.each([missing, tmpdir(), ...(existsSync("/dev/full") ? ["/dev/full"] : [])])(
		"with --json stdout holds a document a target that says it too (%s)",
		(file) => {
			const { status, stdout, stderr } = run("--json", "--pcap", file, "127.0.0.1", "127.0.0.2");
			expect(status).toBe(4);
			const documents = stdout.trimEnd().split("\n");
			expect(documents.map((line) => JSON.parse(line))).toMatchObject(
				["127.0.0.1", "127.0.0.2"].map((name) => ({ target: { name }, error: { code: "systemCall", path: file } })),
			);
			expect(stderr).toBe(`whither: ${JSON.parse(documents[0] ?? "").error.message}\n`);
		},
	);

	it("with --ndjson the last line is `end` and says it", () => {
		const { stdout } = run("--ndjson", "--pcap", missing, "127.0.0.1");
		expect(JSON.parse(stdout)).toMatchObject({
			type: "end",
			host: "127.0.0.1",
			result: { error: { errnoName: "ENOENT" } },
		});
	});
});

built(said("-O help lists the options of the method, without a host"), () => {
	it("those there are", () => {
		const { status, stdout, stderr } = run("-T", "-O", "help");
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toMatch(/^Options of method tcp .*:\n( .*\n)* {2}info {2,}Show /);
	});
	it("or that there are none", () => {
		expect(run("-M", "udp", "-O", "help").stdout).toBe("Method udp has no options of its own.\n");
	});
	it("without a method those of all that have some", () => {
		const heads = run("-O", "help").stdout.match(/^Options of method \S+/gm);
		const some = TRACE_METHODS.filter(({ options = [] }) => options.length > 0);
		expect(heads).toEqual(some.map(({ name }) => `Options of method ${name}`));
	});
});

it.skipIf(commandObstacle !== null).each([
	["quic", ["--quic"]],
	["dns", ["--dns", "a.example"]],
])(said("the shortcut for %s is that method, or says that there is none"), (name, flags) => {
	const { status, stdout, stderr } = run(...flags, "-O", "help");
	const known = findMethod(name) !== undefined;
	expect(status).toBe(known ? 0 : 2);
	if (known) expect(stdout).toContain(`ethod ${name} `);
	else expect(stderr).toContain(`There is no method "${name}"; choose one of udp, `);
});

built(said("the demonstration"), () => {
	it("prints hop lines of traceroute's form with explanations between", () => {
		const { status, stdout, stderr } = run("demo");
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toMatch(/^traceroute to \S+ \(10\.16\.\d+\.\d+\), 30 hops max, 60 byte packets$/m);
		expect(stdout).toMatch(/^ 1 {2}\S+ \(10\.16\.0\.2\) {2}\d+\.\d{3} ms/m);
		expect(stdout).toContain("^ Inside an MPLS tunnel");
		expect(stdout).toMatch(/^ {2}Reached /m);
	});
	it("is the same every time", () => expect(run("demo", "--fast").stdout).toBe(run("demo").stdout));
	it("--json is one document, --ndjson ends in it, --format csv has a row a probe", () => {
		const document = JSON.parse(run("demo", "--json").stdout);
		expect(document).toMatchObject({ schema: "whither.trace/1", args: ["demo", "--json"], reached: true });
		const lines = run("demo", "--ndjson")
			.stdout.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(lines[0]).toMatchObject({ type: "start" });
		expect(lines.at(-1).result.hops).toEqual(document.hops);
		expect(run("demo", "--format=csv").stdout).toMatch(/^target,address,method,.*\r\n/);
	});
	it("colours only when told to", () => {
		expect(run("demo").stdout).not.toContain("\u001b[");
		expect(run("demo", "--color=always").stdout).toContain("\u001b[");
	});
});

built(said("streams and signals"), () => {
	it("a closed pipe ends it quietly with 0", async () => {
		const child = spawn(process.execPath, [command, "demo"], { stdio: ["ignore", "pipe", "pipe"] });
		let stderr = "";
		child.stderr.on("data", (chunk) => {
			stderr += chunk;
		});
		child.stdout.destroy();
		const code = await new Promise((resolve) => child.on("close", resolve));
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	});

	const diskObstacle = existsSync("/dev/full") ? null : "needs /dev/full";
	it.skipIf(diskObstacle !== null)(skippable("a full disk is one sentence and exit code 4", diskObstacle), () => {
		const full = openSync("/dev/full", "w");
		for (const args of [["demo"], ["demo", "--json"], ["demo", "--ndjson"], ["demo", "--format=csv"], ["--help"]]) {
			const stdio = ["ignore", full, "pipe"] as const;
			const { status, stderr } = spawnSync(process.execPath, [command, ...args], {
				encoding: "utf8",
				stdio: [...stdio],
			});
			expect(status).toBe(4);
			expect(stderr).toBe(
				"whither: stdout cannot be written: no space left on device (ENOSPC); free some space or write elsewhere\n",
			);
		}
		closeSync(full);
	});

	const linuxObstacle = process.platform === "linux" ? null : "needs Linux";
	const early = "a signal before anything has begun leaves a document too";
	it.skipIf(linuxObstacle !== null)(skippable(early, linuxObstacle), () => {
		// The signal comes the moment somebody listens for it.
		const hook = 'process.once("newListener", (name) => process.kill(process.pid, name));';
		for (const args of [
			["demo", "--json"],
			["--json", "nosuch.invalid"],
		]) {
			const words = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, command, ...args];
			const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
			expect(stderr).toBe("");
			// With a look-up under way the signal itself ends the process, which a shell reports by the same code.
			expect(signal ?? status).toBe(args.includes("demo") ? 130 : "SIGINT");
			expect(JSON.parse(stdout)).toMatchObject({ schema: "whither.trace/1", stopReason: "interrupted", hops: [] });
		}
	});

	it.each([
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("%s prints the partial result and exits with %d", async (signal, code) => {
		const child = spawn(process.execPath, [command, "demo", "--ndjson", "--realtime"], {
			stdio: ["ignore", "pipe", "ignore"],
		});
		const end = ended(child);
		await new Promise((resolve) => child.stdout.once("data", resolve));
		child.kill(signal);
		const { code: exitCode, stdout } = await end;
		expect(exitCode).toBe(code);
		const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
		expect(last).toMatchObject({ type: "end", stopReason: "interrupted" });
	});
});

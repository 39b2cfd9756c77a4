import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { COMMANDS } from "../commands.ts";
import { formatCompletion } from "./completion.ts";
import { callTranscript, demoTranscript, generatedFiles, meetingTranscript, withTranscript } from "./generated.ts";
import { formatHelp } from "./help.ts";
import { formatMan } from "./man.ts";
import { formatMarkdown } from "./markdown.ts";

const root = join(import.meta.dirname, "../../../../..");

describe("files made from the option table", () => {
	it.each(Object.entries(generatedFiles()))("%s is up to date (node scripts/generate.mjs)", (path, text) => {
		expect(readFileSync(join(root, path), "utf8")).toBe(text);
	});
});

it("README.md shows what the demonstration prints (node scripts/generate.mjs)", async () => {
	const readme = readFileSync(join(root, "README.md"), "utf8");
	const transcript = await demoTranscript();
	expect(withTranscript(readme, "demo", transcript)).toBe(readme);
	expect(transcript.split("\n").filter((line) => /^( \d|\d\d) /.test(line))).toHaveLength(9);
	const call = await callTranscript();
	expect(withTranscript(readme, "call", call)).toBe(readme);
	expect(call).toMatch(/^ {3}Hop 2, access\.lisbon .*up 5000 kbit\/s, down 50000 kbit\/s \(a hint, unauthenticated\)/m);
	expect(withTranscript(readme, "meeting", await meetingTranscript())).toBe(readme);
	const frame = readFileSync(join(root, "packages/whither/src/screen/fixtures/frames/hops-80x24.txt"), "utf8").replace(
		/\n{3,}/,
		"\n\n",
	);
	expect(withTranscript(readme, "live", frame)).toBe(readme);
});

describe("every option and command stands in", () => {
	const names = [...new Set(COMMANDS.flatMap((command) => Object.keys(command.options)))];
	const texts: readonly (readonly [string, string])[] = [
		["the manual", formatMan().replaceAll("\\-", "-")],
		["the reference", formatMarkdown()],
		["bash completion", formatCompletion("bash")],
		["zsh completion", formatCompletion("zsh")],
		["fish completion", formatCompletion("fish").replaceAll(/-l ([\w-]+)/g, "--$1")],
	];
	it.each(texts)("%s", (_, text) => {
		for (const name of names) expect(text).toContain(`--${name}`);
		for (const command of COMMANDS) expect(text).toContain(command.name);
	});
	it.each(COMMANDS)("help of $name", (command) => {
		const help = formatHelp(command);
		for (const name of Object.keys(command.options)) expect(help).toContain(`--${name}`);
		for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	});
});

/** Why a program cannot be asked, or null. */
const lacks = (program: string): string | null =>
	spawnSync(program, ["--version"]).status === 0 ? null : `${program} is not installed`;

describe("the shells accept what they are given", () => {
	const bash = lacks("bash");
	const complete = (...words: string[]) => {
		const script = `${formatCompletion("bash")}
COMP_WORDS=(${words.map((word) => JSON.stringify(word)).join(" ")}); COMP_CWORD=${words.length - 1}; _whither; printf '%s\\n' "\${COMPREPLY[@]}"`;
		return spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
	};
	it.skipIf(bash !== null)(skippable("bash offers options, values and words", bash), () => {
		expect(complete("whither", "--max").stdout).toBe("--max-hops\n");
		expect(complete("whither", "-M", "tcp").stdout).toBe("tcp\ntcpconnect\ntcpinsession\n");
		expect(complete("whither", "--method", "=", "ic").stdout).toBe("icmp\n");
		expect(complete("whither", "completion", "f").stdout).toBe("fish\n");
		expect(complete("whither", "doc").stdout).toContain("doctor\n");
		expect(complete("whither", "doctor", "--").stderr).toBe("");
	});
	const zsh = lacks("zsh");
	it.skipIf(zsh !== null)(skippable("zsh parses its script", zsh), () => {
		expect(spawnSync("zsh", ["-n"], { input: formatCompletion("zsh") }).status).toBe(0);
	});
	const groff = lacks("groff");
	it.skipIf(groff !== null)(skippable("groff finds nothing to complain about in the manual", groff), () => {
		const set = spawnSync("groff", ["-man", "-Tascii", "-ww"], { input: formatMan(), encoding: "utf8" });
		expect(set.stderr).toBe("");
		expect(set.stdout).toContain("WHITHER(1)");
	});
});

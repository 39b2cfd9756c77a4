import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../scripts/skippable.ts";

const root = join(import.meta.dirname, "../..");
const packaging = (name: string) => join(root, "packaging", name);
const has = (command: string) => spawnSync(command, ["--version"]).status === 0;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "whither-packaging-"));
	chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const noAnalyze = has("systemd-analyze") ? null : "needs systemd-analyze (Debian package systemd)";

describe.skipIf(noAnalyze !== null)(skippable("the systemd unit", noAnalyze), () => {
	it("systemd finds nothing wrong with it, and has little to wish for", () => {
		const unit = readFileSync(packaging("whither.service"), "utf8");
		const path = join(folder, "whither.service");
		// Neither the command nor its manual page is installed here.
		writeFileSync(path, unit.replace("/usr/bin/whither", process.execPath).replace(/^Documentation=.*\n/m, ""));
		const verified = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
		expect({ status: verified.status, said: verified.stderr }).toEqual({ status: 0, said: "" });
		const security = spawnSync("systemd-analyze", ["security", "--offline=true", path], { encoding: "utf8" });
		const exposure = /Overall exposure level for whither\.service: ([\d.]+)/.exec(security.stdout)?.[1];
		expect(Number(exposure)).toBeLessThan(2.5);
	});
});

const noSetpriv = process.getuid?.() !== 0 ? "only root gives rights away" : has("setpriv") ? null : "needs setpriv(1)";

describe.skipIf(noSetpriv !== null)(skippable("the container's entry point", noSetpriv), () => {
	/** Capability number 13. */
	const NET_RAW = "0000000000002000";
	const NONE = "0000000000000000";

	function run(words: readonly string[], before: readonly string[] = []) {
		const command = join(folder, "whither");
		writeFileSync(
			command,
			'#!/bin/sh\nprintf "%s\\n" "$(id -u)" "$(id -G)" "$@"\ngrep -E "^(Cap|NoNewPrivs)" /proc/self/status\n',
		);
		chmodSync(command, 0o755);
		const [first = "sh", ...rest] = [...before, "sh", packaging("container-entrypoint.sh"), ...words];
		const env = { PATH: `${folder}:${process.env.PATH}` };
		const { stdout, stderr, status } = spawnSync(first, rest, { encoding: "utf8", env });
		const capabilities = Object.fromEntries(
			[...stdout.matchAll(/^(Cap\w+|NoNewPrivs):\s+(\w+)$/gm)].map(([, key, value]) => [key, value]),
		);
		return { status, stderr, capabilities, said: stdout.split("\n").slice(0, 2 + words.length) };
	}

	it("becomes an ordinary user with CAP_NET_RAW alone, which no program gets more from", () => {
		const { status, said, capabilities } = run(["serve", "two words"]);
		expect({ status, said }).toEqual({ status: 0, said: ["10001", "10001", "serve", "two words"] });
		expect(capabilities).toEqual({
			CapInh: NET_RAW,
			CapPrm: NET_RAW,
			CapEff: NET_RAW,
			CapBnd: NET_RAW,
			CapAmb: NET_RAW,
			NoNewPrivs: "1",
		});
	});

	it("without any where the container has none", () => {
		const { status, said, capabilities } = run(["x"], ["setpriv", "--bounding-set=-net_raw"]);
		expect({ status, said }).toEqual({ status: 0, said: ["10001", "10001", "x"] });
		expect(capabilities).toMatchObject({ CapEff: NONE, CapBnd: NONE, CapAmb: NONE });
	});

	it("as whoever begins it, where that is not root", () => {
		expect(run(["x"], ["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups"])).toMatchObject({
			status: 0,
			said: ["4321", "4321", "x"],
		});
	});
});

describe("the container file", () => {
	const text = readFileSync(packaging("Containerfile"), "utf8").replace(/\\\n/g, " ");
	const steps = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

	it("holds steps that there are, copies what there is, and names the same user as the entry point", () => {
		const words = "FROM WORKDIR COPY RUN LABEL ENV VOLUME EXPOSE STOPSIGNAL ENTRYPOINT CMD".split(" ");
		for (const step of steps) expect(words).toContain(step.split(" ")[0]);
		const copied = steps.flatMap((step) => /^COPY (?:--chmod=\d+ )?(packaging\/\S+) /.exec(step)?.[1] ?? []);
		expect(copied).toEqual(["packaging/container-entrypoint.sh"]);
		for (const path of copied) expect(existsSync(join(root, path))).toBe(true);
		const entrypoint = readFileSync(packaging("container-entrypoint.sh"), "utf8");
		const uid = /WHITHER_UID:=(\d+)/.exec(entrypoint)?.[1];
		expect(text).toContain(`--uid ${uid} `);
		expect(text).toContain(`--gid ${uid} `);
		expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? "")).toEqual(["container-entrypoint"]);
	});
});

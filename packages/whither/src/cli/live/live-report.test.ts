import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { sampleTarget } from "../../screen/fixtures/sample-path.fixture.ts";
import { redacted } from "../../screen/model/privacy.ts";
import { COMMAND, commandObstacle } from "../command.fixture.ts";
import { fileReport } from "./live-report.ts";

const FACTS = {
	...{ target: { name: "server.frankfurt", address: "10.0.12.1", port: 33_434 }, method: "udp", family: 4 as const },
	...{ source: { address: "10.0.0.2", port: 1, publicAddress: null }, startedAt: "2026-01-02T03:04:05Z" },
	options: { firstTtl: 1, maxTtl: 30, length: 60, rounds: null },
};

function textOf(report: ReturnType<typeof fileReport>): string {
	return typeof report === "string" ? "" : report.text;
}

it("a file of mtr's has the byte that probes were sent with", () => {
	const facts = { ...FACTS, options: { ...FACTS.options, tos: 184 } };
	expect(JSON.parse(textOf(fileReport("a.mtr.json", sampleTarget(), facts, 0))).report.mtr.tos).toBe(184);
});

it.each(["atlas.json", "scamper.json", "html", "ndjson", "mtr.raw"])(
	"a file that ends in .%s is refused, for no such thing is made of a path that is watched",
	(ending) => {
		expect(fileReport(`a.${ending}`, sampleTarget(), FACTS, 0)).toContain(
			`(.${ending}) is made of a path that is watched`,
		);
	},
);

it.each([
	["a.json", "mtr"],
	["a.csv", "mtr-csv"],
	["a.txt", "mtr-wide"],
	["a", "mtr-wide"],
])("%s is written as %s", (file, format) => {
	expect(fileReport(file, sampleTarget(), FACTS, 0)).toMatchObject({ format });
});

describe("privacy in reports", () => {
	it.each(["txt", "md", "dot", "mmd", "svg", "mtr.json", "mtr.csv", "mtr.xml", "prom"])(
		"a file that ends in .%s names neither this machine nor the first hops",
		(ending) => {
			const target = sampleTarget();
			const told = (hidden: number) =>
				textOf(fileReport(`a.${ending}`, { ...target, summary: redacted(target.summary, hidden) }, FACTS, hidden));
			// A short name may be part of any other word.
			const machine = hostname().length < 6 ? [] : [hostname()];
			const ours = [...machine, "10.0.0.2", "10.0.1.1", "router.home"];
			for (const word of ours) expect(told(3)).not.toContain(word);
			expect(told(3)).not.toBe("");
			if (ending !== "prom") expect(ours.some((word) => told(0).includes(word))).toBe(true);
		},
	);

	const printed = skippable("%s has none of it, as it is printed", commandObstacle);
	it.skipIf(commandObstacle !== null).each(["--report-wide", "--raw"])(printed, (format) => {
		const args = ["live", "--demo", format, "--privacy", "3", "-c", "1", "-m", "5"];
		const { stdout, status } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: "utf8" });
		expect(status).toBe(0);
		expect(stdout).toMatch(/core\.madrid/);
		expect(stdout).not.toMatch(/router\.home|lisbon|^[xhdp] [012] /m);
		expect(stdout).not.toContain(` ${hostname()} `);
	});
});

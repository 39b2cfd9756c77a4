// `npm run bench:screen`: what the live screen costs: 30 hops that move ten times a second, drawn into a pty. See ../README.md.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
	options: {
		json: { type: "string" },
		seconds: { type: "string", default: "30" },
		columns: { type: "string", default: "160" },
		rows: { type: "string", default: "50" },
	},
});

/** Of one core. The command sets the same flag of V8 for itself. */
const LIMIT_PERCENT = 2;

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "../../node_modules/.cache/whither-bench-screen.mjs");
await build({
	entryPoints: [join(here, "draw.ts")],
	outfile,
	bundle: true,
	platform: "node",
	format: "esm",
	conditions: ["source"],
	logLevel: "warning",
});

const size = { columns: Number(values.columns), rows: Number(values.rows) };
const command = `stty cols ${size.columns} rows ${size.rows}; exec ${process.execPath} --no-lazy-feedback-allocation ${outfile} ${values.seconds}`;
const hasPty = existsSync("/usr/bin/script");
if (!hasPty) {
	console.error("bench:screen: needs script(1) (apt-get install bsdutils)");
	process.exit(4);
}
// Figures of a run before this one are none of it.
rmSync(`${outfile}.json`, { force: true });
const child = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
let bytes = 0;
child.stdout.on("data", (chunk) => {
	bytes += chunk.length;
});
const report = await new Promise((resolve, reject) => {
	child.once("error", reject);
	child.once("close", () => {
		try {
			resolve(JSON.parse(readFileSync(`${outfile}.json`, "utf8")));
		} catch (error) {
			reject(error);
		}
	});
});
const whole = {
	schema: "whither.bench.screen/1",
	...size,
	...report,
	bytesPerSecond: Math.round(bytes / report.seconds),
};
const { cpuPercent, frames, seconds, drawMs } = whole;
console.log(
	`${size.columns}x${size.rows}, 30 hops: ${(frames / seconds).toFixed(1)} frames/s, ${(whole.bytesPerSecond / 1000).toFixed(1)} kB/s, ` +
		`${drawMs.toFixed(2)} ms a frame, CPU ${cpuPercent.toFixed(2)} % of a core (limit ${LIMIT_PERCENT} %), ` +
		`ratio ${(cpuPercent / LIMIT_PERCENT).toFixed(2)}`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(whole, null, "\t")}\n`);
process.exitCode = cpuPercent <= LIMIT_PERCENT ? 0 : 1;

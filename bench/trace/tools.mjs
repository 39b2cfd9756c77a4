// The tools that are compared, and how one run of one of them is timed.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, runTool, WHITHER } from "@whither/lab";

/** Each tool: the program it needs (null: our own) and its command line for a target. */
export const TOOLS = [
	{ name: "whither", program: null, command: (target) => [process.execPath, WHITHER, "--json", "-n", target] },
	{ name: "traceroute", program: "traceroute", command: (target) => ["traceroute", "-n", target] },
	{ name: "traceroute -N 16", program: "traceroute", command: (target) => ["traceroute", "-n", "-N", "16", target] },
	{ name: "traceroute -N 100", program: "traceroute", command: (target) => ["traceroute", "-n", "-N", "100", target] },
	{ name: "mtr -r -c 1", program: "mtr", command: (target) => ["mtr", "-r", "-c", "1", "-n", target] },
	{ name: "scamper", program: "scamper", command: (target) => ["scamper", "-c", "trace", "-i", target] },
	{
		name: "scamper -p 10000",
		program: "scamper",
		command: (target) => ["scamper", "-p", "10000", "-c", "trace", "-i", target],
	},
];

/** The tool of this name with other arguments. */
export const whitherWith = (name, ...args) => ({
	name,
	program: null,
	command: (target) => [process.execPath, WHITHER, "--json", "-n", ...args, target],
});

export const isMissing = ({ program }) => program !== null && findProgram(program) === null;

/** bash takes the wall time to the microsecond and the processor time (wait4's rusage) to the millisecond. */
const STOPWATCH = `out=$1; shift
TIMEFORMAT="%3U %3S"
a=$EPOCHREALTIME
cpu=$( { time "$@" >"$out" 2>&3; } 3>/dev/null 2>&1 )
status=$?
b=$EPOCHREALTIME
echo "$status $a $b $cpu"`;

/** Runs a command in a namespace: exit code, wall and processor time in ms, when it ended, standard output. */
export async function timedRun(command, namespace, timeoutMs = 120_000) {
	const folder = mkdtempSync(join(tmpdir(), "whither-bench-"));
	try {
		const out = join(folder, "stdout");
		const ran = await runTool(["bash", "-c", STOPWATCH, "stopwatch", out, ...command], { namespace, timeoutMs });
		const [code, from, to, user, system] = ran.stdout.trim().split(/\s+/).map(Number);
		if (ran.timedOut || Number.isNaN(system))
			throw new Error(`${command.join(" ")}: ${ran.stderr || "ran out of time"}`);
		const stdout = readFileSync(out, "utf8");
		return { code, wallMs: (to - from) * 1000, endedAtEpochMs: to * 1000, cpuMs: (user + system) * 1000, stdout };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

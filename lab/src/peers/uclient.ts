/** coturn's `turnutils_uclient`: a TURN client for every corner of the protocol, and what it says of a server. */
import { findProgram } from "../requirements.ts";
import { type RunOptions, type RunOutcome, runTool } from "../run.ts";

/** Null where it and `turnutils_peer` are installed, else what is missing. */
export function uclientObstacle(): string | null {
	const missing = ["turnutils_uclient", "turnutils_peer"].find((program) => findProgram(program) === null);
	return missing === undefined ? null : `it needs ${missing} (Debian package coturn)`;
}

/** What came of a run. */
export interface UclientOutcome {
	/** Messages; null where it did not come so far. */
	readonly sent: number | null;
	readonly received: number | null;
	readonly lost: number | null;
	/** Of RFC 6062, where it counts them. */
	readonly connections: number | null;
	/** Error codes that servers answered with, as often as they did. */
	readonly codes: readonly number[];
	/** Whatever else it complains of. */
	readonly complaints: readonly string[];
	readonly outcome: RunOutcome;
}

/** What it says without a complaint. */
const PLAIN = /^(Total |start_mclient: |Average |\d+ connections are completed$|tls_connect: client session connected)/;
/** It has TLS 1.0 and 1.1 chosen by chance, which its own library refuses, and then tries again. */
const OLD_TLS = /^(tls_connect: cannot connect: rc=-1|errno=\d+, err=0, error:)/;
/** It counts what comes twice, or late, as wrong answers, and goes on. */
const LATE = /^Received wrong response (tid|method: \S+ expected \S+); trying again\.\.\.$/;

/** It leaves allocations behind, and may come by the port of one again; then it waits and takes another. */
const LEFT_BEHIND = /^(error|trying allocate again) 437\b/;

/** A line without the seconds before it, which are there or not. */
function withoutTime(line: string): string {
	return line.replace(/^\d+: : /, "").trim();
}

function readUclient(outcome: RunOutcome): UclientOutcome {
	const said = `${outcome.stdout}\n${outcome.stderr}`;
	const lines = said.split("\n").map(withoutTime).filter(Boolean);
	const number = (pattern: RegExp) => {
		const [, digits] = pattern.exec(said) ?? [];
		return digits === undefined ? null : Number(digits);
	};
	return {
		sent: number(/mclient: tot_send_msgs=(\d+), tot_recv_msgs=\d+$/m),
		received: number(/mclient: tot_send_msgs=\d+, tot_recv_msgs=(\d+)$/m),
		lost: number(/Total lost packets (\d+) /),
		connections: number(/(\d+) connections are completed/),
		codes: lines.flatMap((line) => {
			const [, code] = /error (\d{3}) \(/.exec(line) ?? [];
			return code === undefined ? [] : [Number(code)];
		}),
		complaints: lines.filter((line) => ![PLAIN, OLD_TLS, LATE, LEFT_BEHIND].some((pattern) => pattern.test(line))),
		outcome,
	};
}

/** Runs it to its end, or to its time limit. It waits up to six seconds before its first message, by chance. */
export async function runUclient(args: readonly string[], options: RunOptions): Promise<UclientOutcome> {
	return readUclient(await runTool(["turnutils_uclient", ...args], options));
}

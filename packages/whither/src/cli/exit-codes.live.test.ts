import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";

const command = join(import.meta.dirname, "../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../dist/whither.cjs"));
const obstacle = isBuilt ? null : "the command is not built (npm run build)";
const rootObstacle = obstacle ?? (process.geteuid?.() === 0 ? null : "needs root");
const NOBODY = 65_534;

function run(args: readonly string[], identity: { readonly uid?: number; readonly gid?: number } = {}) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8", ...identity });
	return { status, stdout, stderr };
}

const nobodyObstacle = rootObstacle ?? (runsAsNobody() ? null : "needs files that nobody can read");

function runsAsNobody(): boolean {
	return run(["--version"], { uid: NOBODY, gid: NOBODY }).status === 0;
}

describe.skipIf(obstacle !== null)(skippable("exit codes of real traces to this machine", obstacle), () => {
	it.skipIf(rootObstacle !== null)(
		skippable("a connection that is refused is 4, with a document and a sentence", rootObstacle),
		() => {
			const { status, stdout, stderr } = run(["--tcpinsession", "-p", "1", "--json", "127.0.0.1"]);
			expect(status).toBe(4);
			expect(JSON.parse(stdout)).toMatchObject({ stopReason: "error", warnings: [{ code: "sessionFailed", port: 1 }] });
			expect(stderr).toBe(
				"whither: the connection to TCP port 1 was refused by 127.0.0.1; choose an open port with --port, or trace without a connection by --tcp\n",
			);
		},
	);

	it.skipIf(nobodyObstacle !== null).each([["--tcpinsession"], ["-D"], ["--sctp"], ["-P89"]])(
		skippable("%s without the privilege is 3, and what works without is named", nobodyObstacle),
		(flag) => {
			const { status, stderr } = run([flag, "127.0.0.1"], { uid: NOBODY, gid: NOBODY });
			expect(status).toBe(3);
			expect(stderr).toContain("udp, udp-classic, udp-port, icmp, tcpconnect, quic, stun and dns work without it");
		},
	);

	it.skipIf(nobodyObstacle !== null)(
		skippable("--changes without the privilege traces all the same, and says what it cannot see", nobodyObstacle),
		() => {
			const { status, stderr } = run(["--changes", "-n", "127.0.0.1"], { uid: NOBODY, gid: NOBODY });
			expect(status).toBe(0);
			expect(stderr).toContain("(--changes) is seen through raw sockets only");
		},
	);
});

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const command = join(import.meta.dirname, "../../bin/whither.js");
const root = process.geteuid?.() === 0;
const NOBODY = 65_534;

function run(args: readonly string[], identity: { readonly uid?: number; readonly gid?: number } = {}) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8", ...identity });
	return { status, stdout, stderr };
}

const nobody = root && run(["--version"], { uid: NOBODY, gid: NOBODY }).status === 0;

/** The title, with the reason where the test is skipped. */
const titled = (title: string) => (root ? title : `${title} (skipped: needs root)`);
const titledNobody = (title: string) =>
	nobody ? title : `${title} (skipped: needs root, and files that nobody can read)`;

describe("exit codes of real traces to this machine", () => {
	it.skipIf(!root)(titled("a connection that is refused is 4, with a document and a sentence"), () => {
		const { status, stdout, stderr } = run(["--tcpinsession", "-p", "1", "--json", "127.0.0.1"]);
		expect(status).toBe(4);
		expect(JSON.parse(stdout)).toMatchObject({ stopReason: "error", warnings: [{ code: "sessionFailed", port: 1 }] });
		expect(stderr).toBe(
			"whither: the connection to TCP port 1 was refused by 127.0.0.1; choose an open port with --port, or trace without a connection by --tcp\n",
		);
	});

	it.skipIf(!nobody).each([["--tcpinsession"], ["-D"], ["--sctp"], ["-P89"]])(
		titledNobody("%s without the privilege is 3, and what works without is named"),
		(flag) => {
			const { status, stderr } = run([flag, "127.0.0.1"], { uid: NOBODY, gid: NOBODY });
			expect(status).toBe(3);
			expect(stderr).toContain("udp, udp-classic, udp-port, icmp, tcpconnect, quic and dns work without it");
		},
	);

	it.skipIf(!nobody)(
		titledNobody("--changes without the privilege traces all the same, and says what it cannot see"),
		() => {
			const { status, stderr } = run(["--changes", "-n", "127.0.0.1"], { uid: NOBODY, gid: NOBODY });
			expect(status).toBe(0);
			expect(stderr).toContain("(--changes) is seen through raw sockets only");
		},
	);
});

// The servers, each with one thread for clients' packets, on the first core.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { coturnObstacle, findProgram, startTool, WHITHER } from "@whither/lab";
import { CORES, pinned } from "./place.mjs";

const UNCAPPED = fileURLToPath(new URL("uncapped-server.mjs", import.meta.url));
const PORT = 3478;
const USER = { username: "u", password: "p" };
const REALM = "r";
const START_MS = 15_000;
const HOUR_MS = 3_600_000;

function coturn(address, folder) {
	return [
		findProgram("turnserver"),
		...["-n", "--no-cli", "--no-tls", "--no-dtls", "-m", "1", "--log-file", "/dev/null", "--no-stdout-log"],
		...["--pidfile", join(folder, "pid"), "--userdb", join(folder, "db"), "--no-rfc5780"],
		...[`--listening-ip=${address}`, `--relay-ip=${address}`, `--listening-port=${PORT}`],
		...["--lt-cred-mech", "--user", `${USER.username}:${USER.password}`, "--realm", REALM],
	];
}

function whither(address, peers) {
	return [
		...[process.execPath, WHITHER, "serve", "--listen", address, `--stun-port=${PORT}`, "--no-http", "--workers", "1"],
		...["--user", `${USER.username}:${USER.password}`, "--realm", REALM, "--allow-peer", peers],
	];
}

function uncapped(address, peers) {
	const order = { address, port: PORT, peers, realm: REALM, user: USER };
	return [process.execPath, UNCAPPED, JSON.stringify(order)];
}

export const KINDS = ["coturn", "whither"];

/** Null where it can be started, else why not. */
export function serverObstacle(kind) {
	return kind === "coturn" ? coturnObstacle() : null;
}

/** Starts one. `isUncapped`: ours answers strangers as often as they ask, as coturn does. */
export async function startServer(place, kind, { isUncapped = false } = {}) {
	const address = place.serverAddress(KINDS.indexOf(kind));
	const folder = mkdtempSync(join(tmpdir(), "whither-bench-"));
	const peers = `${place.load.peerAddress}/32`;
	const ours = isUncapped ? uncapped : whither;
	const command = kind === "coturn" ? coturn(address, folder) : ours(address, peers);
	const tool = startTool([...pinned(CORES.server), ...command], {
		namespace: place.namespaces.router,
		timeoutMs: HOUR_MS,
	});
	let ended = null;
	tool.outcome.then((outcome) => {
		ended = outcome;
	});
	const close = async () => {
		tool.child.kill("SIGKILL");
		await tool.outcome;
		rmSync(folder, { recursive: true, force: true });
	};
	const server = { address, port: PORT, ...USER };
	return { kind, pid: tool.child.pid, server, close, ended: () => ended };
}

/** Resolves once a server answers a Binding request of the generator's; rejects with its last words. */
export async function awaitServer(running, load) {
	const until = performance.now() + START_MS;
	while (performance.now() < until && running.ended() === null) {
		// One that has ended has no processor time to tell of either.
		const { answered } = await load.ask(bindingOrder(running)).catch(() => ({ answered: 0 }));
		if (answered > 0) return running;
	}
	const { stdout = "", stderr = "" } = running.ended() ?? {};
	await running.close();
	throw new Error(`${running.kind} does not serve: ${stderr.trim() || stdout.trim() || "no answer"}`);
}

function bindingOrder({ server, pid }) {
	return { work: "bindings", server, pid, seconds: 0.05, sockets: 1, window: 1, fingerprint: false };
}

/** Has every thread of a server run before all that has no real-time priority. */
export function putFirst({ pid }) {
	execFileSync(findProgram("chrt"), ["--all-tasks", "--rr", "--pid", "5", String(pid)]);
}

// Where it is measured: a client, a router on which the servers run, and a target with the peers, joined by veth links.
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chainScenario, insideNamespace, openLab } from "@whither/lab";
import { CROWD, FORGED, SERVERS } from "./load/addresses.mjs";

const LOAD = fileURLToPath(new URL("load/main.mjs", import.meta.url));
/** The servers have the first core to themselves, and whoever loads them the second. */
export const CORES = { server: "0", load: "1" };

/** Of a session of its own, for a kernel that shares its time among sessions first (sched_autogroup_enabled). */
const FIRST = 'echo -15 >/proc/self/autogroup 2>/dev/null; exec "$@"';
/** Before a command line: it runs on one core, before whatever else this machine is at, and no longer than its parent. */
export const pinned = (core) => [
	...["setsid", "setpriv", "--pdeathsig", "KILL", "nice", "-n", "-15", "taskset", "-c", core],
	...["sh", "-c", FIRST, "sh"],
];

const hardware = (text) => text.split(":").map((byte) => Number.parseInt(byte, 16));

function linkOf(namespace, device) {
	const text = execFileSync("ip", ["-n", namespace, "-j", "link", "show", "dev", device], { encoding: "utf8" });
	const [{ ifindex, address }] = JSON.parse(text);
	return { index: ifindex, address: hardware(address) };
}

function ip(namespace, ...commands) {
	for (const command of commands) execFileSync("ip", ["-n", namespace, ...command.split(" ")]);
}

/** Builds it. `serverAddress(index)` is one for each server. */
export async function openPlace() {
	const lab = await openLab(chainScenario({ routers: 1 }));
	const [client, router, target] = ["client", "r1", "target"].map((node) => lab.namespaceOf(node));
	const [clientAddress, peerAddress] = ["client", "target"].map((node) => lab.addressOf(node, 4));
	const serverAddress = (index) => `${SERVERS}.${index + 1}`;
	ip(router, ...[0, 1].map((index) => `addr add ${serverAddress(index)}/32 dev lo`));
	ip(router, ...[`${CROWD}.0/24`, `${FORGED}.0.0/16`].map((range) => `route add ${range} via ${clientAddress}`));
	ip(client, `route add ${SERVERS}.0/24 via ${lab.addressOf("r1", 4)}`);
	ip(client, `route add local ${CROWD}.0/24 dev lo`, `route add blackhole ${FORGED}.0.0/16`);
	ip(target, `route add ${SERVERS}.0/24 dev link1 via ${gatewayOf(target)}`);
	const [own, other] = [linkOf(client, "link0"), linkOf(router, "link0")];
	const link = { index: own.index, from: own.address, to: other.address };
	return { lab, namespaces: { client, router, target }, serverAddress, load: { client, target, peerAddress, link } };
}

function gatewayOf(namespace) {
	const routes = JSON.parse(execFileSync("ip", ["-n", namespace, "-j", "route"], { encoding: "utf8" }));
	return routes.find(({ gateway }) => gateway !== undefined).gateway;
}

/** Starts the generator; `ask` gives it an order and resolves with what came of it. */
export function startLoad(place) {
	const command = [...pinned(CORES.load), process.execPath, LOAD, JSON.stringify(place.load)];
	const child = insideNamespace(place.namespaces.client, () =>
		spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] }),
	);
	const waiting = [];
	createInterface({ input: child.stdout }).on("line", (line) => {
		const { result, error } = JSON.parse(line);
		const { resolve, reject } = waiting.shift();
		if (error === undefined) resolve(result);
		else reject(new Error(error));
	});
	child.once("exit", (code) => {
		for (const { reject } of waiting) reject(new Error(`the load generator ended with ${code}`));
	});
	const ask = (order) =>
		new Promise((resolve, reject) => {
			waiting.push({ resolve, reject });
			child.stdin.write(`${JSON.stringify(order)}\n`);
		});
	return { ask, close: () => child.kill() };
}

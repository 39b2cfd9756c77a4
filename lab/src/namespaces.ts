/** Network namespaces with a name of this process, gone again when it ends, however it ends. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { enterNetworkNamespace } from "./native/linux.ts";

const PREFIX = "wl";
/** Where iproute2 keeps named namespaces. */
const FOLDER = "/run/netns";

const owned = new Set<string>();
let counter = 0;
let watching = false;

/** Path that a namespace can be opened by. */
export function namespacePath(name: string): string {
	return `${FOLDER}/${name}`;
}

/** Runs `ip -batch` over the lines, inside a namespace or not; throws with what `ip` said and the line it said it of. */
export function runIpBatch(lines: readonly string[], options: { namespace?: string; family?: 4 | 6 } = {}): void {
	if (lines.length === 0) return;
	const args = [
		...(options.family === undefined ? [] : [`-${options.family}`]),
		...(options.namespace === undefined ? [] : ["-n", options.namespace]),
		"-batch",
		"-",
	];
	const ran = spawnSync("ip", args, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
	if (ran.status === 0) return;
	const said = ran.error?.message ?? ran.stderr.trim();
	const at = /-:(\d+)/.exec(said)?.[1];
	const line = at === undefined ? "" : ` in "${lines[Number(at) - 1] ?? ""}"`;
	throw new Error(`ip ${args.join(" ")}: ${said}${line}`);
}

function removeByName(names: readonly string[]): void {
	const present = names.filter((name) => existsSync(namespacePath(name)));
	if (present.length > 0) {
		const input = present.map((name) => `netns del ${name}\n`).join("");
		spawnSync("ip", ["-force", "-batch", "-"], { input });
	}
}

function isAlive(pid: number): boolean {
	return existsSync(`/proc/${pid}`);
}

/** Removes namespaces that a killed process of this kind left behind. */
function sweepOrphans(): void {
	if (!existsSync(FOLDER)) return;
	const orphans = readdirSync(FOLDER).filter((name) => {
		const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
		return pid !== undefined && !isAlive(Number(pid));
	});
	removeByName(orphans);
}

function removeAll(): void {
	removeByName([...owned]);
	owned.clear();
}

function watchForTheEnd(): void {
	if (watching) return;
	watching = true;
	sweepOrphans();
	process.on("exit", removeAll);
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
		process.once(signal, () => {
			removeAll();
			process.kill(process.pid, signal);
		});
	}
}

/** Creates one namespace for each label, in one go; the names come back in the same order. */
export function createNamespaces(labels: readonly string[]): string[] {
	watchForTheEnd();
	const names = labels.map((label) => `${PREFIX}-${process.pid}-${counter++}-${label.replace(/[^A-Za-z0-9]+/g, "")}`);
	for (const name of names) owned.add(name);
	runIpBatch(names.map((name) => `netns add ${name}`));
	return names;
}

/** Deletes namespaces; links and rules in them go with them once nothing runs there any more. */
export function deleteNamespaces(names: readonly string[]): void {
	removeByName(names);
	for (const name of names) owned.delete(name);
}

/**
 * Runs a synchronous action with the calling thread inside the namespace, and comes back even if it throws.
 * Sockets opened and processes started by the action stay in the namespace.
 */
export function insideNamespace<T>(name: string, action: () => T): T {
	const home = openSync("/proc/thread-self/ns/net", "r");
	const there = openSync(namespacePath(name), "r");
	try {
		enterNetworkNamespace(there);
		try {
			return action();
		} finally {
			enterNetworkNamespace(home);
		}
	} finally {
		closeSync(there);
		closeSync(home);
	}
}

/** Writes sysctls (dotted names) in the calling thread's namespace; names that this kernel lacks are left out. */
export function writeSysctls(values: readonly (readonly [name: string, value: string])[]): void {
	for (const [name, value] of values) {
		const path = `/proc/sys/${name.replaceAll(".", "/")}`;
		if (existsSync(path)) writeFileSync(path, value);
	}
}

/** Loads an nftables ruleset into the calling thread's namespace; throws with what `nft` said. */
export function loadRules(rules: string): void {
	const ran = spawnSync("nft", ["-f", "-"], { input: rules, encoding: "utf8" });
	if (ran.status !== 0) throw new Error(`nft: ${ran.error?.message ?? ran.stderr.trim()}\n${rules}`);
}

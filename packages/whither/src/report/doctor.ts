/** The doctor's findings as text: a line a method, then the fixes. */
import type { SystemError } from "@whither/core";
import type { DoctorResult, MethodCheck } from "../api/doctor.ts";
import { systemErrorSentence } from "../api/error-words.ts";
import type { Paint } from "./paint.ts";

/** A way to make something work that does not. */
export interface Fix {
	readonly code: "rawSockets" | "pingSockets" | "ipv6" | "openFiles" | "linux" | "kernelCalls";
	readonly sentence: string;
	/** One line for a shell. */
	readonly command: string | null;
}

/** Sockets that the widest trace (30 hops of 3 probes over one socket each, both families) wants at once, with room to spare. */
const WANTED_OPEN_FILES = 256;

/** The fixes for what does not work here, most useful first. */
export function fixesFor(result: DoctorResult): readonly Fix[] {
	const { machine, checks } = result;
	if (machine.platform !== "linux" || checks.some(isPortable)) {
		return [machine.platform === "linux" ? KERNEL_CALLS : LINUX];
	}
	const fixes: Fix[] = [];
	const stuck = checks.filter((check) => check.error?.code === "permissionDenied" && !worksOtherwise(check, checks));
	if (stuck.some((check) => check.channel === "raw" && !stuck.some(isPingOf(check)))) fixes.push(RAW_SOCKETS);
	if (stuck.some((check) => check.transport === "ping")) fixes.push(PING_SOCKETS);
	if (machine.ipv6Disabled) fixes.push(IPV6);
	if (machine.openFiles !== null && machine.openFiles < WANTED_OPEN_FILES) fixes.push(OPEN_FILES);
	return fixes;
}

function isPortable({ channel }: MethodCheck): boolean {
	return channel === "portable";
}

/** The same method and family by another kind of socket. */
function worksOtherwise(check: MethodCheck, checks: readonly MethodCheck[]): boolean {
	return checks.some((other) => other.works && other.method === check.method && other.family === check.family);
}

/** Where a ping socket would do as well, its fix is the smaller one. */
function isPingOf(check: MethodCheck): (other: MethodCheck) => boolean {
	return (other) => other.transport === "ping" && other.method === check.method && other.family === check.family;
}

const LINUX: Fix = {
	code: "linux",
	sentence:
		"What works measures the target alone: routers are heard through the sockets of Linux. `whither stun` and `whither demo` need no more than this.",
	command: null,
};
const KERNEL_CALLS: Fix = {
	code: "kernelCalls",
	sentence:
		"The kernel's calls are out of reach, so the target alone is measured: WHITHER_BACKEND=portable is set, or koffi has no binary for this machine (install whither anew).",
	command: null,
};
const RAW_SOCKETS: Fix = {
	code: "rawSockets",
	sentence:
		"Raw sockets need CAP_NET_RAW. This grants it to one command (setcap on node would grant it to every script):",
	command:
		"sudo setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw whither -T HOST",
};
const PING_SOCKETS: Fix = {
	code: "pingSockets",
	sentence: "ICMP without privilege needs your group in the range of ping sockets:",
	command: 'sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"',
};
const IPV6: Fix = {
	code: "ipv6",
	sentence: "IPv6 is switched off:",
	command: "sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0",
};
const OPEN_FILES: Fix = {
	code: "openFiles",
	sentence: "Few files may be open at once; methods with a socket for each probe want more:",
	command: "ulimit -n 1024",
};

/** The whole report. */
export function formatDoctor(result: DoctorResult, paint: Paint): string {
	const { machine } = result;
	const head = `Linux ${machine.kernel}, Node ${machine.node}, ${machine.user === 0 ? "root" : `user ${machine.user}`}, CAP_NET_RAW ${machine.capNetRaw ? "yes" : "no"}`;
	const lines = [machine.platform === "linux" ? head : `${machine.platform}, Node ${machine.node}`, ""];
	for (const check of result.checks) lines.push(checkLine(check, paint));
	const fixes = fixesFor(result);
	if (fixes.length > 0) lines.push("");
	for (const fix of fixes) {
		lines.push(fix.sentence);
		if (fix.command !== null) lines.push(`  ${paint.bold(fix.command)}`);
	}
	if (fixes.length === 0 && result.checks.every((check) => check.works)) lines.push("", "Everything works.");
	return `${lines.join("\n")}\n`;
}

function checkLine(check: MethodCheck, paint: Paint): string {
	const label = `${check.method.padEnd(12)} IPv${check.family}  ${check.channel.padEnd(10)}`;
	if (check.works) return `${label}  ${paint.good("works")}`;
	const why = check.error === null ? "" : `: ${reason(check, check.error)}`;
	return `${label}  ${paint.bad("does not work")}${why}`;
}

function reason(check: MethodCheck, error: SystemError): string {
	const where = `(${error.call}: ${error.errnoName})`;
	if (isPortable(check) && error.code === "unsupportedPlatform") return "it needs the sockets of Linux";
	if (error.code !== "permissionDenied") return systemErrorSentence(error, check);
	if (check.transport === "ping") return `no group of this process lies in net.ipv4.ping_group_range ${where}`;
	if (check.transport === "ip") return `raw sockets need CAP_NET_RAW ${where}`;
	return systemErrorSentence(error, check);
}

/** The JSON document: the findings with their fixes. */
export function formatDoctorJson(result: DoctorResult, indent: number): string {
	return `${JSON.stringify({ ...result, fixes: fixesFor(result) }, null, indent)}\n`;
}

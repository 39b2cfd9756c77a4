/** What this machine allows: capabilities, limits and switches that decide which methods work. Linux only; null where unreadable. */
import { readFileSync } from "node:fs";
import { release } from "node:os";

/** What decides which methods work. */
export interface MachineFacts {
	readonly platform: string;
	/** Kernel release, such as `6.1.0`. */
	readonly kernel: string;
	readonly node: string;
	readonly user: number | null;
	readonly capNetRaw: boolean | null;
	/** net.ipv4.ping_group_range: first and last group that may open ICMP sockets. */
	readonly pingGroupRange: readonly [number, number] | null;
	/** Whether one of this process's groups lies in that range. */
	readonly pingAllowed: boolean | null;
	/** Soft limit of open files. */
	readonly openFiles: number | null;
	readonly ipv6Disabled: boolean | null;
}

/** CAP_NET_RAW's bit (linux/capability.h). */
const CAP_NET_RAW = 13n;

/** Read them all; never throws. */
export function machineFacts(): MachineFacts {
	const status = readText("/proc/self/status");
	const capabilities = /^CapEff:\s*([\da-f]+)/m.exec(status)?.[1];
	const range = readText("/proc/sys/net/ipv4/ping_group_range").trim().split(/\s+/).map(Number);
	const [first = Number.NaN, last = Number.NaN] = range;
	const pingGroupRange = Number.isInteger(first) && Number.isInteger(last) ? ([first, last] as const) : null;
	const groups = [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];
	const openFiles = Number(/^Max open files\s+(\d+)/m.exec(readText("/proc/self/limits"))?.[1] ?? Number.NaN);
	const ipv6 = readText("/proc/sys/net/ipv6/conf/all/disable_ipv6").trim();
	return {
		platform: process.platform,
		kernel: release(),
		node: process.versions.node,
		user: process.geteuid?.() ?? null,
		capNetRaw: capabilities === undefined ? null : ((BigInt(`0x${capabilities}`) >> CAP_NET_RAW) & 1n) === 1n,
		pingGroupRange,
		pingAllowed: pingGroupRange === null ? null : groups.some((group) => group >= first && group <= last),
		openFiles: Number.isNaN(openFiles) ? null : openFiles,
		ipv6Disabled: ipv6 === "" ? null : ipv6 === "1",
	};
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}

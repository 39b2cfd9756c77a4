/** What the lab needs of a machine, and in words what this one lacks. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that build a topology; each is in the Debian package of the same row. */
const PROGRAMS: readonly { readonly program: string; readonly package: string }[] = [
	{ program: "ip", package: "iproute2" },
	{ program: "nft", package: "nftables" },
	{ program: "setpriv", package: "util-linux" },
];

/** Full path of a program, or null when it is nowhere on PATH nor in the system's own folders. */
export function findProgram(name: string): string | null {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
	for (const folder of folders) {
		const path = join(folder, name);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Not here: the next folder.
		}
	}
	return null;
}

/** Whether this kernel speaks UDP-Lite (RFC 3828), by what it says of its protocols. */
export function kernelSpeaksUdpLite(): boolean {
	try {
		return /^UDP-?Lite /im.test(readFileSync("/proc/net/protocols", "utf8"));
	} catch {
		return false;
	}
}

/** Null when the lab can be built here, else one sentence that says what is missing. */
export function labObstacle(): string | null {
	if (process.platform !== "linux") return "the lab needs Linux";
	if (process.getuid?.() !== 0) return "the lab needs root to create network namespaces";
	for (const { program, package: name } of PROGRAMS) {
		if (findProgram(program) === null) return `the lab needs ${program} (Debian package ${name})`;
	}
	if (!existsSync("/dev/net/tun")) return "the lab needs /dev/net/tun (kernel module tun)";
	if (!existsSync("/proc/self/ns/net")) return "the kernel has no network namespaces";
	return null;
}

/** Makes a router forget its flows: the next packet of each gets a mapping of its own, as after a restart. */
import { findProgram } from "./requirements.ts";
import { runTool } from "./run.ts";

/** Null where `conntrack` is installed, else what is missing. */
export function conntrackObstacle(): string | null {
	return findProgram("conntrack") === null ? "it needs conntrack (Debian package conntrack)" : null;
}

/** Deletes every flow of UDP that the kernel remembers in a namespace. */
export async function forgetFlows(namespace: string): Promise<void> {
	for (const family of ["ipv4", "ipv6"]) {
		const { code, stderr } = await runTool(["conntrack", "-D", "-p", "udp", "-f", family], { namespace });
		// It fails where there is nothing to delete.
		if (code !== 0 && !stderr.includes("0 flow entries")) throw new Error(`conntrack: ${stderr}`);
	}
}

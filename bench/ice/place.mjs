// Where agents meet: the lab's homes, IPv4 alone so that every agent sees the same addresses, and a server of STUN and TURN.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { ICE_SERVERS, insideNamespace, openIceLab } from "@whither/lab";

/** Of a session of its own, for a kernel that shares its time among sessions first (sched_autogroup_enabled). */
const FIRST = 'echo -15 >/proc/self/autogroup 2>/dev/null; exec "$@"';
const SOON = ["nice", "-n", "-15", "sh", "-c", FIRST, "sh"];
const AT_ONCE = ["chrt", "-r", "10"];

/** Before a command line: it runs before whatever else this machine is at, and no longer than its parent. */
function beforeOthers({ realtime }) {
	return ["setsid", "setpriv", "--pdeathsig", "KILL", ...(realtime ? AT_ONCE : SOON)];
}

function runAtOnce(pid) {
	execFileSync("chrt", ["-r", "-p", "10", String(pid)]);
}

const HOSTS = ["lanA", "lanA2", "lanB"];

/** This process carries what they tell each other, which counts: it goes before others too. */
export function goFirst({ realtime }) {
	if (realtime) runAtOnce(process.pid);
	setPriority(-15);
	try {
		writeFileSync("/proc/self/autogroup", "-15");
	} catch {
		// A kernel without it shares its time among processes alone.
	}
}

/** Builds it with a server of this name; `roundTripMs` is that between the homes, of which each has half to the server. */
export async function openPlace({ server, realtime = false, roundTripMs = 0 }) {
	const kind = ICE_SERVERS.find(({ name }) => name === server);
	if (kind.obstacle !== null) throw new Error(kind.obstacle);
	const lab = await openIceLab({ sharedLan: true, roundTripMs });
	for (const name of HOSTS) {
		insideNamespace(lab.host(name).namespace, () => {
			writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
		});
	}
	try {
		const running = await lab.openServer(kind);
		if (realtime) {
			const pids = execFileSync("ip", ["netns", "pids", lab.lab.namespaceOf("srv")], { encoding: "utf8" });
			for (const pid of pids.trim().split(/\s+/)) runAtOnce(pid);
		}
		const close = async () => {
			await running.close();
			await lab.close();
		};
		return { lab, close, prefix: beforeOthers({ realtime }) };
	} catch (error) {
		await lab.close();
		throw error;
	}
}

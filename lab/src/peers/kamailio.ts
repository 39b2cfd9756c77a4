/** Debian's kamailio: a registrar and a proxy that stays on the way, over UDP, TCP and TLS. It touches no media. */
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../requirements.ts";
import { startTool } from "../run.ts";
import { awaitSip } from "./await-sip.ts";
import { type KamailioPlaces, kamailioConfig } from "./kamailio-config.ts";
import { SERVER_MS } from "./running-server.ts";

/** How kamailio is started. */
export interface KamailioOptions extends KamailioPlaces {
	/** Absent: where this process is. */
	readonly namespace?: string;
}

/** One that runs. */
export interface RunningKamailio {
	/** What it has said so far. */
	log(): string;
	/** Ends it and waits until it has ended; safe to call twice. */
	close(): Promise<void>;
}

/** Null where kamailio is installed, else what is missing. */
export function kamailioObstacle(): string | null {
	return findProgram("kamailio") === null
		? "the proxy is kamailio (Debian packages kamailio and kamailio-tls-modules)"
		: null;
}

/** In the foreground, with as much memory as a few calls want (MB: shared, and of each process). */
const FLAGS = ["-DD", "-E", "-m", "16", "-M", "4"];

/** Starts kamailio; resolves when it answers on every address. It rejects, and nothing is left, when it does not. */
export async function openKamailio(options: KamailioOptions): Promise<RunningKamailio> {
	const { namespace, addresses, port } = options;
	const folder = await mkdtemp(join(tmpdir(), "whither-kamailio-"));
	const file = join(folder, "kamailio.cfg");
	await writeFile(file, kamailioConfig(options));
	// A session of its own: its processes are ended together, for those of a first that goes early stay.
	const command = ["setsid", findProgram("kamailio") ?? "kamailio", ...FLAGS, "-f", file, "-Y", folder, "-w", folder];
	const inside = namespace === undefined ? {} : { namespace };
	const tool = startTool(command, { ...inside, timeoutMs: SERVER_MS });
	let said = "";
	for (const stream of [tool.child.stdout, tool.child.stderr]) {
		stream?.on("data", (text: string) => {
			said += text;
		});
	}
	const end = () => endSession(tool.child.pid);
	// A test that ran into its time limit closes nothing.
	const crash = () => {
		end();
		rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
	};
	process.once("exit", crash);
	const close = async () => {
		process.off("exit", crash);
		end();
		await tool.outcome.catch(() => undefined);
		await rm(folder, { recursive: true, force: true });
	};
	const ended = tool.outcome.then(({ code }) => {
		throw new Error(`kamailio ended with ${code}:\n${said}`);
	});
	ended.catch(() => {});
	try {
		await Promise.race([ended, Promise.all(addresses.map((address) => awaitSip({ ...inside, address, port })))]);
	} catch (error) {
		await close();
		throw error;
	}
	return { log: () => said, close };
}

/** Nothing that it keeps is worth an end in order. */
function endSession(leader: number | undefined): void {
	if (leader === undefined) return;
	try {
		process.kill(-leader, "SIGKILL");
	} catch {
		// It has ended already.
	}
}

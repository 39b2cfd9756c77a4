/**
 * One owner at a time of a folder. Every process that wants it listens on a socket of its own in the folder, and asks all others that are there:
 * a socket whose process has been killed refuses. Nothing has to be cleaned up for that, and no process number can be mistaken for another's.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readdir, rename, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { WhitherError } from "../api/error.ts";
import { makeFolder } from "./session-tree.ts";
import { errnoOf, storeError } from "./store-errors.ts";

/** A folder that is ours. */
export interface Ownership {
	release(): Promise<void>;
}

/** What a process says to another that wants the same folder. */
interface Claim {
	readonly pid: number;
	/** `wanting`: has not asked all others yet. */
	readonly state: "wanting" | "owner";
	/** ISO 8601. */
	readonly since: string;
}

/** How long another may take to answer: it may be at work on something long. */
const ANSWER_MS = 5_000;
/** How often one that wants it too is asked again, and how many times. */
const AGAIN_MS = 20;
const MOST_TIMES = 250;
/** Longest path of a socket (unix(7): 108 bytes with the NUL). */
const LONGEST_SOCKET_PATH = 100;
const ENDING = ".sock";

/** Makes the folder ours, or rejects with `storeFailed` and says whose it is. */
export async function own(folder: string): Promise<Ownership> {
	const place = join(folder, "owner");
	const cannot = `${folder} cannot be made this process's own`;
	await makeFolder(place).catch((thrown) => {
		throw storeError(cannot, thrown);
	});
	const sockets = await openSockets(place);
	const claim: { -readonly [Key in keyof Claim]: Claim[Key] } = {
		pid: process.pid,
		state: "wanting",
		since: new Date().toISOString(),
	};
	const name = `${randomBytes(8).toString("hex")}${ENDING}`;
	const listening = await listen(sockets, name, claim).catch(async (thrown) => {
		await sockets.close();
		throw storeError(cannot, thrown);
	});
	const release = async () => {
		await unlink(join(place, name)).catch(() => {});
		await new Promise((resolve) => listening.close(resolve));
		await sockets.close();
	};
	try {
		await askOthers(sockets, name, folder);
		claim.state = "owner";
		return { release };
	} catch (thrown) {
		await release();
		throw storeError(cannot, thrown);
	}
}

/** Paths of sockets in a folder, however long its own path is. */
interface SocketFolder {
	readonly folder: string;
	path(name: string): string;
	close(): Promise<void>;
}

async function openSockets(folder: string): Promise<SocketFolder> {
	const isShort = Buffer.byteLength(folder) + 1 + 30 <= LONGEST_SOCKET_PATH;
	if (isShort || !existsSync("/proc/self/fd"))
		return { folder, path: (name) => join(folder, name), close: async () => {} };
	const handle = await open(folder, "r");
	return { folder, path: (name) => `/proc/self/fd/${handle.fd}/${name}`, close: () => handle.close() };
}

/** Others see the socket only once it listens: until then it has another name. */
async function listen({ folder, path }: SocketFolder, name: string, claim: Claim): Promise<Server> {
	const hidden = `${name.slice(0, -ENDING.length)}.new`;
	const server = createServer((socket) => {
		socket.on("error", () => socket.destroy());
		socket.unref();
		socket.end(`${JSON.stringify(claim)}\n`);
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(path(hidden), resolve);
	});
	server.on("error", () => {});
	server.unref();
	await rename(join(folder, hidden), join(folder, name));
	return server;
}

async function askOthers(sockets: SocketFolder, own: string, folder: string): Promise<void> {
	for (const name of await readdir(sockets.folder)) {
		if (name === own || !name.endsWith(ENDING)) continue;
		for (let times = 0; ; times++) {
			const other = await ask(sockets.path(name));
			if (other === null) break;
			// Of two that want it at once, the one of the lesser name waits for what becomes of the other, who gives way.
			if (other.state === "owner" || own > name || times === MOST_TIMES) throw taken(folder, other);
			await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
		}
		// Names are used once, so nobody else can have taken this one meanwhile.
		await unlink(join(sockets.folder, name)).catch(() => {});
	}
}

function taken(folder: string, { pid, since }: Claim): WhitherError {
	const whose = pid === 0 ? "another process" : `process ${pid} (since ${since})`;
	return new WhitherError(
		"storeFailed",
		`The sessions in ${folder} are those of ${whose}; end it, or name another folder with --data`,
		{ folder, pid: pid === 0 ? null : pid },
	);
}

/** Null: nobody is there. Whoever is there and says nothing sensible in time is taken for an owner. */
function ask(path: string): Promise<Claim | null> {
	const unknown: Claim = { pid: 0, state: "owner", since: "" };
	return new Promise((resolve) => {
		let said = "";
		const socket: Socket = connect(path);
		const tell = (claim: Claim | null) => {
			socket.destroy();
			resolve(claim);
		};
		socket.setTimeout(ANSWER_MS, () => tell(unknown));
		socket.setEncoding("utf8").on("data", (text) => {
			said = (said + text).slice(0, 1000);
		});
		socket.once("end", () => tell(readClaim(said) ?? unknown));
		socket.once("error", (error) => tell(["ECONNREFUSED", "ENOENT"].includes(errnoOf(error)) ? null : unknown));
	});
}

function readClaim(text: string): Claim | null {
	try {
		const { pid, state, since } = JSON.parse(text) as Claim;
		if (!Number.isInteger(pid) || (state !== "wanting" && state !== "owner")) return null;
		return { pid, state, since: String(since).slice(0, 30) };
	} catch {
		return null;
	}
}

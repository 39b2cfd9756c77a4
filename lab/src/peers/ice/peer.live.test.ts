import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { IcePeer } from "./peer.ts";

const started: IcePeer[] = [];

/** A program of these lines of JavaScript, as if it spoke ICE. */
function program(script: string, lifeMs = 30_000): { peer: IcePeer; child: ChildProcess } {
	const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "pipe"] });
	const peer = new IcePeer("werift", child, ["node", "-e", script], lifeMs);
	started.push(peer);
	return { peer, child };
}

const isReady = ({ ready }: { readonly ready?: object }) => ready !== undefined;
const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

afterEach(async () => {
	for (const peer of started.splice(0)) await peer.kill();
});

test("a program that says nothing is killed when time is over, and the words say what was waited for", async () => {
	const { peer, child } = program("setInterval(() => {}, 1000)");
	await expect(peer.until("ready", isReady, { timeoutMs: 50 })).rejects.toThrow(
		/werift is killed: that took more than 50 ms; waited for: ready/,
	);
	await peer.kill();
	expect(ended(child)).toBe(true);
});

test("a program that ends is told with its code and what it had to say", async () => {
	const { peer } = program("console.error('no such thing'); process.exit(3)");
	await expect(peer.until("ready", isReady)).rejects.toThrow(/has ended with 3[\s\S]*no such thing/);
});

test("a program that speaks otherwise is killed", async () => {
	const { peer, child } = program("console.log('hello'); setInterval(() => {}, 1000)");
	await expect(peer.until("ready", isReady)).rejects.toThrow("says what is no JSON: hello");
	await peer.kill();
	expect(ended(child)).toBe(true);
});

test("an error of a program's ends every wait, and later ones at once", async () => {
	const { peer } = program(`console.log('{"atMs":1,"error":"no socket"}'); setInterval(() => {}, 1000)`);
	await expect(peer.until("ready", isReady)).rejects.toThrow("says: no socket");
	await expect(peer.connected()).rejects.toThrow("says: no socket");
});

test("a program that lives too long is killed", async () => {
	const { peer } = program("setInterval(() => {}, 1000)", 50);
	await expect(peer.until("ready", isReady)).rejects.toThrow("it has run for 50 ms");
});

test("lines already said count unless they are too old", async () => {
	const { peer } = program(
		`console.log('{"atMs":1,"state":"connected"}'); process.stdin.once("data", () => console.log('{"atMs":2,"state":"completed"}'))`,
	);
	expect(await peer.connected()).toBe(1);
	expect(await peer.connected()).toBe(1);
	const again = peer.connected({ since: peer.lines.length });
	peer.tell({ restart: true });
	expect(await again).toBe(2);
});

test("a failed program is told at once", async () => {
	const { peer } = program(`console.log('{"atMs":1,"state":"failed"}'); setInterval(() => {}, 1000)`);
	await expect(peer.connected()).rejects.toThrow("werift is failed; waited for: connected");
});

test("closing waits for the end", async () => {
	const { peer, child } = program("process.stdin.on('data', () => {}); process.stdin.on('end', () => {})");
	await peer.close();
	await peer.close();
	expect(child.exitCode).toBe(0);
});

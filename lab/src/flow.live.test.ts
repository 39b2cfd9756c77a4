import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { labObstacle } from "./requirements.ts";
import { runTool } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const LIBRARY = fileURLToPath(new URL("../../packages/whither/dist/index.js", import.meta.url));
const obstacle = labObstacle() ?? (existsSync(LIBRARY) ? null : "the library is not built (npm run build)");
const title = "the path of a stream whose routers take their time";

/** Two answer long after they have been given up, and after the trace. */
const LATE_MS = 400;
const WAIT_MS = 150;
const ROUTERS = 5;

/** Streams to a target that sends everything back, traces all the while, and says what came back and what was found. */
const CALLER = `
	import { createSocket } from "node:dgram";
	import { once } from "node:events";
	import { openMediaSocket, traceFlow } from ${JSON.stringify(LIBRARY)};
	const [kind, family, address] = process.argv.slice(1);
	const remote = { address, port: 40_000 };
	const back = [];
	const others = { strays: 0, refused: 0, failed: 0 };
	const received = (bytes) => bytes[0] === 0x80 ? back.push((bytes[2] << 8) | bytes[3]) : others.strays++;
	const refused = () => others.refused++;
	let socket, send;
	if (kind === "own") {
		socket = openMediaSocket({ family: Number(family) }, { received: ({ bytes }) => received(bytes), refused });
		send = (packet) => socket.send(remote, packet) === null || others.failed++;
	} else {
		socket = createSocket("udp" + family).on("message", received).on("error", refused);
		socket.bind(0);
		await once(socket, "listening");
		send = (packet) => socket.send(packet, remote.port, address, (error) => error && others.failed++);
	}
	let sent = 0;
	const stream = setInterval(() => send(Uint8Array.from([0x80, 0, sent >> 8, sent++ & 0xff, ...new Array(168).fill(0)])), 5);
	const paths = [];
	while (sent < 300) {
		const { hops } = await traceFlow(socket, remote, { method: "udp", waitMs: ${WAIT_MS} }).result;
		paths.push(hops.map(({ probes }) => probes[0].from));
	}
	clearInterval(stream);
	await new Promise((resolve) => setTimeout(resolve, 1_500));
	console.log(JSON.stringify({ sent, back, paths, ...others }));
	socket.close();
`;

interface Told {
	readonly sent: number;
	readonly back: readonly number[];
	readonly paths: readonly (readonly (string | null)[])[];
}

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;

	beforeAll(async () => {
		const router = { 2: { icmpDelayMs: LATE_MS }, 3: { icmpDelayMs: LATE_MS } };
		const scenario = chainScenario({ routers: ROUTERS, linkDelayMs: 2, router, target: { udp: "echo" } });
		lab = await openLab(scenario, { world: "tun" });
	});
	afterAll(async () => {
		await lab?.close();
	});

	test.each([
		["own", 4],
		["own", 6],
		["dgram", 4],
		["dgram", 6],
	] as const)("is found as far as they answer in time, and the stream is whole: %s, IPv%i", async (kind, family) => {
		const target = lab.addressOf("target", family);
		const command = [process.execPath, "--input-type=module", "-e", CALLER, kind, String(family), target];
		const outcome = await runTool(command, { namespace: lab.namespaceOf("client"), user: "nobody" });
		expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
		const told: Told = JSON.parse(outcome.stdout);
		const { sent, back, paths } = told;
		expect(sent).toBeGreaterThanOrEqual(300);
		expect(back).toEqual(Array.from({ length: sent }, (_, index) => index));
		expect(told).toMatchObject({ strays: 0, refused: 0, failed: 0 });
		expect(paths.length).toBeGreaterThan(1);
		for (const path of paths) {
			const answered = path.map((from) => from !== null);
			expect(answered).toEqual([true, false, false, true, true, true]);
			expect(path.at(-1)).toBe(target);
		}
	});
});

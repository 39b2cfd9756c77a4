/** Builds what a plan says out of a real kernel, and takes it away again. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import type { Family } from "@whither/core";
import { type Interface, interfaceName, interfacesOf, nodeAddress, type Scenario } from "@whither/sim";
import {
	createNamespaces,
	deleteNamespaces,
	insideNamespace,
	loadRules,
	namespacePath,
	runIpBatch,
	writeSysctls,
} from "./namespaces.ts";
import { hardwareAddress, type NodePlan } from "./node-plan.ts";
import { kernelObstacle, type LabPlan, planLab, type VethPlan, type World } from "./plan.ts";
import { TUN_READY, type TunDevice, type TunOrder } from "./tun-order.ts";
import { echoUdpLite } from "./udp-lite-echo.ts";

/** The process behind TUN devices; the built file, since plain Node runs it. */
const TUN_ENTRY = fileURLToPath(new URL("../dist/tun-main.js", import.meta.url));

/** How to build a scenario. */
export interface LabOptions {
	/** Default: `kernel` where a kernel can express the scenario, else `tun`. */
	readonly world?: World;
	/** Gives the TUN process real-time priority; for measurements. */
	readonly realtime?: boolean;
}

/** A topology that stands. */
export interface Lab {
	readonly scenario: Scenario;
	readonly world: World;
	readonly plan: LabPlan;
	/** Name of a node's network namespace; throws where the node is only simulated. */
	namespaceOf(node: string): string;
	/** The address that a node is traced by. */
	addressOf(node: string, family: Family): string;
	/** Takes everything down; safe to call twice. */
	close(): Promise<void>;
}

type Names = ReadonlyMap<string, string>;

function nameOf(names: Names, node: string): string {
	const name = names.get(node);
	if (name === undefined) throw new Error(`${node} has no namespace`);
	return name;
}

function vethLine({ link, device, between: [a, b] }: VethPlan, names: Names): string {
	const end = (node: string, side: 0 | 1): string =>
		`name ${device} netns ${nameOf(names, node)} address ${hardwareAddress(link, side)}`;
	return `link add ${end(a, 0)} type veth peer ${end(b, 1)}`;
}

function tunOrder(scenario: Scenario, plan: LabPlan, names: Names): Omit<TunOrder, "realtime"> {
	const device = (node: string, name: string): TunDevice => ({ namespace: namespacePath(nameOf(names, node)), name });
	const seed = scenario.seed ?? 1;
	const { simulated } = plan;
	return {
		wires: plan.wires.map((wire) => ({
			devices: [device(wire.between[0], wire.device), device(wire.between[1], wire.device)],
			impairments: wire.impairments,
			seed: seed * 1000 + wire.link,
		})),
		internets:
			simulated === null
				? []
				: [{ device: device(simulated.host, simulated.device), scenario, host: simulated.host, seed }],
	};
}

/** Starts the TUN process; resolves when its devices are there, rejects with what it said when it fails. */
function startTunProcess(order: TunOrder): Promise<ChildProcess> {
	const child = spawn(process.execPath, [TUN_ENTRY], { stdio: ["pipe", "pipe", "pipe"] });
	return new Promise((resolve, reject) => {
		let said = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			said += text;
		});
		child.once("error", reject);
		child.once("exit", (code, signal) => {
			// We end it by a signal; when it ends by itself, packets vanish, and nobody would know why.
			if (signal === null) console.error(`The TUN process ended with ${code}:\n${said.trim()}`);
			reject(new Error(`the TUN process ended with ${code ?? signal}: ${said.trim()}`));
		});
		child.stdout.setEncoding("utf8").once("data", (text: string) => {
			if (text === TUN_READY) resolve(child);
			else reject(new Error(`the TUN process said ${text}`));
		});
		child.stdin.end(JSON.stringify(order));
	});
}

/** A TCP server that takes connections and says at most a greeting, on every address of the current namespace. */
function listenTcp(port: number, greeting: string | null): Server {
	const server = createServer((socket) => {
		socket.on("error", () => socket.destroy());
		socket.on("end", () => socket.end());
		if (greeting !== null) socket.write(greeting);
	});
	// Without a host the socket is made and bound before listen() returns, so in this namespace.
	return server.listen(port);
}

/** A UDP server that sends every datagram back, on every IPv4 and IPv6 address of the current namespace. */
function echoUdp(port: number): Socket {
	const socket = createSocket({
		type: "udp6",
		// Node binds on a later turn, outside the namespace, unless the name (always an address) is looked up at once.
		lookup: (name, _options, found) => found(null, name, 6),
	});
	socket.on("error", () => {});
	socket.on("message", (message, from) => socket.send(message, from.port, from.address, () => {}));
	socket.bind(port, "::");
	return socket;
}

interface Closable {
	/** Absent: as soon as it exists. */
	readonly ready?: Promise<void>;
	close(): unknown;
}

function furnish(name: string, plan: NodePlan): Closable[] {
	runIpBatch(plan.addressing, { namespace: name });
	for (const family of [4, 6] as const) runIpBatch(plan.policies, { namespace: name, family });
	return insideNamespace(name, () => {
		if (plan.rules !== null) loadRules(plan.rules);
		const servers: Closable[] = plan.tcpPorts.map((port) => listenTcp(port, plan.greeting));
		if (plan.udpEchoPort !== null) servers.push(echoUdp(plan.udpEchoPort));
		if (plan.udpLiteEchoPort !== null) servers.push(echoUdpLite(plan.udpLiteEchoPort));
		return servers;
	});
}

/**
 * The kernel lets packets through a device only some time after both its ends are up, and drops them until then; to be
 * asked for the state of the device makes it catch up at once.
 */
function awaitDevices(name: string, devices: readonly Interface[]): void {
	const lines = devices.map(({ link }) => `link show dev ${interfaceName(link)}`);
	runIpBatch(lines, { namespace: name });
}

async function endProcess(child: ChildProcess | null): Promise<void> {
	if (child === null || child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((resolve) => child.once("exit", resolve));
	child.kill("SIGKILL");
	await ended;
}

/** Builds the scenario, both families at once; throws after cleaning up when the machine will not have it. */
export async function openLab(scenario: Scenario, options: LabOptions = {}): Promise<Lab> {
	const world = options.world ?? (kernelObstacle(scenario) === null ? "kernel" : "tun");
	const plan = planLab(scenario, world);
	const nodes = plan.nodes.map(({ node }) => node);
	const created = createNamespaces(nodes);
	const names: Names = new Map(nodes.map((node, index) => [node, created[index] as string]));
	const servers: Closable[] = [];
	let child: ChildProcess | null = null;
	const close = async (): Promise<void> => {
		for (const server of servers.splice(0)) server.close();
		await endProcess(child);
		deleteNamespaces(created);
	};
	try {
		for (const node of plan.nodes) {
			insideNamespace(nameOf(names, node.node), () => writeSysctls(node.sysctls));
		}
		runIpBatch(plan.veths.map((veth) => vethLine(veth, names)));
		const order: TunOrder = { ...tunOrder(scenario, plan, names), realtime: options.realtime ?? false };
		if (order.wires.length + order.internets.length > 0) child = await startTunProcess(order);
		for (const node of plan.nodes) servers.push(...furnish(nameOf(names, node.node), node));
		for (const node of plan.nodes) awaitDevices(nameOf(names, node.node), interfacesOf(scenario, node.node));
		await Promise.all(servers.map(({ ready }) => ready));
	} catch (error) {
		await close();
		throw error;
	}
	return {
		scenario,
		world,
		plan,
		namespaceOf: (node) => nameOf(names, node),
		addressOf: (node, family) => nodeAddress(scenario, node, family),
		close,
	};
}

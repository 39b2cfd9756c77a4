import { createSocket } from "node:dgram";
import type { Family } from "@whither/core";
import { type Endpoint, publicAddresses, type Scenario } from "@whither/sim";
import { socketWorld } from "../../packages/sim/src/sockets.fixture.ts";
import { insideNamespace } from "./namespaces.ts";
import type { Lab } from "./topology.ts";

/** One UDP port in either world. */
export interface WorldSocket {
	readonly local: Endpoint;
	/** Whom packets came from, in order. */
	readonly heard: readonly Endpoint[];
	send(to: Endpoint): void;
}

/** A scenario of `natWorld` that stands, in memory or on a real kernel. */
export interface SocketsWorld {
	/** Opens a port of a node, on its own address unless another is given. */
	open(node: string, port: number, address?: string): WorldSocket;
	/** Resolves once everything that was sent has arrived or will never. */
	settle(): Promise<void>;
	close(): void;
}

/** The scenario in virtual time. */
export function simulatedWorld(scenario: Scenario, family: Family): SocketsWorld {
	const world = socketWorld(scenario, family);
	return {
		open(node, port, address) {
			const socket = world.open(node, port, address);
			return {
				local: socket.local,
				get heard() {
					return socket.heard.map(({ remote }) => remote);
				},
				send: (to) => socket.send(to),
			};
		},
		settle: async () => world.pass(),
		close() {},
	};
}

/** Port of the server that answers markers. */
const MARKER_PORT = 9;
const PACKET = Buffer.from("packet");
/** A marker that a busy kernel lost is sent again. */
const REPEAT_MS = 200;
/** A test that waits longer than this has lost a marker, which no NAT may do. */
const PATIENCE_MS = 10_000;

/** A socket of a namespace, bound before this returns. */
export function openBound(namespace: string, { address, port }: Endpoint, family: Family) {
	return insideNamespace(namespace, () => {
		const made = createSocket({ type: `udp${family}`, lookup: (name, _options, found) => found(null, name, family) });
		return made.bind(port, address);
	});
}

/**
 * The scenario on a real kernel. No time is waited for: packets of one way arrive in the order that they were sent in, so
 * that after an answered marker along the same way all that came before it has come, or was dropped.
 */
export function kernelWorld(lab: Lab, family: Family): SocketsWorld {
	const { scenario } = lab;
	const [server = ""] = publicAddresses(scenario, "srv", family);
	const answering = openBound(lab.namespaceOf("srv"), { address: server, port: MARKER_PORT }, family);
	answering.on("message", (marker, from) => answering.send(marker, from.port, from.address));
	const sockets = [answering];
	const markers: (() => Promise<void>)[] = [];
	return {
		open(node, port, address = lab.addressOf(node, family)) {
			const local = { address, port };
			const socket = openBound(lab.namespaceOf(node), local, family);
			sockets.push(socket);
			const heard: Endpoint[] = [];
			let marked: () => void = () => {};
			let expected = "";
			socket.on("message", (message, from) => {
				if (message.equals(PACKET)) heard.push({ address: from.address, port: from.port });
				else if (message.toString() === expected) marked();
			});
			socket.on("error", () => {});
			const mark = () =>
				new Promise<void>((resolve, reject) => {
					expected = `marker ${performance.now()}`;
					const send = () => socket.send(expected, MARKER_PORT, server);
					const repeat = setInterval(send, REPEAT_MS);
					const limit = setTimeout(() => end(reject), PATIENCE_MS);
					const end = (settled: (reason?: unknown) => void) => {
						clearInterval(repeat);
						clearTimeout(limit);
						settled(new Error(`${node}: no marker came back`));
					};
					marked = () => end(() => resolve());
					send();
				});
			if (node !== "srv") markers.push(mark);
			return { local, heard, send: (to) => socket.send(PACKET, to.port, to.address) };
		},
		async settle() {
			// Twice, since what one host had sent to another may come after that one's marker.
			for (let round = 1; round <= 2; round++) for (const mark of markers) await mark();
		},
		close() {
			for (const socket of sockets.splice(0)) socket.close();
		},
	};
}

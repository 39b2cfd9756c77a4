import { createSocket } from "node:dgram";
import { type Family, MILLISECOND } from "@whither/core";
import { type Endpoint, Internet, type ProgramInput, publicAddresses, type Scenario } from "@whither/sim";
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
	const internet = new Internet({ scenario, family });
	let now = 0;
	return {
		open(node, port, address = internet.address(node)) {
			const heard: Endpoint[] = [];
			const local = { address, port };
			const step = (input: ProgramInput) => {
				if (input.type === "datagram") heard.push(input.datagram.remote);
				return [];
			};
			const holds = (at: Endpoint) => at.port === port && at.address === address;
			const program = internet.attach(node, { holds, step, deadline: null }, now);
			return { local, heard, send: (remote) => program.send([{ local, remote, payload: Uint8Array.of(1) }], now) };
		},
		async settle() {
			now += 100 * MILLISECOND;
			internet.advance(now);
		},
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
function openBound(namespace: string, { address, port }: Endpoint, family: Family) {
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
			for (const round of [1, 2])
				for (const mark of markers) await mark().catch((error) => Promise.reject(error ?? round));
		},
		close() {
			for (const socket of sockets.splice(0)) socket.close();
		},
	};
}

import type { Socket } from "node:dgram";
import { type Instant, MILLISECOND } from "@whither/core";
import {
	type AttachedProgram,
	type CallScenario,
	type CallWorld,
	callWorld,
	type Datagram,
	type DatagramProgram,
	type Endpoint,
	type ProgramInput,
} from "@whither/sim";
import { openBound } from "../both-worlds.fixture.ts";
import { type Lab, openLab } from "../topology.ts";

/** A call's world on real kernels: its nodes are namespaces, and the programs on them have sockets of this process. */
export interface KernelCall {
	readonly world: CallWorld;
	now(): Instant;
	close(): Promise<void>;
}

/** Every socket that the call will need, RTCP's as well: a program opens none by itself. */
function placesOf({ a, b, server }: CallScenario): readonly (readonly [node: string, ports: readonly number[]])[] {
	const [first, last] = server.relayPorts;
	const relays = Array.from({ length: last - first + 1 }, (_, index) => first + index);
	return [
		[a.node, [a.port, a.port + 1]],
		[b.node, [b.port, b.port + 1]],
		[server.node, [server.stunPort, server.relayPort, ...relays]],
	];
}

/** Builds it. */
export async function openKernelCall(scenario: CallScenario): Promise<KernelCall> {
	const lab = await openLab(callWorld(scenario, { seed: 1 }), { world: "kernel" });
	const world = new KernelWorld(lab);
	for (const [node, ports] of placesOf(scenario)) for (const port of ports) world.open(node, port);
	return {
		world,
		now: () => world.now(),
		close: async () => {
			world.close();
			await lab.close();
		},
	};
}

const keyOf = ({ address, port }: Endpoint) => `${address} ${port}`;

/** Programs of simulated hosts on real sockets, all in this process. */
class KernelWorld implements CallWorld {
	readonly #lab: Lab;
	readonly #startedAt = performance.now();
	readonly #sockets = new Map<string, Socket>();
	readonly #running: { readonly node: string; readonly running: RunningProgram }[] = [];
	readonly #timers = new Set<NodeJS.Timeout>();

	constructor(lab: Lab) {
		this.#lab = lab;
	}

	now(): Instant {
		return Math.round((performance.now() - this.#startedAt) * MILLISECOND);
	}

	address(node: string): string {
		return this.#lab.addressOf(node, 4);
	}

	open(node: string, port: number): void {
		const local = { address: this.address(node), port };
		const socket = openBound(this.#lab.namespaceOf(node), local, 4);
		socket.on("error", () => {});
		socket.on("message", (message, { address, port: from }) => {
			const datagram = { local, remote: { address, port: from }, payload: Uint8Array.from(message) };
			const found = this.#running.find((each) => each.node === node && each.running.program.holds(local));
			found?.running.step({ type: "datagram", datagram });
		});
		this.#sockets.set(keyOf(local), socket);
	}

	attach(node: string, program: DatagramProgram): AttachedProgram {
		const running = new RunningProgram(program, {
			now: () => this.now(),
			send: (datagrams) => this.#send(datagrams),
			schedule: (at, action) => this.schedule(at, action),
		});
		this.#running.push({ node, running });
		running.step({ type: "tick" });
		return {
			wake: () => running.step({ type: "tick" }),
			send: (datagrams) => this.#send(datagrams),
			await: () => running.await(),
			detach: () => {},
		};
	}

	schedule(at: Instant, action: () => void): void {
		const timer = setTimeout(
			() => {
				this.#timers.delete(timer);
				action();
			},
			Math.max(0, Math.ceil((at - this.now()) / MILLISECOND)),
		);
		this.#timers.add(timer);
	}

	close(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		for (const socket of this.#sockets.values()) socket.close();
		this.#timers.clear();
		this.#sockets.clear();
	}

	#send(datagrams: readonly Datagram[]): void {
		for (const { local, remote, payload } of datagrams) {
			const socket = this.#sockets.get(keyOf(local));
			if (socket === undefined) throw new RangeError(`no socket is at ${keyOf(local)}`);
			socket.send(payload, remote.port, remote.address);
		}
	}
}

interface ProgramPowers {
	readonly now: () => Instant;
	readonly send: (datagrams: readonly Datagram[]) => void;
	readonly schedule: (at: Instant, action: () => void) => void;
}

/** One program with its deadline. */
class RunningProgram {
	readonly program: DatagramProgram;
	readonly #powers: ProgramPowers;
	#wakesAt = Number.POSITIVE_INFINITY;

	constructor(program: DatagramProgram, powers: ProgramPowers) {
		this.program = program;
		this.#powers = powers;
	}

	step(input: ProgramInput): void {
		this.#powers.send(this.program.step(input, this.#powers.now()));
		this.await();
	}

	await(): void {
		const at = this.program.deadline?.at ?? Number.POSITIVE_INFINITY;
		if (at >= this.#wakesAt) return;
		this.#wakesAt = at;
		this.#powers.schedule(at, () => {
			// A sooner deadline has been asked for since, and has its own call.
			if (this.#wakesAt !== at) return;
			this.#wakesAt = Number.POSITIVE_INFINITY;
			this.step({ type: "tick" });
		});
	}
}

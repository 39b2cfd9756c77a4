import { type Family, MILLISECOND } from "@whither/core";
import { Internet } from "./internet.ts";
import type { AttachedProgram, Datagram, DatagramError, Endpoint, ProgramInput } from "./program.ts";
import type { Scenario } from "./scenario.ts";

/** One UDP port of a simulated host, for tests: it says what came, and sends what it is told to. */
export interface SimSocket {
	readonly local: Endpoint;
	readonly heard: readonly Datagram[];
	readonly errors: readonly DatagramError[];
	send(remote: Endpoint, payload?: Uint8Array): void;
}

/** Everything of a simulated internet that a test of datagrams needs, with one clock. */
export interface SocketWorld {
	readonly internet: Internet;
	readonly nowMs: number;
	/** Opens a port of a host, on its own address unless another is given. */
	open(node: string, port: number, address?: string): SimSocket;
	/** Lets so much time pass; default long enough for everything to arrive. */
	pass(ms?: number): void;
}

/** Opens a scenario for sockets. */
export function socketWorld(scenario: Scenario, family: Family): SocketWorld {
	const internet = new Internet({ scenario, family });
	let now = 0;
	const open = (node: string, port: number, address = internet.address(node)): SimSocket => {
		const local = { address, port };
		const heard: Datagram[] = [];
		const errors: DatagramError[] = [];
		const step = (input: ProgramInput) => {
			if (input.type === "datagram") heard.push(input.datagram);
			if (input.type === "error") errors.push(input.error);
			return [];
		};
		const holds = (at: Endpoint) => at.port === port && at.address === address;
		const attached: AttachedProgram = internet.attach(node, { holds, step, deadline: null }, now);
		const send = (remote: Endpoint, payload = Uint8Array.of(1)) => attached.send([{ local, remote, payload }], now);
		return { local, heard, errors, send };
	};
	const pass = (ms = 1000) => {
		now += ms * MILLISECOND;
		internet.advance(now);
	};
	return {
		internet,
		open,
		pass,
		get nowMs() {
			return now / MILLISECOND;
		},
	};
}

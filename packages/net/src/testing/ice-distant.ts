/** Connections of other processes, in namespaces, as tests hold them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { IceOwnDescription, IceRole, IceState } from "@whither/core";
import type { IceConnection, IceListener, IceOrder } from "../ice/ice-io.ts";
import type { IceChildInput, IceChildOutput } from "./ice-child.ts";
import { IceTalk } from "./ice-talk.ts";
import type { LiveChild } from "./live-run.ts";

/** A child that drives one. */
export class DistantConnection implements IceConnection {
	readonly role: IceRole;
	readonly pairs = [];
	readonly begun: Promise<void>;
	readonly #process: ChildProcess;
	#own: IceOwnDescription | null = null;
	#state: IceState = "new";
	#listener: IceListener | null = null;
	/** What came before anybody listened. */
	#early: IceChildOutput[] = [];

	constructor(namespace: string, { file }: LiveChild, order: IceOrder) {
		this.role = order.role;
		const command = ["netns", "exec", namespace, process.execPath, file, "ice", JSON.stringify(order)];
		this.#process = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"] });
		const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
		this.begun = new Promise((resolve) => {
			lines.on("line", (line) => {
				const output = JSON.parse(line) as IceChildOutput;
				this.#own = output.own;
				if ("begun" in output) resolve();
				else if (this.#listener === null) this.#early.push(output);
				else this.#tell(output);
			});
		});
	}

	listen(listener: IceListener): this {
		this.#listener = listener;
		for (const output of this.#early.splice(0)) this.#tell(output);
		return this;
	}

	get own(): IceOwnDescription {
		if (this.#own === null) throw new Error("it has not begun");
		return this.#own;
	}

	get state(): IceState {
		return this.#state;
	}

	now(): number {
		return 0;
	}

	flow(): null {
		return null;
	}

	peer(peer: Parameters<IceConnection["peer"]>[0]): void {
		this.#say({ peer });
	}

	addRemote(candidates: Parameters<IceConnection["addRemote"]>[0]): void {
		this.#say({ candidates });
	}

	endOfRemote(): void {
		this.#say({ end: true });
	}

	withoutIce(withoutIce: Parameters<IceConnection["withoutIce"]>[0]): void {
		this.#say({ withoutIce });
	}

	send(bytes: Uint8Array): void {
		this.#say({ send: new TextDecoder().decode(bytes) });
	}

	restart(): void {
		this.#say({ restart: true });
	}

	/** Ends the process, which is to close its connection in order. */
	async close(): Promise<void> {
		if (this.#process.exitCode !== null) return;
		const exited = once(this.#process, "exit");
		this.#process.stdin?.end();
		await exited;
	}

	#say(input: IceChildInput): void {
		this.#process.stdin?.write(`${JSON.stringify(input)}\n`);
	}

	#tell(output: IceChildOutput): void {
		if ("event" in output && output.event.kind === "state") this.#state = output.event.state;
		if ("event" in output) this.#listener?.event(output.event, 0);
		else if ("datagram" in output) {
			const { text, ...rest } = output.datagram;
			this.#listener?.data({ ...rest, bytes: new TextEncoder().encode(text) });
		}
	}
}

/** Two of them in two namespaces. */
export async function distantTalk(
	namespaces: readonly [string, string],
	child: LiveChild,
	order: Omit<IceOrder, "role">,
): Promise<IceTalk> {
	const [a, b] = [
		new DistantConnection(namespaces[0], child, { ...order, role: "controlling" }),
		new DistantConnection(namespaces[1], child, { ...order, role: "controlled" }),
	];
	await Promise.all([a.begun, b.begun]);
	return new IceTalk(({ role }, listener) => (role === "controlling" ? a : b).listen(listener), order);
}

/** Runs a SIP user agent on this machine's sockets, clock and names. */
import { SipAgent } from "./agent/agent.ts";
import type { SipAgentInput, SipAgentOutput, SipEvent } from "./agent/agent-io.ts";
import type { SipListener, SipOrder, SipUser } from "./sip-io.ts";
import type { SipHop } from "./transport/hop.ts";
import { locateSip, type SipNames } from "./transport/locate.ts";
import { type SipSurroundings, thisMachine } from "./transport/surroundings.ts";
import { systemNames } from "./transport/system-names.ts";
import type { SipTransportFailure } from "./transport/transport-io.ts";
import { familiesOf, SipTransports } from "./transport/transports.ts";

/** What was under way may take so long once it is to close; ours. */
const CLOSING_MS = 4_500;
/** Longest delay that a Node timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** Opens one; a failure where a place that it is to listen on cannot be had. */
export async function openSip(order: SipOrder, listener: SipListener): Promise<SipUser | SipTransportFailure> {
	const machine = thisMachine();
	if ("errnoName" in machine) return { code: "system", error: machine };
	return openSipOn(machine, systemNames(), order, listener);
}

/** The same on any machine. */
export async function openSipOn(
	machine: SipSurroundings,
	names: SipNames & { close(): void },
	order: SipOrder,
	listener: SipListener,
): Promise<SipUser | SipTransportFailure> {
	let run: SipRun | null = null;
	const transports = await SipTransports.open(
		order,
		{
			received: (bytes, from, at) => run?.received(bytes, from, at),
			failed: (to, why) => run?.failed(to, why),
		},
		machine,
	);
	if ("code" in transports) return transports;
	const agent = new SipAgent({ ...order, secret: machine.drawSecret(), local: transports.local });
	run = new SipRun(agent, { machine, names, transports, listener });
	return run.user;
}

interface RunParts {
	readonly machine: SipSurroundings;
	readonly names: SipNames & { close(): void };
	readonly transports: SipTransports;
	readonly listener: SipListener;
}

/** One agent that runs. */
class SipRun {
	readonly user: SipUser;
	readonly #agent: SipAgent;
	readonly #parts: RunParts;
	readonly #waiting: SipAgentInput[] = [];
	readonly #calls = new Set<number>();
	#isRegistered = false;
	#isStepping = false;
	#isClosed = false;
	#stopTimer: () => void = () => {};
	#closing: { readonly done: Promise<void>; readonly end: () => void } | null = null;

	constructor(agent: SipAgent, parts: RunParts) {
		this.#agent = agent;
		this.#parts = parts;
		this.user = this.#userOf(parts.transports);
	}

	received(bytes: Uint8Array, from: SipHop, at: number): void {
		this.#parts.listener.message?.({ direction: "in", hop: from, bytes, at });
		this.#hear({ type: "received", bytes, from });
	}

	failed(to: SipHop, why: string): void {
		if (this.#isClosed) return;
		this.#parts.listener.failed?.(to, why);
		this.#hear({ type: "transportFailed", to, why });
	}

	#userOf({ local }: SipTransports): SipUser {
		let lastCall = 0;
		return {
			local,
			register: (expiresSeconds) =>
				this.#hear({ type: "register", ...(expiresSeconds === undefined ? {} : { expiresSeconds }) }),
			unregister: () => this.#hear({ type: "unregister" }),
			call: (to, invitation) => {
				const call = ++lastCall;
				this.#calls.add(call);
				this.#hear({ ...invitation, type: "call", call, to });
				return call;
			},
			respond: (call, reply) => this.#hear({ ...reply, type: "respond", call }),
			offer: (call, body, method) =>
				this.#hear({ type: "offer", call, body, ...(method === undefined ? {} : { method }) }),
			answer: (call, body) => this.#hear({ type: "answer", call, body }),
			refuse: (call, status, body) =>
				this.#hear({ type: "refuse", call, status, ...(body === undefined ? {} : { body }) }),
			info: (call, infoPackage, body) => this.#hear({ type: "info", call, package: infoPackage, body }),
			hangUp: (call, status, reason) => {
				const said = { ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { reason }) };
				this.#hear({ type: "hangUp", call, ...said });
			},
			close: () => this.#close(),
		};
	}

	/** What comes while a step is being carried out waits for its end. */
	#hear(input: SipAgentInput): void {
		if (this.#isClosed) return;
		this.#waiting.push(input);
		if (this.#isStepping) return;
		this.#isStepping = true;
		try {
			for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
				for (const output of this.#step(next)) this.#carryOut(output);
			}
		} finally {
			this.#isStepping = false;
		}
		this.#arm();
	}

	/** A defect of ours costs the message that met it, lest any stranger's ends the program. */
	#step(input: SipAgentInput): readonly SipAgentOutput[] {
		const now = this.#parts.machine.now();
		if (input.type !== "received") return this.#agent.step(input, now);
		try {
			return this.#agent.step(input, now);
		} catch (defect) {
			this.#parts.listener.failed?.(input.from, "defect");
			this.#parts.listener.ignored?.(`defect: ${String(defect)}`);
			return [];
		}
	}

	#carryOut(output: SipAgentOutput): void {
		const { transports, listener, machine } = this.#parts;
		if (this.#isClosed) return;
		if (output.type === "event") this.#told(output.event);
		else if (output.type === "ignored") listener.ignored?.(output.reason);
		else if (output.type === "locate") void this.#locate(output.key, output.uri);
		else {
			listener.message?.({ direction: "out", hop: output.to, bytes: output.bytes, at: machine.now() });
			this.#need();
			transports.send(output.bytes, output.to);
		}
	}

	/** A mistake of ours in there must not leave the agent without an answer. */
	async #locate(key: number, uri: string): Promise<void> {
		const { transports, machine, names } = this.#parts;
		const reach = {
			transports: (["udp", "tcp", "tls"] as const).filter((one) =>
				transports.local.some((hop) => hop.transport === one),
			),
			families: familiesOf(transports.local),
			draw: () => machine.draw(),
		};
		const found = await locateSip(uri, names, reach).catch(() => []);
		const hops = found.map((hop) => {
			const ours = machine.addressTowards(hop);
			return ours === null ? hop : { ...hop, ours };
		});
		this.#hear({ type: "located", key, hops });
	}

	#told(event: SipEvent): void {
		if (event.kind === "registered") this.#isRegistered = true;
		else if (event.kind === "unregistered") this.#isRegistered = false;
		else if (event.kind === "incoming") this.#calls.add(event.call);
		else if (event.kind === "ended") this.#calls.delete(event.call);
		this.#need();
		this.#parts.listener.event(event);
		if (event.kind === "closed") this.#end();
	}

	#need(): void {
		this.#parts.transports.need(this.#isRegistered || this.#calls.size > 0);
	}

	#arm(): void {
		this.#stopTimer();
		const { deadline } = this.#agent;
		if (deadline === null || this.#isClosed) return;
		const delayMs = Math.ceil((deadline.at - this.#parts.machine.now()) / 1e6);
		this.#stopTimer = this.#parts.machine.after(Math.min(Math.max(delayMs, 0), MOST_MS), () =>
			this.#hear({ type: "timer" }),
		);
	}

	#close(): Promise<void> {
		if (this.#closing !== null) return this.#closing.done;
		let end = (): void => {};
		const done = new Promise<void>((resolve) => {
			end = resolve;
		});
		this.#closing = { done, end };
		if (this.#isClosed) end();
		else {
			const stop = this.#parts.machine.after(CLOSING_MS, () => this.#end());
			void done.then(stop);
			this.#hear({ type: "close" });
		}
		return done;
	}

	#end(): void {
		if (!this.#isClosed) {
			this.#isClosed = true;
			this.#stopTimer();
			this.#parts.transports.close();
			this.#parts.names.close();
		}
		this.#closing?.end();
	}
}

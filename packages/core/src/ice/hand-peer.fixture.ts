/** A peer that a test plays by hand: it sends what checks it likes, and answers ours as it likes. */
import {
	attributeOf,
	decodeStun,
	encodeStun,
	type IceCandidateLine,
	isDecodeError,
	type StunAddress,
	type StunItem,
	type StunMessage,
	shortTermKey,
} from "@whither/wire";
import type { Instant } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import type { IceAgentConfig, IceAgentInput, IceEvent } from "./ice-io.ts";

/** A request of the agent's that nobody has answered yet. */
export interface Asked {
	readonly to: StunAddress;
	readonly message: StunMessage;
}

const PWD = "0123456789012345678901";

const OURS = { address: "198.51.100.1", port: 5000 };

/** The agent under test, with one socket, and the peer. */
export class HandPeer {
	readonly agent: IceAgent;
	readonly events: IceEvent[] = [];
	readonly ignored: string[] = [];
	asked: Asked[] = [];
	now: Instant = 0;
	#checks = 0;

	constructor(config: Partial<IceAgentConfig>, options: readonly string[]) {
		this.agent = new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlled", ...config });
		this.step({ type: "base", base: 0, at: OURS });
		this.step({ type: "basesComplete" });
		// It agrees to whatever pace the agent offers.
		this.step({ type: "peer", peer: { ufrag: "peer", pwd: PWD, options, pacingMs: config.pacingMs ?? null } });
	}

	step(input: IceAgentInput): void {
		for (const output of this.agent.step(input, this.now)) {
			if (output.type === "event") this.events.push(output.event);
			if (output.type === "ignored") this.ignored.push(output.reason);
			const message = output.type === "send" ? decodeStun(output.bytes) : null;
			if (output.type === "send" && message !== null && !isDecodeError(message) && message.class === "request")
				this.asked.push({ to: output.to, message });
		}
	}

	/** Lets time pass, deadline by deadline; `answers`: with a success to every request at once. */
	pass(until: Instant, answers = true): void {
		for (let at = this.agent.deadline?.at; at !== undefined && at <= until; at = this.agent.deadline?.at) {
			this.now = Math.max(at, this.now);
			this.step({ type: "timer" });
			if (answers) this.answerAll();
		}
		this.now = until;
	}

	/** A check of the peer's from there. */
	check(from: StunAddress, items: readonly StunItem[]): void {
		const transactionId = new Uint8Array(12);
		transactionId[0] = ++this.#checks;
		const attributes: StunItem[] = [{ name: "username", value: `${this.agent.own.ufrag}:peer` }, ...items];
		attributes.push({ name: "messageIntegrity", key: shortTermKey(this.agent.own.pwd) }, { name: "fingerprint" });
		const bytes = encodeStun({ class: "request", method: "binding", transactionId, attributes });
		this.step({ type: "received", base: 0, from, bytes });
	}

	answerAll(): void {
		for (const asked of this.asked.splice(0)) this.answer(asked, "success");
	}

	/** An answer to one request, by default with where it came from; from another place than it went to where `from` says so. */
	answer(
		{ to, message }: Asked,
		kind: "success" | "error",
		more: readonly StunItem[] = [],
		from = to,
		seen = OURS,
	): void {
		const mapped: StunItem = { name: "xorMappedAddress", value: seen };
		const attributes: StunItem[] = [...(kind === "success" ? [mapped] : []), ...more];
		attributes.push({ name: "messageIntegrity", key: shortTermKey(PWD) }, { name: "fingerprint" });
		const { transactionId } = message;
		const bytes = encodeStun({ class: kind, method: "binding", transactionId, attributes });
		this.step({ type: "received", base: 0, from, bytes });
	}

	/** The address that is sent to now. */
	get selected(): string | null {
		const last = this.events.findLast((event) => event.kind === "selected");
		return last?.kind === "selected" ? last.pair.remote.address : null;
	}
}

/** A host candidate of the peer's. */
export function hostLine(address: string, priority: number): IceCandidateLine {
	return {
		...{ foundation: String(priority), component: 1, transport: "udp", priority, address, port: 7000, type: "host" },
		...{ related: null, tcpType: null, extensions: [] },
	} as IceCandidateLine;
}

/** Whether a request nominates. */
export function nominates({ message }: Asked): boolean {
	return attributeOf(message, "useCandidate") === true;
}

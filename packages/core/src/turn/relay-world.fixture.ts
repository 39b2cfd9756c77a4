/** Our TURN client and our TURN server, and peers that send everything back, in one process and virtual time. */
import type { StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../machine.ts";
import type { TurnClientConfig, TurnClientEvent, TurnClientInput, TurnClientOutput } from "./client/client-io.ts";
import { TurnClient } from "./client/turn-client.ts";
import { CONFIG, PEER, USER } from "./server/server.fixture.ts";
import { TurnServer } from "./server/server.ts";
import type { TurnServerConfig, TurnServerInput, TurnServerOutput } from "./server/server-io.ts";

export { PEER };
export const SERVERS: Readonly<Record<4 | 6, StunAddress>> = {
	4: { address: "8.8.0.2", port: 3478 },
	6: { address: "2606:4700::2", port: 3478 },
};

/** The client's address by its socket: the family is the server's. */
export function homeOf(family: 4 | 6, local: number): StunAddress {
	return { address: family === 4 ? "9.9.0.7" : "2606:4700::7", port: 40_000 + local };
}

interface WorldOptions {
	readonly family?: 4 | 6;
	readonly leg?: "udp" | "tcp";
	readonly client?: Partial<TurnClientConfig>;
	readonly server?: Partial<TurnServerConfig>;
}

/** The two, joined: nothing between them takes time. */
export class RelayWorld {
	readonly client: TurnClient;
	readonly server: TurnServer;
	readonly events: TurnClientEvent[] = [];
	readonly ignored: string[] = [];
	/** Packets that the relay sent to peers. */
	relayed: { readonly to: StunAddress; readonly bytes: Uint8Array; readonly dontFragment: boolean }[] = [];
	/** What the server put out but packets. */
	readonly asked: TurnServerOutput[] = [];
	/** Whether the server hears the client. */
	joined = true;
	now: Instant = 0;
	readonly #family: 4 | 6;
	readonly #transport: "datagram" | "stream";

	constructor({ family = 4, leg = "udp", client, server }: WorldOptions = {}) {
		this.#family = family;
		this.#transport = leg === "udp" ? "datagram" : "stream";
		const credentials = { kind: "longTerm", ...USER } as const;
		const base = { secret: new Uint8Array(32).fill(2), server: SERVERS[family], leg, credentials };
		this.client = new TurnClient({ ...base, ...client });
		this.server = new TurnServer({ ...CONFIG, ...server });
		this.step({ type: "allocate" });
	}

	step(input: TurnClientInput): void {
		for (const output of this.client.step(input, this.now)) this.#takeOfClient(output);
	}

	/** An input of the server's. */
	serve(input: TurnServerInput): void {
		for (const output of [...this.server.step(input, this.now)]) this.#takeOfServer(output);
	}

	/** Lets time pass for both, deadline by deadline. */
	pass(seconds: number): void {
		const until = this.now + seconds * SECOND;
		const next = () =>
			Math.min(
				this.client.deadline?.at ?? Number.POSITIVE_INFINITY,
				this.server.deadline?.at ?? Number.POSITIVE_INFINITY,
			);
		for (let at = next(); at <= until; at = next()) {
			this.now = Math.max(at, this.now);
			this.step({ type: "timer" });
			this.serve({ type: "timer" });
		}
		this.now = until;
	}

	told<Kind extends TurnClientEvent["kind"]>(kind: Kind): readonly Extract<TurnClientEvent, { kind: Kind }>[] {
		return this.events.filter((event): event is Extract<TurnClientEvent, { kind: Kind }> => event.kind === kind);
	}

	#takeOfClient(output: TurnClientOutput): void {
		if (output.type === "event") this.events.push(output.event);
		else if (output.type === "ignored") this.ignored.push(output.reason);
		else if (this.joined) {
			const from = homeOf(this.#family, output.local);
			this.serve({ type: "received", bytes: output.bytes, from, local: 0, transport: this.#transport });
		}
	}

	#takeOfServer(output: TurnServerOutput): void {
		if (output.type === "send") {
			const local = output.to.port - 40_000;
			this.step({ type: "received", bytes: output.bytes.slice(), from: SERVERS[this.#family], local });
		} else if (output.type === "openRelay") this.serve({ type: "relayOpened", relay: output.relay });
		else if (output.type === "relaySend") {
			const { relay, to, dontFragment } = output;
			const bytes = output.bytes.slice();
			this.relayed.push({ to, bytes, dontFragment });
			this.serve({ type: "relayReceived", relay, from: to, bytes });
		} else this.asked.push(output);
	}
}

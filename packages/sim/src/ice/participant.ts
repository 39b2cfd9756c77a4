/** One of the two who meet: an agent on its host, what it tells, what it sends and what arrives. */
import {
	type Family,
	type IceEvent,
	type IcePairReport,
	type IceRole,
	type Instant,
	MILLISECOND,
	type TurnClientConfig,
} from "@whither/core";
import type { BothFamilies } from "../both-families.ts";
import type { AttachedProgram } from "../program.ts";
import { type IcePlace, IceProgram } from "./ice-program.ts";
import type { SessionSpec, Side } from "./session-spec.ts";
import { serverAddress } from "./world.ts";

/** Everybody's user at the server. */
export const USER = { username: "alice", password: "sesame" } as const;
export const SERVER_PORT = 3478;
const [MEDIA_PORT, RELAY_PORT] = [40_000, 40_001];
const REQUEST = 0x0001;
/** Of data: RTP's, so that nobody takes it for STUN (RFC 7983). */
const DATA_FIRST_BYTE = 0x80;

/** The pair that was selected, and when. */
export interface Selected {
	readonly at: Instant;
	readonly pair: IcePairReport;
}

/** Datagrams of a participant's, each with its number. */
export interface Delivery {
	readonly number: number;
	readonly at: Instant;
}

/** One of the two on his host. */
export class Participant {
	readonly side: Side;
	readonly program: IceProgram;
	readonly selections: Selected[] = [];
	/** When transactions of the agent's began. */
	readonly beginnings: Instant[] = [];
	/** The last time that the agent sent anything. */
	sentAt: Instant = Number.NEGATIVE_INFINITY;
	/** Data that left, and that came. */
	readonly sent: Delivery[] = [];
	readonly came: Delivery[] = [];
	/** Data that was not for him. */
	strays = 0;
	attached: AttachedProgram | null = null;
	readonly #spec: SessionSpec;
	readonly #known = new Set<string>();
	#moves = 0;

	constructor(
		spec: SessionSpec,
		side: Side,
		world: BothFamilies,
		host: string,
		hear: (event: IceEvent, at: Instant) => void,
	) {
		this.side = side;
		this.#spec = spec;
		const [ofA, ofB] = spec.pacingMs;
		const pacingMs = side === "a" ? ofA : ofB;
		const stunServers = spec.families.map((family) => ({ address: serverAddress(world, family), port: SERVER_PORT }));
		this.program = new IceProgram({
			agent: { secret: this.#secret(0), role: roleOf(spec, side), stunServers, pacingMs },
			place: this.place(world, host),
			hear: (event, at) => {
				if (event.kind === "selected") this.selections.push({ at, pair: event.pair });
				hear(event, at);
			},
			sends: (bytes, at) => this.#note(bytes, at),
			data: (bytes, at) => this.#receive(bytes, at),
		});
	}

	/** Sockets and relays on a host, in every family. */
	place(world: BothFamilies, host: string): IcePlace {
		const { families, relay } = this.#spec;
		this.#moves++;
		const ports = { media: MEDIA_PORT + 10 * this.#moves, relay: RELAY_PORT + 10 * this.#moves };
		const address = (family: Family) => world.of(family).address(host);
		const relayAt = (family: Family) => ({
			socket: { address: address(family), port: ports.relay },
			client: this.#turnConfig(serverAddress(world, family), family),
		});
		return {
			sockets: families.map((family) => ({ address: address(family), port: ports.media })),
			relays: relay ? families.map(relayAt) : [],
		};
	}

	/** The selected pair as it stands: signalling may tell what a check has found before; null: there is none. */
	get selected(): IcePairReport | null {
		return this.program.agent.pairs.find(({ selected }) => selected) ?? null;
	}

	/** Sends the next datagram to the other. */
	talk(now: Instant): void {
		const number = this.sent.length;
		const bytes = new Uint8Array(10);
		const view = new DataView(bytes.buffer);
		view.setUint8(0, DATA_FIRST_BYTE);
		view.setUint8(1, this.side.charCodeAt(0));
		view.setUint32(2, this.#spec.seed >>> 0);
		view.setUint32(6, number);
		this.sent.push({ number, at: now });
		this.program.hand({ type: "send", bytes });
		this.attached?.wake(now);
	}

	#receive(bytes: Uint8Array, at: Instant): void {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const isOurs = bytes.length === 10 && view.getUint32(2) === this.#spec.seed >>> 0;
		if (!isOurs || view.getUint8(1) === this.side.charCodeAt(0)) this.strays++;
		else this.came.push({ number: view.getUint32(6), at });
	}

	#note(bytes: Uint8Array, at: Instant): void {
		this.sentAt = at;
		if (bytes.length < 20 || ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0) !== REQUEST) return;
		const id = String.fromCharCode(...bytes.subarray(8, 20));
		if (this.#known.has(id)) return;
		this.#known.add(id);
		this.beginnings.push(at);
	}

	#turnConfig(server: string, family: Family): TurnClientConfig {
		const credentials = { kind: "longTerm", ...USER } as const;
		const secret = this.#secret(family + 16 * this.#moves);
		return { secret, server: { address: server, port: SERVER_PORT }, credentials, allocation: { family } };
	}

	/** Nothing here is secret; all of them differ. */
	#secret(number: number): Uint8Array {
		const { seed } = this.#spec;
		const secret = Uint8Array.from({ length: 32 }, (_, index) => (seed >> (8 * (index & 3))) & 0xff);
		secret[31] = this.side === "a" ? 1 : 2;
		secret[30] = number & 0xff;
		return secret;
	}
}

function roleOf({ roles }: SessionSpec, side: Side): IceRole {
	if (roles === "bothControlling") return "controlling";
	if (roles === "bothControlled") return "controlled";
	return side === "a" ? "controlling" : "controlled";
}

/** Whether two transactions of an agent's began less than Ta apart until `until`; how far, in milliseconds; null: none did. */
export function hurriedBy(
	{ beginnings }: Participant,
	taMsAt: (at: Instant) => number,
	from: Instant,
	until: Instant,
): number | null {
	let before = Number.NEGATIVE_INFINITY;
	for (const at of beginnings) {
		// At `from` itself somebody may still say farewell to the network that he leaves.
		if (at <= from || at > until) continue;
		if (at - before < taMsAt(at) * MILLISECOND) return (at - before) / MILLISECOND;
		before = at;
	}
	return null;
}

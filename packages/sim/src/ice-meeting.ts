/** Two people behind NATs of any kinds, who meet: a world, a server, two agents and what signalling carries. */
import {
	type Family,
	type IceAgentInput,
	type IceEvent,
	type IcePairReport,
	type Instant,
	MILLISECOND,
	SECOND,
} from "@whither/core";
import { IceProgram } from "./ice-program.ts";
import { Internet } from "./internet.ts";
import type { NatKind } from "./nat-kinds.ts";
import type { AttachedProgram } from "./program.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { publicAddresses } from "./topology.ts";
import { TurnServerProgram } from "./turn-programs.ts";

/** Who meets, and through what. */
export interface MeetingSpec {
	readonly a: NatKind;
	readonly b: NatKind;
	readonly family: Family;
	readonly seed: number;
	/** Of each link, one way. */
	readonly delayMs?: number;
	/** Of each link, one way; 0 to 1. */
	readonly loss?: number;
	/** Packets that others overtake, likewise. */
	readonly reorder?: number;
	/** Ta of both, in milliseconds; default 5. */
	readonly pacingMs?: number;
	/** How long signalling takes; default 20. */
	readonly signallingMs?: number;
	/** Default true. */
	readonly relay?: boolean;
}

/** One of the two. */
export interface Participant {
	readonly program: IceProgram;
	readonly attached: AttachedProgram;
	readonly events: { readonly at: Instant; readonly event: IceEvent }[];
}

const USER = { username: "alice", password: "sesame" } as const;
const SERVER_SECRET = new Uint8Array(32).fill(5);
const STUN_PORT = 3478;
const [MEDIA_PORT, RELAY_PORT, MOVED_PORT] = [40_000, 40_001, 40_002];

/** The two on their hosts, as far as virtual time has gone. */
export class IceMeeting {
	readonly internet: Internet;
	readonly a: Participant;
	readonly b: Participant;
	now: Instant = 0;
	readonly #spec: MeetingSpec;

	constructor(spec: MeetingSpec) {
		this.#spec = spec;
		const { a, b, family, seed, delayMs = 5, loss = 0, reorder = 0 } = spec;
		const world = natWorld({ a, b, delayMs });
		const links = world.links.map((link) => ({ ...link, loss, reorder }));
		this.internet = new Internet({ scenario: { ...world, links }, family, seed });
		const [address = ""] = publicAddresses(world, "srv", family);
		const options = {
			...{ secret: SERVER_SECRET, unixSecondsAtZero: 1_800_000_000, realm: "example.org" },
			...{ users: { passwords: [USER] }, peers: { allow: ["0.0.0.0/0", "::/0"] } },
		};
		this.internet.attach("srv", new TurnServerProgram([{ address, port: STUN_PORT }], options));
		this.a = this.#join("lanA", address);
		this.b = this.#join("lanB", address);
		this.#describe(this.a, 0, () => this.b);
		this.#describe(this.b, 0, () => this.a);
	}

	/** Lets time pass until both are in a state, or for so long. */
	until(state: string, seconds: number): void {
		const end = this.now + seconds * SECOND;
		const isThere = () => [this.a, this.b].every(({ program }) => program.agent.state === state);
		while (this.now < end && !isThere()) this.pass(20);
	}

	/** The first has another socket from now on: they have to meet again. */
	move(): void {
		const { program, attached } = this.a;
		program.moveTo({ address: this.internet.address("lanA"), port: MOVED_PORT });
		attached.wake(this.now);
	}

	pass(ms: number): void {
		this.now += ms * MILLISECOND;
		this.internet.advance(this.now);
	}

	#join(node: "lanA" | "lanB", server: string): Participant {
		const { family, seed, pacingMs = 5, relay = true } = this.#spec;
		const address = this.internet.address(node);
		const stun = { address: server, port: STUN_PORT };
		const secret = Uint8Array.from({ length: 32 }, (_, index) => (seed >> (8 * (index & 3))) & 0xff);
		secret[31] = node === "lanA" ? 1 : 2;
		const role = node === "lanA" ? "controlling" : "controlled";
		const events: Participant["events"] = [];
		const credentials = { kind: "longTerm", ...USER } as const;
		const client = { secret, server: stun, credentials, allocation: { family } };
		const other = () => (node === "lanA" ? this.b : this.a);
		const program = new IceProgram({
			agent: { secret, role, stunServers: [stun], pacingMs },
			sockets: [{ address, port: MEDIA_PORT }],
			...(relay && { relay: { socket: { address, port: RELAY_PORT }, client } }),
			hear: (event, at) => {
				events.push({ at, event });
				if (event.kind === "credentials") this.#describe(node === "lanA" ? this.a : this.b, at, other);
				else this.#signal(event, at, other);
			},
		});
		return { program, events, attached: this.internet.attach(node, program) };
	}

	#describe({ program }: Participant, at: Instant, other: () => Participant): void {
		this.#carry(at, other, { type: "peer", peer: program.agent.own });
	}

	#signal(event: IceEvent, at: Instant, other: () => Participant): void {
		if (event.kind === "candidate") {
			const candidates = [{ stream: event.stream, line: event.line }];
			this.#carry(at, other, { type: "remoteCandidates", candidates });
		} else if (event.kind === "gathered") this.#carry(at, other, { type: "endOfCandidates" });
	}

	#carry(at: Instant, other: () => Participant, input: IceAgentInput): void {
		const arrivesAt = at + (this.#spec.signallingMs ?? 20) * MILLISECOND;
		this.internet.schedule(arrivesAt, () => {
			const { program, attached } = other();
			program.hand(input);
			attached.wake(arrivesAt);
		});
	}
}

/** The pair that a participant sends on; null: none yet. */
export function selectedOf({ events }: Participant): IcePairReport | null {
	const last = events.findLast(({ event }) => event.kind === "selected");
	return last?.event.kind === "selected" ? last.event.pair : null;
}

/** What two kinds of NAT allow at best: a way of their own, one by a relay, or none at all. */
export function bestWay(a: NatKind, b: NatKind): "direct" | "relay" | "none" {
	if (a.seen.mapping === "unknown" || b.seen.mapping === "unknown") return "none";
	const isForeseeable = ({ seen }: NatKind) => seen.mapping === "none" || seen.mapping === "endpointIndependent";
	if (isForeseeable(a) && isForeseeable(b)) return "direct";
	if (!isForeseeable(a) && !isForeseeable(b)) return "relay";
	// The port of one is known only from what it sends, which the other has to let in from a port that it does not know.
	const lets = isForeseeable(a) ? a : b;
	return lets.seen.filtering === "addressAndPortDependent" ? "relay" : "direct";
}

/** Two people behind anything, who meet: a world, a server, two agents and what signalling carries. */
import { type IceAgentInput, type IceEvent, type IceState, type Instant, MILLISECOND, SECOND } from "@whither/core";
import type { BothFamilies } from "../both-families.ts";
import type { AttachedProgram } from "../program.ts";
import { TurnServerProgram } from "../turn-programs.ts";
import { Participant, SERVER_PORT, USER } from "./participant.ts";
import type { SessionSpec, Side } from "./session-spec.ts";
import { HOSTS, ROAMING, serverAddress, sessionWorld } from "./world.ts";

const SERVER_SECRET = new Uint8Array(32).fill(5);
/** How long relays are waited for before an agent is told that there are no more, as drivers do it. */
const RELAYS_WAITED_FOR_MS = 5000;
/** Between two datagrams of the stream that each sends the other. */
const STREAM_INTERVAL_MS = 200;

/** The two on their hosts, as far as virtual time has gone. */
export class IceMeeting {
	readonly world: BothFamilies;
	readonly a: Participant;
	readonly b: Participant;
	now: Instant = 0;
	readonly #spec: SessionSpec;
	readonly #servers: { readonly program: TurnServerProgram; readonly attached: AttachedProgram }[] = [];
	#isTalking = false;

	/** `records`: whether the packet trace is kept. */
	constructor(spec: SessionSpec, options: { readonly records: boolean } = { records: false }) {
		this.#spec = spec;
		this.world = sessionWorld(spec, options);
		if (spec.server !== "dead") this.#serve();
		this.a = this.#join("a");
		this.b = this.#join("b");
		for (const each of [this.a, this.b]) {
			this.#describe(each, 0);
			this.#start(each, HOSTS[each.side]);
		}
	}

	get participants(): readonly [Participant, Participant] {
		return [this.a, this.b];
	}

	/** Whether both are in this state. */
	are(state: IceState): boolean {
		return this.a.program.agent.state === state && this.b.program.agent.state === state;
	}

	/** Lets time pass until something holds, or for so long; whether it does. */
	until(holds: () => boolean, seconds: number): boolean {
		const end = this.now + seconds * SECOND;
		while (this.now < end && !holds()) this.pass(20);
		return holds();
	}

	pass(ms: number): void {
		this.now += ms * MILLISECOND;
		this.world.advance(this.now);
	}

	/** Both send each other datagrams from now on, or no more. */
	talk(isTalking: boolean): void {
		const starts = isTalking && !this.#isTalking;
		this.#isTalking = isTalking;
		if (starts) this.#talkNext(this.now);
	}

	/** Somebody is in another network from now on: they have to meet again. */
	move(who: Side | "both"): void {
		for (const each of this.participants) {
			if (who !== "both" && who !== each.side) continue;
			each.attached?.detach();
			const node = ROAMING[each.side];
			each.program.moveTo(each.place(this.world, node));
			this.#start(each, node);
		}
	}

	/** The server is gone without a word. */
	loseServer(): void {
		for (const { attached } of this.#servers) attached.detach();
	}

	/** Allocations and permissions that the servers still have. */
	get allocations(): number {
		return this.#servers.reduce((sum, { program }) => sum + program.counters.allocations, 0);
	}

	/** One is gone without a word. */
	vanish(side: Side): void {
		this[side].attached?.detach();
	}

	/** One ends it in order. */
	close(side: Side): void {
		const { program, attached } = this[side];
		program.hand({ type: "close" });
		attached?.wake(this.now);
		attached?.send(program.closeRelays(this.now), this.now);
		attached?.await(this.now);
	}

	#serve(): void {
		for (const family of this.#spec.families) {
			const options = {
				...{ secret: SERVER_SECRET, unixSecondsAtZero: 1_800_000_000, realm: "example.org" },
				...{ users: { passwords: [USER] }, peers: { allow: ["0.0.0.0/0", "::/0"] } },
			};
			const sockets = [{ address: serverAddress(this.world, family), port: SERVER_PORT }];
			const program = new TurnServerProgram(sockets, options);
			this.#servers.push({ program, attached: this.world.of(family).attach("srv", program) });
		}
	}

	#join(side: Side): Participant {
		const hear = (event: IceEvent, at: Instant) => this.#signal(this[side], event, at);
		return new Participant(this.#spec, side, this.world, HOSTS[side], hear);
	}

	/** On its host, from now on. */
	#start(each: Participant, node: string): void {
		const attached = this.world.attach(node, each.program, this.now);
		each.attached = attached;
		if (!this.#spec.relay) return;
		const at = this.now + RELAYS_WAITED_FOR_MS * MILLISECOND;
		this.world.schedule(at, () => {
			if (each.attached === attached) this.#tell(each, { type: "basesComplete" }, at);
		});
	}

	#tell({ program, attached }: Participant, input: IceAgentInput, at: Instant): void {
		program.hand(input);
		attached?.wake(at);
	}

	#signal(from: Participant, event: IceEvent, at: Instant): void {
		if (event.kind === "credentials") this.#describe(from, at);
		else if (event.kind === "candidate") {
			const candidates = [{ stream: event.stream, line: event.line }];
			this.#carry(from, { type: "remoteCandidates", candidates }, at);
		} else if (event.kind === "gathered") this.#carry(from, { type: "endOfCandidates" }, at);
	}

	#describe(from: Participant, at: Instant): void {
		this.#carry(from, { type: "peer", peer: from.program.agent.own }, at);
	}

	#carry(from: Participant, input: IceAgentInput, at: Instant): void {
		const arrivesAt = at + this.#spec.signallingMs * MILLISECOND;
		this.world.schedule(arrivesAt, () => this.#tell(from.side === "a" ? this.b : this.a, input, arrivesAt));
	}

	#talkNext(at: Instant): void {
		if (!this.#isTalking) return;
		for (const each of this.participants) each.talk(at);
		const next = at + STREAM_INTERVAL_MS * MILLISECOND;
		this.world.schedule(next, () => this.#talkNext(next));
	}
}

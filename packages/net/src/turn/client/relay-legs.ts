/** The sockets and connections of one relay, by the numbers that its machine knows them by. */
import type { TurnClientOutput } from "@whither/core";
import type { BoundConnection } from "./relay-connection.ts";
import type { RelayCause } from "./relay-io.ts";
import type { RelayLeg } from "./relay-leg.ts";

/** A message for the server. */
export type Send = Extract<TurnClientOutput, { readonly type: "send" }>;

/** All of them. */
export class RelayLegs {
	/** The number of the leg in use. */
	current = 0;
	readonly #legs = new Map<number, RelayLeg>();
	readonly #connections = new Map<number, BoundConnection>();
	/** Legs to move to that do not stand yet. */
	readonly #unopened = new Set<number>();
	/** One that the server may still send to after a move. */
	#former: number | null = null;
	#next = 0;
	/** What is to leave together; null: all leaves at once. */
	#gathered: Send[] | null = null;
	#sent = 0;

	get inUse(): RelayLeg | undefined {
		return this.#legs.get(this.current);
	}

	/** Messages that left. */
	get sent(): number {
		return this.#sent;
	}

	/** None is open. */
	get isEmpty(): boolean {
		return this.#legs.size === 0;
	}

	/** A number that none had before. */
	number(): number {
		return this.#next++;
	}

	add(local: number, leg: RelayLeg): void {
		this.#legs.set(local, leg);
		if (local !== this.current) this.#unopened.add(local);
	}

	addConnection(local: number, connection: BoundConnection): void {
		this.#connections.set(local, connection);
	}

	connection(local: number): BoundConnection | undefined {
		return this.#connections.get(local);
	}

	removeConnection(local: number): void {
		this.#connections.delete(local);
	}

	opened(local: number): void {
		this.#unopened.delete(local);
	}

	/** The other end has closed it. `unopened`: before it stood; `unknown`: it was none any more. */
	lost(local: number): "used" | "unopened" | "unknown" {
		if (!this.#legs.delete(local)) return "unknown";
		return this.#unopened.delete(local) ? "unopened" : "used";
	}

	/** Another is in use from now on. */
	moveTo(local: number): void {
		if (local === this.current) return;
		this.dropFormer();
		this.#former = this.#legs.has(this.current) ? this.current : null;
		this.current = local;
	}

	/** What the server sent to where we were before has come by now. */
	dropFormer(): void {
		if (this.#former !== null) this.drop(this.#former);
		this.#former = null;
	}

	drop(local: number): void {
		this.#legs.get(local)?.close();
		this.#legs.delete(local);
		this.#unopened.delete(local);
	}

	/** Whatever is to be sent meanwhile leaves at the end, together. */
	together(steps: () => void): void {
		if (this.#gathered !== null) {
			steps();
			return;
		}
		this.#gathered = [];
		steps();
		const gathered = this.#gathered;
		this.#gathered = null;
		this.send(gathered);
	}

	/** In order, and each run of those by one leg to one place in one call. */
	send(sends: readonly Send[]): void {
		if (this.#gathered !== null) {
			this.#gathered.push(...sends);
			return;
		}
		this.#sent += sends.length;
		for (let from = 0; from < sends.length; ) {
			const { local, to } = sends[from] as Send;
			let end = from + 1;
			while (sends[end]?.local === local && sends[end]?.to === to) end++;
			const messages = sends.slice(from, end).map(({ bytes }) => bytes);
			const leg = this.#legs.get(local);
			if (leg !== undefined) leg.send(messages, to);
			else for (const bytes of messages) this.#connections.get(local)?.sendMessage(bytes);
			from = end;
		}
	}

	/** Peers' connections hear why. */
	closeAll(cause: RelayCause | null): void {
		for (const local of [...this.#legs.keys()]) this.drop(local);
		for (const connection of [...this.#connections.values()]) connection.abandon(cause);
	}
}

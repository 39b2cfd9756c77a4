/** Which pairs data is sent on, and what their checks are signed with. */
import type { IceEvent, IceOwnDescription, IcePairReport, IcePeer } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { Carrier } from "./carrier.ts";
import type { IceComponentPlace, IceFlow } from "./ice-io.ts";

/** Of one connection. */
export class PairsInUse {
	readonly #carrier: (base: number) => Carrier | undefined;
	/** Selected pairs, by component. */
	readonly #selected = new Map<string, IcePairReport>();
	/** Credentials of this generation's checks, and of those of the one before, whose pairs have smaller numbers. */
	#stun: IceFlow["stun"] = null;
	#former: IceFlow["stun"] = null;
	#lastFormer = 0;
	#lastPair = 0;

	constructor(carrier: (base: number) => Carrier | undefined) {
		this.#carrier = carrier;
	}

	/** One for each component at most. */
	get selected(): readonly IcePairReport[] {
		return [...this.#selected.values()];
	}

	/** The peer's description has come. */
	begin(own: IceOwnDescription, peer: IcePeer): void {
		this.#stun = { username: `${peer.ufrag}:${own.ufrag}`, password: peer.pwd };
	}

	/** The peer speaks no ICE: nobody would answer checks. */
	endChecks(): void {
		this.#stun = null;
	}

	/** Takes note of what concerns pairs. */
	hear(event: IceEvent): void {
		if (event.kind === "credentials") this.#restart();
		else if (event.kind === "selected") this.#select(event.pair);
		else if (event.kind === "pair") this.#update(event.pair);
		else if (event.kind === "pairGone") this.#forget(event.id);
	}

	/** How the selected pair's packets leave; null: none is selected, or its base is gone. */
	flow({ stream = 0, component = 1 }: IceComponentPlace): IceFlow | null {
		const pair = this.#selected.get(`${stream} ${component}`);
		const carrier = pair === undefined ? undefined : this.#carrier(pair.base);
		if (pair === undefined || carrier === undefined) return null;
		const leaving = carrier.flow(remoteOf(pair));
		const checks = pair.id > this.#lastFormer ? this.#stun : this.#former;
		return { pair, ...leaving, stun: leaving.relay === null ? checks : null };
	}

	#restart(): void {
		this.#former = this.#stun;
		this.#stun = null;
		this.#lastFormer = this.#lastPair;
	}

	#select(pair: IcePairReport): void {
		const key = `${pair.stream} ${pair.component}`;
		const before = this.#selected.get(key);
		if (before !== undefined) this.#forget(before.id);
		this.#selected.set(key, pair);
		this.#use(pair, true);
	}

	#update(pair: IcePairReport): void {
		this.#lastPair = Math.max(this.#lastPair, pair.id);
		const key = `${pair.stream} ${pair.component}`;
		if (this.#selected.get(key)?.id !== pair.id) return;
		if (pair.selected) this.#selected.set(key, pair);
		else this.#forget(pair.id);
	}

	#forget(id: number): void {
		for (const [key, pair] of this.#selected) {
			if (pair.id !== id) continue;
			this.#selected.delete(key);
			this.#use(pair, false);
		}
	}

	#use(pair: IcePairReport, isUsed: boolean): void {
		this.#carrier(pair.base)?.use(remoteOf(pair), isUsed);
	}
}

function remoteOf({ remote: { address, port } }: IcePairReport): StunAddress {
	return { address, port };
}

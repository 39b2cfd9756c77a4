import type { StunItem } from "@whither/wire";
import type { Chance } from "./chance.ts";
import type { IceRole } from "./ice-io.ts";

/** Which side we are and what decides a quarrel about it (RFC 8445 §7.3.1.1). */
export class Role {
	readonly #chance: Chance;
	readonly #changed: (role: IceRole) => void;
	#role: IceRole;
	#tiebreaker: bigint;

	constructor(role: IceRole, chance: Chance, changed: (role: IceRole) => void) {
		this.#role = role;
		this.#chance = chance;
		this.#changed = changed;
		this.#tiebreaker = chance.uint64();
	}

	get role(): IceRole {
		return this.#role;
	}

	get isControlling(): boolean {
		return this.#role === "controlling";
	}

	/** What a check of ours says of it. */
	get item(): StunItem {
		return { name: this.isControlling ? "iceControlling" : "iceControlled", value: this.#tiebreaker };
	}

	/** What to do about a check of a peer that has the same role. */
	judge(theirs: bigint): "refuse" | "switch" {
		const isGreater = this.#tiebreaker >= theirs;
		return isGreater === this.isControlling ? "refuse" : "switch";
	}

	switch(): void {
		this.#role = this.isControlling ? "controlled" : "controlling";
		this.#changed(this.#role);
	}

	/** A peer has refused a check that said this role (RFC 8445 §7.2.5.1); one of before says nothing new. */
	refused(role: IceRole): void {
		if (role !== this.#role) return;
		this.#tiebreaker = this.#chance.uint64();
		this.switch();
	}
}

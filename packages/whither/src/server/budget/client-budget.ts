/** How much each client may ask for in a while. Pure: times in milliseconds are handed in. */

/** What fills up again, and how fast. */
export interface BudgetLimits {
	readonly burst: number;
	readonly perSecond: number;
	/** Clients that are remembered. */
	readonly clients: number;
}

/** Less than that is nothing: shares are fractions. */
const LEAST = 1e-6;

interface Account {
	left: number;
	at: number;
	/** Of what fills up in a second, as much as does not, since it is used elsewhere. */
	held: number;
}

/** One account a client; a full one is as good as none, so that only those who ask are remembered. */
export class ClientBudget {
	readonly #limits: BudgetLimits;
	/** Whoever asked last stands last. */
	readonly #accounts = new Map<string, Account>();

	constructor(limits: BudgetLimits) {
		this.#limits = limits;
	}

	/** Takes `cost` for `client`; 0, or in how many milliseconds there will be as much: infinite where all that fills up is held. */
	spend(client: string, cost: number, now: number): number {
		const account = this.#settle(client, now);
		if (account.left < cost) {
			const perSecond = this.#limits.perSecond - account.held;
			return perSecond > LEAST ? Math.ceil(((cost - account.left) * 1_000) / perSecond) : Number.POSITIVE_INFINITY;
		}
		account.left -= cost;
		return 0;
	}

	/** From now on so much less of a second's filling is there. */
	hold(client: string, perSecond: number, now: number): void {
		const account = this.#settle(client, now);
		const held = account.held + perSecond;
		account.held = held > LEAST ? held : 0;
	}

	/** What is held of a second's filling. */
	held(client: string): number {
		return this.#accounts.get(client)?.held ?? 0;
	}

	/** The account as it is now. */
	#settle(client: string, now: number): Account {
		const { burst, perSecond } = this.#limits;
		const account = this.#accounts.get(client) ?? { left: burst, at: now, held: 0 };
		account.left = Math.min(burst, account.left + ((now - account.at) * (perSecond - account.held)) / 1_000);
		account.at = now;
		this.#accounts.delete(client);
		this.#accounts.set(client, account);
		this.#forgetOldest();
		return account;
	}

	/** Those of whom something is held stay. */
	#forgetOldest(): void {
		if (this.#accounts.size <= this.#limits.clients) return;
		for (const [client, { held }] of this.#accounts) {
			if (held > 0) continue;
			this.#accounts.delete(client);
			return;
		}
	}

	/** Gives back what was taken and not used; less than nothing: more was used than was taken, and is owed. */
	giveBack(client: string, cost: number): void {
		const account = this.#accounts.get(client);
		if (account !== undefined) account.left = Math.min(this.#limits.burst, account.left + cost);
	}
}

/** How much each client may ask for in a while. Pure: times in milliseconds are handed in. */

/** What fills up again, and how fast. */
export interface BudgetLimits {
	readonly burst: number;
	readonly perSecond: number;
	/** Clients that are remembered. */
	readonly clients: number;
}

interface Account {
	left: number;
	at: number;
}

/** One account a client; a full one is as good as none, so that only those who ask are remembered. */
export class ClientBudget {
	readonly #limits: BudgetLimits;
	/** Whoever asked last stands last. */
	readonly #accounts = new Map<string, Account>();

	constructor(limits: BudgetLimits) {
		this.#limits = limits;
	}

	/** Takes `cost` for `client`; 0, or in how many milliseconds there will be as much. */
	spend(client: string, cost: number, now: number): number {
		const { burst, perSecond, clients } = this.#limits;
		const account = this.#accounts.get(client) ?? { left: burst, at: now };
		account.left = Math.min(burst, account.left + ((now - account.at) * perSecond) / 1_000);
		account.at = now;
		this.#accounts.delete(client);
		this.#accounts.set(client, account);
		const [oldest] = this.#accounts.keys();
		if (this.#accounts.size > clients && oldest !== undefined) this.#accounts.delete(oldest);
		if (account.left < cost) return Math.ceil(((cost - account.left) * 1_000) / perSecond);
		account.left -= cost;
		return 0;
	}

	/** Gives back what was taken and not used; less than nothing: more was used than was taken, and is owed. */
	giveBack(client: string, cost: number): void {
		const account = this.#accounts.get(client);
		if (account !== undefined) account.left = Math.min(this.#limits.burst, account.left + cost);
	}
}

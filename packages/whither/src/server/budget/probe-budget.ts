/** How many probes clients may have sent, each and all together. Pure: times in milliseconds are handed in. */
import { ClientBudget } from "./client-budget.ts";

/** Probes a second from each client and from all, in the long run. */
export interface ProbeLimits {
	readonly clientProbesPerSecond: number;
	readonly probesPerSecond: number;
}

/** Probes that may be asked for at once, in seconds of the rate. */
const BURST_SECONDS = 20;
/** Clients that are remembered. */
const CLIENTS = 4_096;
/** All clients, as one. */
const ALL = "all";
/** When to ask again for a share of the rate, which is free when another ends. */
const SHARE_RETRY_MS = 5_000;

/** What was refused, and when there may be as much. */
export interface BudgetRefusal {
	readonly retryMs: number;
	readonly of: "client" | "all";
}

/**
 * A trace takes its probes at once, and gives back those that it did not send. One that goes on takes a share of the rate for as long as it runs:
 * so much less fills up meanwhile, so that both together keep to the rate.
 */
export class ProbeBudget {
	readonly #limits: ProbeLimits;
	readonly #clients: ClientBudget;
	readonly #all: ClientBudget;

	constructor(limits: ProbeLimits) {
		this.#limits = limits;
		this.#clients = new ClientBudget(bucketOf(limits.clientProbesPerSecond, CLIENTS));
		this.#all = new ClientBudget(bucketOf(limits.probesPerSecond, 1));
	}

	/** Takes so many probes; null: they may be sent. */
	take(client: string, probes: number, now: number): BudgetRefusal | null {
		const clientMs = this.#clients.spend(client, probes, now);
		if (clientMs > 0) return { retryMs: whenOf(clientMs), of: "client" };
		const allMs = this.#all.spend(ALL, probes, now);
		if (allMs === 0) return null;
		this.#clients.giveBack(client, probes);
		return { retryMs: whenOf(allMs), of: "all" };
	}

	/** Gives back what was not sent; less than nothing: so much more was. */
	giveBack(client: string, probes: number): void {
		this.#clients.giveBack(client, probes);
		this.#all.giveBack(ALL, probes);
	}

	/** Takes a share of the rate, until it is returned; null: it may be used. */
	takeShare(client: string, perSecond: number, now: number): BudgetRefusal | null {
		const { clientProbesPerSecond, probesPerSecond } = this.#limits;
		const [mine, all] = [this.#clients.held(client), this.#all.held(ALL)];
		if (mine + perSecond > clientProbesPerSecond) return { retryMs: SHARE_RETRY_MS, of: "client" };
		if (all + perSecond > probesPerSecond) return { retryMs: SHARE_RETRY_MS, of: "all" };
		this.#hold(client, perSecond, now);
		return null;
	}

	/** Returns one. */
	returnShare(client: string, perSecond: number, now: number): void {
		this.#hold(client, -perSecond, now);
	}

	#hold(client: string, perSecond: number, now: number): void {
		this.#clients.hold(client, perSecond, now);
		this.#all.hold(ALL, perSecond, now);
	}
}

/** Where nothing fills up, it does once a share is returned. */
function whenOf(ms: number): number {
	return Number.isFinite(ms) ? ms : SHARE_RETRY_MS;
}

function bucketOf(perSecond: number, clients: number) {
	return { burst: perSecond * BURST_SECONDS, perSecond, clients };
}

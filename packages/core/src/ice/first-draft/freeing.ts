import { type Deadline, type Instant, MILLISECOND } from "../../machine.ts";
import type { OwnAddress } from "./addresses.ts";
import type { Checks } from "./checks.ts";
import type { Cycles } from "./cycles.ts";
import type { Ground } from "./ground.ts";
import { type Binding, isOf, type Relays } from "./relays.ts";
import type { Sending } from "./sending.ts";

/** draft-rosenberg-sipping-ice-01 §5.7. */
const FREE_AFTER_MS = 3000;

/** Who knows what a relay is needed for. */
interface FreeingParts {
	readonly relays: Relays;
	readonly sending: Sending;
	readonly checks: Checks;
	readonly cycles: Cycles;
}

/**
 * Gives back relays that nobody needs (rules 21 to 23): an address that the peer has reached makes needless what the peer would like
 * less. Deviation: STUN-derived addresses stay, for they cost nothing, and so does a relay by which either end sends, whatever its
 * q-value: with equal ones both ends might otherwise give back the other's way (§9.1.2 leaves that open). Nor is any given back
 * before the first offer has its answer, or within 3 s of one: a telephone may ring for long whose agent has found a better way, and then another
 * take the call that knows only `m=` and `c=`.
 */
export class Freeing {
	readonly #ground: Ground;
	readonly #relays: Relays;
	readonly #sending: Sending;
	readonly #checks: Checks;
	readonly #cycles: Cycles;
	/** When each is to be given back. */
	readonly #due = new Map<Binding, Instant>();

	constructor(ground: Ground, { relays, sending, checks, cycles }: FreeingParts) {
		this.#ground = ground;
		this.#relays = relays;
		this.#sending = sending;
		this.#checks = checks;
		this.#cycles = cycles;
	}

	get deadline(): Deadline | null {
		let at = Number.POSITIVE_INFINITY;
		for (const binding of this.#due.keys()) if (!this.#isNeeded(binding)) at = Math.min(at, this.#freeAt(binding));
		return at === Number.POSITIVE_INFINITY ? null : { at, why: "free" };
	}

	/** Looks at every relay anew: one may have come, or the socket of a better address gone, since the peer has reached anything. */
	overdue(now: Instant): void {
		for (const binding of this.#relays.allocated)
			if (!this.#isNeedless(binding)) this.#due.delete(binding);
			else if (!this.#due.has(binding)) this.#due.set(binding, now + this.#waitNs);
		for (const binding of this.#due.keys())
			if (binding.state === "released") this.#due.delete(binding);
			else if (!this.#isNeeded(binding) && this.#freeAt(binding) <= now) {
				this.#due.delete(binding);
				this.#relays.release(binding, now);
			}
	}

	/** Rule 21: the peer has reached what it likes better than any address of this relay's. One without ICE likes nothing. */
	#isNeedless({ site: { stream }, addresses }: Binding): boolean {
		if (!this.#checks.has(stream)) return false;
		const reached = this.#ground.addresses.of(stream).filter((own) => own.reached);
		return reached.some((address) => addresses.every((own) => this.#isLess(own, address)));
	}

	#isLess(own: OwnAddress, { alt, parts }: OwnAddress): boolean {
		return own.alt.q < alt.q || (own.alt.q === alt.q && parts.origin === "peer");
	}

	/** What was learned from it works for us, or may yet. */
	#isNeeded(binding: Binding): boolean {
		return this.#sendsBy(binding) || this.#checks.isTrying(binding.addresses);
	}

	/** Our packets leave by it where they go to the relay itself, from the socket that it knows. */
	#sendsBy({ site, links }: Binding): boolean {
		const way = this.#sending.way(site.stream);
		if (way === null || way.site !== site) return false;
		return links.some((link) => way.places.some((place) => isOf(link, link.base.number, place)));
	}

	#freeAt(binding: Binding): Instant {
		const { exchangedAt } = this.#cycles;
		if (exchangedAt === null) return Number.POSITIVE_INFINITY;
		const silentSince = Math.max(exchangedAt, binding.heardAt);
		return Math.max(this.#due.get(binding) ?? Number.POSITIVE_INFINITY, silentSince + this.#waitNs);
	}

	get #waitNs(): number {
		return (this.#ground.config.freeAfterMs ?? FREE_AFTER_MS) * MILLISECOND;
	}
}

/**
 * The search for an MTU that nobody tells: sizes are sent beside the hops to the last TTL that answers whatever comes, in
 * rounds of many at once, until the longest that passes and the shortest that does not are neighbours.
 */
import { type Instant, SECOND } from "../../machine.ts";
import type { Companion } from "../method.ts";
import type { Slot } from "../probe-book.ts";
import { dropTtl, isAnswered, lastAnswered, lastTelling, longestTo, type MtuBooks } from "./books.ts";
import { commonSizes, LEAST_MTU, SIZE_COMPANION, sizesBetween } from "./sizes.ts";

/** Rounds of one search: four suffice for any link, the others are for rounds without an answer. */
const MOST_ROUNDS = 12;
/** Searches of one trace: holes one behind the other, and routers that refuse without a word on what they take. */
const MOST_SEARCHES = 4;

/** A size is believed not to pass once so many packets of it have been lost. */
const ENOUGH_FAILURES = 3;

/** Linux gives one ICMP error a second to each destination (net.ipv4.icmp_ratelimit), and a little. */
const LIMIT_WAIT_NS = 1.1 * SECOND;
/** Rounds in a row without any answer before a search is given up. */
const MOST_VAIN_ROUNDS = 4;

/** What a search found: no more than `mtu` bytes pass behind `ttl`. `router`: who refuses without a number; null: nobody speaks. */
export interface FoundMtu {
	readonly ttl: number;
	readonly mtu: number;
	readonly router: string | null;
}

interface Search {
	/** Sizes go to this TTL, which answers to short packets. */
	readonly ttl: number;
	readonly router: string | null;
	/** The size that the search began with. */
	readonly failed: number;
	/** Longest size known to pass. */
	least: number;
	/** How often each longer size has failed. */
	readonly failures: Map<number, number>;
	rounds: number;
	/** Rounds without any answer: since the last with one, and whether there were any. */
	vainRounds: number;
	isLimited: boolean;
	/** No packet has a length in between: some protocols' come in multiples of four bytes. */
	isExact: boolean;
	/** Where this round's packets begin among those beside the hops; null: none is under way. */
	from: number | null;
	retryAt: Instant | null;
}

/** All searches of one trace, one after the other. */
export class PathMtuSearch {
	readonly found: FoundMtu[] = [];
	readonly #books: MtuBooks;
	/** How many packets were sent to each TTL. */
	readonly #asked = new Map<number, number>();
	#queue: Search[] | null = null;
	#searches = 0;
	/** The last TTL that was answered; a search may aim before it. */
	#lastTtl: number | null = null;
	#isOpen = false;

	constructor(books: MtuBooks) {
		this.#books = books;
	}

	/** A search came to no result. */
	get isOpen(): boolean {
		return this.#isOpen;
	}

	/** When the next round may begin; null: nothing is waited for. */
	get retryAt(): Instant | null {
		return this.#queue?.[0]?.retryAt ?? null;
	}

	/**
	 * Goes on, now that all packets beside the hops have come to rest; `lastTtl` is the path's last hop. False: there is
	 * nothing left to search for.
	 */
	advance(lastTtl: number, now: Instant): boolean {
		this.#queue ??= this.#begin(lastTtl);
		for (let search = this.#queue[0]; search !== undefined; search = this.#queue[0]) {
			if (search.from !== null) this.#evaluate(search, search.from, now);
			if (this.#goesOn(search)) {
				if (search.retryAt === null || now >= search.retryAt) this.#ask(search);
				return true;
			}
			this.#queue.shift();
			this.#conclude(search);
			if (this.#books.companions.unsent) return true;
		}
		return false;
	}

	/** Routers that refused without a number, and silence about the long packet where short ones are answered. */
	#begin(lastTtl: number): Search[] {
		const { book, lengths, context } = this.#books;
		const last = lastAnswered(book, lastTtl);
		if (last === null) return [];
		this.#lastTtl = last;
		const ttl = lastTelling(this.#books, lastTtl);
		const reachedAt = (at: number) => longestTo(this.#books, at) ?? context.length;
		const searches = lengths.muteRouters().flatMap(([router, size]) => {
			const aim = ttl !== null && dropTtl(this.#books, router) < ttl ? ttl : last;
			return size > reachedAt(aim) ? [this.#search(aim, reachedAt(aim), size, router)] : [];
		});
		if (ttl === null) return searches;
		const reached = reachedAt(ttl);
		const long = book.hop(ttl).find(({ query }) => query === 0);
		const size = long?.transmission?.size ?? null;
		const isUnheard = long !== undefined && long.answer === null && long.state === "expired";
		if (isUnheard && size !== null && size > reached) searches.push(this.#search(ttl, reached, size, null));
		return searches;
	}

	#search(ttl: number, least: number, failed: number, router: string | null): Search {
		this.#searches++;
		const counts = { rounds: 0, vainRounds: 0, isLimited: false, isExact: false, from: null, retryAt: null };
		return { ttl, router, failed, least, failures: new Map([[failed, 1]]), ...counts };
	}

	#goesOn(search: Search): boolean {
		const { least, failed, failures, rounds, vainRounds } = search;
		if (least >= failed || rounds >= MOST_ROUNDS || vainRounds >= MOST_VAIN_ROUNDS) return false;
		if (rounds === 0) return true;
		const most = shortestFailure(search);
		// No link takes less: whoever is silent about this dislikes it for something else.
		if (most <= LEAST_MTU[this.#books.context.family]) return false;
		return !search.isExact || (failures.get(most) ?? 0) < ENOUGH_FAILURES;
	}

	/**
	 * The longest go first: routers and targets that answer only a few packets have their answers left for the longest
	 * that arrive. The last is one that is known to pass: where even that is not answered, the round tells nothing.
	 */
	#ask(search: Search): void {
		const { companions, context, book, lengths } = this.#books;
		const { ttl, least } = search;
		const most = shortestFailure(search);
		const between =
			least < LEAST_MTU[context.family] || search.rounds === 0 ? commonSizes(context.family, least, most) : [];
		const reached = longestTo(this.#books, ttl) ?? 0;
		const told = lengths.refusals
			.flatMap((refusal) => refusal.told ?? [])
			.filter((size) => size > reached && size < most);
		const sizes = [...new Set([...(between.length > 0 ? between : sizesBetween(least, most)), ...told])];
		sizes.sort((a, b) => b - a);
		search.from = companions.slots.length;
		search.rounds++;
		search.retryAt = null;
		const hops = Array.from({ length: ttl - book.firstTtl }, (_, index) => book.firstTtl + index);
		const before = hops.filter((hop) => isAnswered(book, hop) && (longestTo(this.#books, hop) ?? 0) < most);
		companions.add(before.map((hop) => this.#companion(hop, most)));
		companions.add([most, most, ...sizes, least].map((size) => this.#companion(ttl, size)));
	}

	/** What passes as far as the search went may be answered beyond, or be refused there by a router that tells. */
	#askBeyond({ ttl, least }: Search): void {
		const last = this.#lastTtl;
		if (last === null || last <= ttl || (longestTo(this.#books, last) ?? 0) >= least) return;
		this.#books.companions.add([this.#companion(last, least)]);
	}

	#companion(ttl: number, length: number): Companion {
		const query = this.#asked.get(ttl) ?? 0;
		this.#asked.set(ttl, query + 1);
		return { name: SIZE_COMPANION, ttl, query, length };
	}

	#evaluate(search: Search, from: number, now: Instant): void {
		const slots = this.#books.companions.slots
			.slice(from)
			.filter(({ ttl, companion }) => ttl === search.ttl && companion?.name === SIZE_COMPANION);
		search.from = null;
		const passed = slots.filter((slot) => passes(slot, search.router));
		if (passed.length === 0) search.isLimited = true;
		if (search.isLimited) search.retryAt = now + LIMIT_WAIT_NS;
		search.vainRounds = passed.length === 0 ? search.vainRounds + 1 : 0;
		if (passed.length === 0) return;
		const before = { least: search.least, most: shortestFailure(search), rounds: search.rounds };
		search.least = Math.max(search.least, ...passed.map(sizeOf));
		for (const size of slots.filter((slot) => !passes(slot, search.router)).map(sizeOf)) {
			search.failures.set(size, (search.failures.get(size) ?? 0) + 1);
		}
		const isNew = before.least !== search.least || before.most !== shortestFailure(search);
		search.isExact = shortestFailure(search) - search.least <= 1 || (before.rounds > 1 && !isNew);
	}

	/** The hop behind which longer packets are lost; where a still longer one was lost before it, that is searched for too. */
	#conclude(search: Search): void {
		const { least, failed, router, ttl } = search;
		const { book, context } = this.#books;
		const most = shortestFailure(search);
		if (least >= failed || most <= LEAST_MTU[context.family]) return;
		if (least < LEAST_MTU[context.family] || !search.isExact) {
			this.#isOpen = true;
			return;
		}
		this.#askBeyond(search);
		if (router !== null) {
			this.found.push({ ttl: dropTtl(this.#books, router), mtu: least, router });
			return;
		}
		let behind = ttl - 1;
		while (behind >= book.firstTtl && (longestTo(this.#books, behind) ?? 0) <= least) behind--;
		this.found.push({ ttl: behind, mtu: least, router });
		const reached = behind < book.firstTtl ? failed : (longestTo(this.#books, behind) ?? failed);
		if (reached < failed && isAnswered(book, behind) && this.#searches < MOST_SEARCHES) {
			this.#queue?.push(this.#search(behind, reached, failed, null));
		}
	}
}

/** The shortest size above those that pass which failed. */
function shortestFailure({ least, failures, failed }: Search): number {
	return Math.min(failed, ...[...failures.keys()].filter((size) => size > least));
}

function sizeOf({ transmission, length }: Slot): number {
	return transmission?.size ?? length ?? 0;
}

/** Answered, though maybe by a router behind the one in question whose own link is too narrow. */
function passes({ answer }: Slot, router: string | null): boolean {
	return answer !== null && (answer.meaning.kind !== "packetTooBig" || answer.reply.from !== router);
}

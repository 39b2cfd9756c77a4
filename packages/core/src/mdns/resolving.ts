import { addressFamily, DNS_CLASSES, DNS_TYPES, encodeMdns, type MdnsMessage } from "@whither/wire";
import { type Instant, MILLISECOND, SECOND } from "../machine.ts";

/** Names that are looked up at one time, and kept: a peer may send as many as it likes. */
const MOST_NAMES = 64;
/** What was found is kept for so long, if it may be: a responder tells nobody the same thing twice within a second (§6). */
const MOST_SECONDS_KEPT = 120;

/**
 * When questions are sent again: by a full querier after a second and then after twice as long (RFC 6762 §5.2), by a
 * one-shot one as by any resolver on a link that loses.
 */
const INTERVALS_MS = { full: [1_000, 2_000, 4_000], oneShot: [250, 500, 1_000, 2_000] } as const;

/** How a socket asks. */
export type MdnsUse = keyof typeof INTERVALS_MS;

interface Asked {
	/** As it was asked for. */
	readonly name: string;
	readonly until: Instant;
	/** By socket: how often it was asked there, and when it will be again. */
	readonly sockets: Map<number, { times: number; at: Instant }>;
}

/** The names that are looked up. */
export class Resolving {
	readonly #timeout: number;
	/** By `nameKey`. */
	readonly #asked = new Map<string, Asked>();
	/** What was found, and until when that holds. */
	readonly #found = new Map<string, { readonly address: string; readonly until: Instant }>();

	constructor(timeoutMs: number) {
		this.#timeout = timeoutMs * MILLISECOND;
	}

	get deadline(): Instant {
		let first = Number.POSITIVE_INFINITY;
		for (const { until, sockets } of this.#asked.values()) {
			first = Math.min(first, until);
			for (const { at } of sockets.values()) first = Math.min(first, at);
		}
		return first;
	}

	/** What was found lately. */
	addressOf(name: string, now: Instant): string | null {
		const found = this.#found.get(nameKey(name));
		return found !== undefined && found.until > now ? found.address : null;
	}

	/** False: there are too many. Whoever asks for one that is asked for already hears what comes of that. */
	add(name: string, now: Instant): boolean {
		const key = nameKey(name);
		if (this.#asked.has(key)) return true;
		if (this.#asked.size >= MOST_NAMES) return false;
		this.#asked.set(key, { name, until: now + this.#timeout, sockets: new Map() });
		return true;
	}

	/** The questions that are due on this socket. */
	due(socket: number, use: MdnsUse, now: Instant): readonly Uint8Array[] {
		const messages: Uint8Array[] = [];
		for (const { name, sockets } of this.#asked.values()) {
			const before = sockets.get(socket) ?? { times: 0, at: now };
			if (before.at > now) continue;
			const interval = INTERVALS_MS[use][before.times];
			const at = interval === undefined ? Number.POSITIVE_INFINITY : now + interval * MILLISECOND;
			sockets.set(socket, { times: before.times + 1, at });
			messages.push(...questionsFor(name));
		}
		return messages;
	}

	forget(socket: number): void {
		for (const { sockets } of this.#asked.values()) sockets.delete(socket);
	}

	/** What an answer says of names that are asked for, which are asked for no longer. */
	answered(
		{ answers, additionals }: MdnsMessage,
		now: Instant,
	): readonly { readonly name: string; readonly address: string }[] {
		const told: { name: string; address: string }[] = [];
		for (const { name, ttl, data, class: klass } of [...answers, ...additionals]) {
			if (klass !== DNS_CLASSES.IN || (data.name !== "A" && data.name !== "AAAA")) continue;
			const key = nameKey(name);
			const { address } = data.value;
			// With a lifetime of 0 it is withdrawn (§10.1).
			if (ttl === 0 && this.#found.get(key)?.address === address) this.#found.delete(key);
			const asked = ttl === 0 ? undefined : this.#asked.get(key);
			if (asked === undefined) continue;
			this.#asked.delete(key);
			this.#keep(key, address, now + Math.min(ttl, MOST_SECONDS_KEPT) * SECOND);
			told.push({ name: asked.name, address });
		}
		return told;
	}

	#keep(key: string, address: string, until: Instant): void {
		const [oldest] = this.#found.keys();
		if (oldest !== undefined && this.#found.size >= MOST_NAMES) this.#found.delete(oldest);
		this.#found.set(key, { address, until });
	}

	/** Names for which time is over, or all of them, which are asked for no longer. */
	over(now: Instant): readonly string[] {
		const names: string[] = [];
		for (const [key, { name, until }] of this.#asked) {
			if (until > now) continue;
			this.#asked.delete(key);
			names.push(name);
		}
		return names;
	}
}

/**
 * Both families, as a name does not say which it stands for, and each in a message of its own: Chromium passes over one with
 * two questions. The answer is to come to the group: other programs may have the same port, and only one of them would get
 * what is sent to us alone (RFC 6762 §15.1).
 */
function questionsFor(name: string): readonly Uint8Array[] {
	const { A, AAAA } = DNS_TYPES;
	const rest = { class: DNS_CLASSES.IN, unicastResponse: false } as const;
	return [A, AAAA].map((type) => encodeMdns({ id: 0, questions: [{ name, type, ...rest }] }));
}

/** Names are the same in any case, with or without the dot at the end. */
export function nameKey(name: string): string {
	return name.toLowerCase().replace(/\.$/, "");
}

/** What is looked up on links: a name of one label below `.local`. An address is none. */
export function isMdnsName(name: string): boolean {
	return addressFamily(name) === null && /^[^.]{1,63}\.local\.?$/i.test(name);
}

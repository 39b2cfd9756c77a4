import { addressFamily, DNS_CLASSES, DNS_TYPES, encodeMdns, type MdnsMessage, type MdnsQuestion } from "@whither/wire";
import { type Instant, MILLISECOND } from "../machine.ts";

/** Names that are looked up at one time: a peer may send as many as it likes. */
const MOST_NAMES = 64;

/**
 * When questions are sent again: by a full querier after a second at first and then three times as long (RFC 6762 §5.2),
 * by a one-shot one as by any resolver on a link that loses.
 */
const INTERVALS_MS = { full: [1_000, 3_000, 9_000], oneShot: [250, 500, 1_000, 2_000] } as const;

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
			messages.push(encodeMdns({ id: 0, questions: questionsFor(name) }));
		}
		return messages;
	}

	forget(socket: number): void {
		for (const { sockets } of this.#asked.values()) sockets.delete(socket);
	}

	/** What an answer says of names that are asked for, which are asked for no longer. */
	answered({ answers, additionals }: MdnsMessage): readonly { readonly name: string; readonly address: string }[] {
		const found: { name: string; address: string }[] = [];
		for (const { name, ttl, data, class: klass } of [...answers, ...additionals]) {
			const asked = this.#asked.get(nameKey(name));
			// With a lifetime of 0 it is withdrawn.
			if (asked === undefined || ttl === 0 || klass !== DNS_CLASSES.IN) continue;
			if (data.name !== "A" && data.name !== "AAAA") continue;
			this.#asked.delete(nameKey(name));
			found.push({ name: asked.name, address: data.value.address });
		}
		return found;
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
 * Both families, as a name does not say which it stands for. The answer is to come to the group: other programs may have
 * the same port, and only one of them would get what is sent to us alone (RFC 6762 §15.1).
 */
function questionsFor(name: string): readonly MdnsQuestion[] {
	const { A, AAAA } = DNS_TYPES;
	return [A, AAAA].map((type) => ({ name, type, class: DNS_CLASSES.IN, unicastResponse: false }));
}

/** Names are the same in any case, with or without the dot at the end. */
export function nameKey(name: string): string {
	return name.toLowerCase().replace(/\.$/, "");
}

/** What is looked up on links: a name of one label below `.local`. An address is none. */
export function isMdnsName(name: string): boolean {
	return addressFamily(name) === null && /^[^.]{1,63}\.local\.?$/i.test(name);
}

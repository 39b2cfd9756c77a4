import {
	addressFamily,
	DNS_CLASSES,
	DNS_TYPES,
	dnsData,
	encodeMdns,
	type MdnsMessage,
	type MdnsQuestion,
	type MdnsRecord,
	parseDnsName,
} from "@whither/wire";
import { type Instant, SECOND } from "../machine.ts";
import { nameKey } from "./resolving.ts";

/** A record is not multicast on a link again within a second (RFC 6762 §6). */
const APART = SECOND;
/** Whoever has asked for one family and been told so much asks for the other right behind: that was told as well. */
const SAME_QUESTION = SECOND / 2;
/** RFC 6762 §10: of records about a host. */
const TTL_SECONDS = 120;
/** RFC 6762 §6.7: what those who are no full queriers may keep it for. */
const LEGACY_TTL_SECONDS = 10;

interface Published {
	readonly name: string;
	readonly address: string;
	readonly type: number;
	/** By socket. */
	readonly links: Map<number, Link>;
}

interface Link {
	/** When it was last multicast there. */
	lastAt: Instant;
	/** When it will be next, as it was asked for within a second of that. */
	nextAt: Instant;
	/** Who had asked when it was last multicast. */
	asker: string | null;
}

/** How a query is to be answered by one name, or why not. */
export type MdnsReply =
	/** To the group, now or when a second has passed. */
	| { readonly kind: "group"; readonly bytes: Uint8Array | null }
	/** To whoever asked. */
	| { readonly kind: "asker"; readonly bytes: Uint8Array }
	| { readonly kind: "knownAnswer" };

/** Who asks. */
export interface MdnsAsker {
	readonly socket: number;
	readonly address: string;
	/** From another port than 5353 (RFC 6762 §6.7). */
	readonly isLegacy: boolean;
}

/**
 * The names that are ours.
 * Deviation: RFC 6762 §8.3 has a new name announced twice. Nobody knows of a random one before its owner tells them, which
 * is when they ask; and an announcement right before would hold the answer up for a second (§6).
 */
export class Publishing {
	/** By `nameKey`. */
	readonly #names = new Map<string, Published>();
	readonly #sockets = new Set<number>();

	get deadline(): Instant {
		let first = Number.POSITIVE_INFINITY;
		for (const { links } of this.#names.values())
			for (const { nextAt } of links.values()) first = Math.min(first, nextAt);
		return first;
	}

	/** The address that a name of ours stands for. */
	addressOf(name: string): string | null {
		return this.#names.get(nameKey(name))?.address ?? null;
	}

	addSocket(socket: number): void {
		this.#sockets.add(socket);
		for (const { links } of this.#names.values()) links.set(socket, newLink());
	}

	removeSocket(socket: number): void {
		this.#sockets.delete(socket);
		for (const { links } of this.#names.values()) links.delete(socket);
	}

	/** Throws RangeError for what is no name or no address. */
	add(name: string, address: string): void {
		const family = addressFamily(address);
		if (family === null || !(parseDnsName(name) instanceof Uint8Array)) throw new RangeError(`${name}: ${address}`);
		const links = new Map([...this.#sockets].map((socket) => [socket, newLink()] as const));
		this.#names.set(nameKey(name), { name, address, type: family === 4 ? DNS_TYPES.A : DNS_TYPES.AAAA, links });
	}

	/** What tells each link that the name is gone (RFC 6762 §10.1); null: it is none of ours. */
	remove(name: string): ReadonlyMap<number, Uint8Array> | null {
		const published = this.#names.get(nameKey(name));
		if (published === undefined) return null;
		this.#names.delete(nameKey(name));
		const bytes = encodeMdns({ ...RESPONSE, answers: [{ ...recordOf(published), ttl: 0, cacheFlush: true }] });
		return new Map([...published.links.keys()].map((socket) => [socket, bytes]));
	}

	get names(): readonly string[] {
		return [...this.#names.values()].map(({ name }) => name);
	}

	/** Answers that have waited for their second. */
	due(now: Instant): readonly { readonly socket: number; readonly bytes: Uint8Array }[] {
		const messages: { socket: number; bytes: Uint8Array }[] = [];
		for (const published of this.#names.values()) {
			for (const [socket, link] of published.links) {
				if (link.nextAt > now) continue;
				messages.push({ socket, bytes: this.#multicast(published, link, { questions: [], now, asker: null }) });
			}
		}
		return messages;
	}

	/** One for each name that is asked for; none where all are others'. */
	replies(query: MdnsMessage, asker: MdnsAsker, now: Instant): readonly MdnsReply[] {
		const replies: MdnsReply[] = [];
		for (const published of this.#names.values()) {
			const questions = query.questions.filter((question) => isAbout(question, published));
			const link = published.links.get(asker.socket);
			if (questions.length === 0 || link === undefined) continue;
			if (asker.isLegacy) replies.push({ kind: "asker", bytes: this.#legacy(published, questions, query.id) });
			else if (this.#isKnown(query, published)) replies.push({ kind: "knownAnswer" });
			else replies.push(this.#reply(published, link, { questions, now, asker: asker.address }));
		}
		return replies;
	}

	#reply(published: Published, link: Link, asked: Asked): MdnsReply {
		const { questions, now, asker } = asked;
		// §5.4: to the asker alone, unless it is time that all others hear of it again.
		const isRecent = now - link.lastAt < (TTL_SECONDS * SECOND) / 4;
		if (isRecent && questions.every(({ unicastResponse }) => unicastResponse))
			return { kind: "asker", bytes: this.#answer(published, questions) };
		if (now - link.lastAt >= APART) return { kind: "group", bytes: this.#multicast(published, link, asked) };
		if (asker === link.asker && now - link.lastAt < SAME_QUESTION) return { kind: "knownAnswer" };
		link.nextAt = Math.min(link.nextAt, link.lastAt + APART);
		return { kind: "group", bytes: null };
	}

	#multicast(published: Published, link: Link, { questions, now, asker }: Asked): Uint8Array {
		link.lastAt = now;
		link.asker = asker;
		link.nextAt = Number.POSITIVE_INFINITY;
		return this.#answer(published, questions);
	}

	/** The address, and that there is none of the other family, lest that is waited for (RFC 6762 §6.1). */
	#answer(published: Published, questions: readonly MdnsQuestion[]): Uint8Array {
		const own = { ttl: TTL_SECONDS, cacheFlush: true } as const;
		const records = [recordOf(published), nothingElse(published)].map((record) => ({ ...record, ...own }));
		if (!isAskedFor(published, questions)) records.reverse();
		return encodeMdns({ ...RESPONSE, answers: records.slice(0, 1), additionals: records.slice(1) });
	}

	/** As a unicast DNS server answers (RFC 6762 §6.7). */
	#legacy(published: Published, questions: readonly MdnsQuestion[], id: number): Uint8Array {
		const own = { ttl: Math.min(TTL_SECONDS, LEGACY_TTL_SECONDS), cacheFlush: false } as const;
		const record = isAskedFor(published, questions) ? recordOf(published) : nothingElse(published);
		const asked = questions.map((question) => ({ ...question, unicastResponse: false }));
		return encodeMdns({ ...RESPONSE, id, questions: asked, answers: [{ ...record, ...own }] });
	}

	/** RFC 6762 §7.1: with at least half of its lifetime to go. */
	#isKnown({ answers }: MdnsMessage, { name, address, type }: Published): boolean {
		return answers.some(
			({ name: known, ttl, data }) =>
				nameKey(known) === nameKey(name) &&
				(data.name === "A" || data.name === "AAAA") &&
				data.type === type &&
				data.value.address === address &&
				ttl >= TTL_SECONDS / 2,
		);
	}
}

/** What a name is asked for, when and by whom; no questions: several have asked for something. */
interface Asked {
	readonly questions: readonly MdnsQuestion[];
	readonly now: Instant;
	readonly asker: string | null;
}

const ANY_TYPE = DNS_TYPES["*"];
const RESPONSE = { id: 0, response: true, authoritative: true } as const;

function newLink(): Link {
	return { lastAt: Number.NEGATIVE_INFINITY, nextAt: Number.POSITIVE_INFINITY, asker: null };
}

function isAbout(question: MdnsQuestion, { name }: Published): boolean {
	const isOurs = question.class === DNS_CLASSES.IN || question.class === DNS_CLASSES.ANY;
	return isOurs && nameKey(question.name) === nameKey(name);
}

/** Of no questions too. */
function isAskedFor({ type }: Published, questions: readonly MdnsQuestion[]): boolean {
	return questions.length === 0 || questions.some((question) => question.type === type || question.type === ANY_TYPE);
}

function recordOf({ name, address, type }: Published): Omit<MdnsRecord, "ttl" | "cacheFlush"> {
	const data = type === DNS_TYPES.A ? dnsData("A", { address }) : dnsData("AAAA", { address });
	return { name, class: DNS_CLASSES.IN, data };
}

function nothingElse({ name, type }: Published): Omit<MdnsRecord, "ttl" | "cacheFlush"> {
	return { name, class: DNS_CLASSES.IN, data: dnsData("NSEC", { next: name, types: [type] }) };
}

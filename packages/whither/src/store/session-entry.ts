/** What a list says of a session, gathered while it is written or read. */
import type { Session, SessionEnd, SessionEvent, SessionHeader } from "../api/session/session.ts";
import type { SessionEntry } from "./session-store.ts";

/** Networks and places that are kept of one session. */
const MOST_KEPT = 64;
/** Characters of a summary. */
const LONGEST_SUMMARY = 200;

/** Gathers what a list needs of one session. */
export class EntryFacts {
	readonly #header: SessionHeader;
	readonly #asns = new Set<string>();
	readonly #places = new Set<string>();
	#events = 0;
	#address: string | null = null;
	#reached: boolean | null = null;
	#lastTtl = 0;
	#end: SessionEnd | null = null;

	constructor(header: SessionHeader) {
		this.#header = header;
	}

	add(event: SessionEvent): void {
		this.#events++;
		if (event.kind !== "trace" && event.kind !== "live") return;
		const news = event.event;
		if (news.type === "start") this.#address = news.target.address;
		if (news.type === "probe") {
			this.#take(news.probe);
			if (news.probe.status === "reply") this.#lastTtl = Math.max(this.#lastTtl, news.ttl);
		}
		if (news.type === "hop") for (const probe of news.hop.probes) this.#take(probe);
		if (news.type === "round") this.#lastTtl = news.lastTtl;
		if (news.type === "end") this.#reached = news.reached;
	}

	end(end: SessionEnd): void {
		this.#end = end;
		if (end.outcome !== "result" || end.result === null) return;
		const { result } = end;
		if ("target" in result && "hops" in result) {
			this.#address = result.target.address;
			this.#reached = result.reached;
			this.#lastTtl = result.hops.at(-1)?.ttl ?? 0;
			for (const hop of result.hops) for (const probe of hop.probes) this.#take(probe);
		} else if ("selected" in result) this.#address = result.selected?.remote.address ?? null;
	}

	/** `bytes`: of its file. */
	entry(bytes: number): SessionEntry {
		const end = this.#end;
		return {
			header: this.#header,
			outcome: end?.outcome ?? null,
			endedAt: end?.endedAt ?? null,
			events: this.#events,
			bytes,
			summary: this.#summary().slice(0, LONGEST_SUMMARY),
			address: this.#address,
			asns: [...this.#asns],
			places: [...this.#places],
		};
	}

	#take(probe: { readonly asn?: string | null; readonly place?: unknown }): void {
		for (const asn of typeof probe.asn === "string" ? probe.asn.split("/") : []) keep(this.#asns, asn);
		for (const place of placesOf(probe.place)) keep(this.#places, place);
	}

	#summary(): string {
		const end = this.#end;
		if (end === null) return "under way";
		if (end.outcome === "lost") return "the server ended before it";
		if (end.outcome === "failed") return end.error.message;
		const { result } = end;
		if (result !== null) {
			if ("selected" in result) return result.why;
			if ("summary" in result && typeof result.summary === "string") return result.summary;
			if ("totals" in result) return `${result.totals.received} of ${result.totals.sent} answered`;
		}
		return this.#pathSummary();
	}

	#pathSummary(): string {
		const hops = `${this.#lastTtl} ${this.#lastTtl === 1 ? "hop" : "hops"}`;
		if (this.#reached === true) return `reached in ${hops}`;
		return this.#lastTtl === 0 ? "nobody answered" : `not reached; ${hops} seen`;
	}
}

function keep(set: Set<string>, word: string): void {
	if (set.size < MOST_KEPT && word !== "") set.add(word);
}

/** A place as probes have it: `country` (`DE`), and `city` where it is known. */
function placesOf(place: unknown): readonly string[] {
	if (typeof place === "string") return [place];
	if (typeof place !== "object" || place === null) return [];
	const { country, city } = place as { readonly country?: unknown; readonly city?: unknown };
	const land = typeof country === "string" ? [country] : [];
	return typeof city === "string" && city !== "" ? [...land, [city, ...land].join(", ")] : land;
}

/** The entry of a session that was read. */
export function entryOf({ header, events, end }: Session, bytes: number): SessionEntry {
	const facts = new EntryFacts(header);
	for (const event of events) facts.add(event);
	if (end !== null) facts.end(end);
	return facts.entry(bytes);
}

/** Tells a listener what has happened in the order in which it did, even where the listener's own calls lead to more events. */
import type { IceAgentOutput, Instant } from "@whither/core";
import { shielded } from "../turn/client/shielded.ts";
import type { IceConnectionEvent, IceDatagram } from "./ice-io.ts";
import type { Arrival } from "./ice-socket.ts";

type Data = Extract<IceAgentOutput, { readonly type: "data" }>;
type News<Event> = { readonly event: Event; readonly at: Instant } | { readonly datagram: IceDatagram };

/** Who is told. */
interface Listener<Event> {
	event(event: Event, at: Instant): void;
	data(datagram: IceDatagram): void;
}

/** What one owner is yet to be told. */
export class Telling<Event = IceConnectionEvent> {
	readonly #listener: Listener<Event>;
	readonly #clock: { now(): Instant };
	#news: News<Event>[] = [];
	#isTelling = false;

	constructor(listener: Listener<Event>, clock: { now(): Instant }) {
		this.#listener = listener;
		this.#clock = clock;
	}

	/** To be told with the next `tell`, as of when it happened. */
	hold(event: Event, at: Instant): void {
		this.#news.push({ event, at });
	}

	/** The same of data. */
	data({ stream, component, base, from, kind, bytes }: Data, { at, stamp }: Arrival): void {
		this.#news.push({ datagram: { stream, component, base, from, kind, bytes, at, stamp } });
	}

	/** Tells an event now, after those that are held. */
	event(event: Event): void {
		this.hold(event, this.#clock.now());
		this.tell();
	}

	/** Tells all that is held. */
	tell(): void {
		if (this.#isTelling) return;
		this.#isTelling = true;
		for (let news = this.#news; news.length > 0; news = this.#news) {
			this.#news = [];
			for (const one of news) shielded(() => this.#tellOne(one));
		}
		this.#isTelling = false;
	}

	#tellOne(news: News<Event>): void {
		if ("event" in news) this.#listener.event(news.event, news.at);
		else this.#listener.data(news.datagram);
	}
}

/** Two connections of one process that tell each other what signalling would, for tests. */
import type { IcePairReport, IceState } from "@whither/core";
import type { IceConnection, IceConnectionEvent, IceDatagram, IceListener, IceOrder } from "../ice/ice-io.ts";

type Kind = IceConnectionEvent["kind"];
type Told<K extends Kind> = Extract<IceConnectionEvent, { readonly kind: K }>;
type Opened = (order: IceOrder, listener: IceListener) => IceConnection;

/** One of the two. */
export class TalkingEnd {
	readonly connection: IceConnection;
	readonly events: IceConnectionEvent[] = [];
	readonly data: IceDatagram[] = [];
	#waiting: (() => void)[] = [];

	constructor(open: Opened, order: IceOrder, other: () => TalkingEnd) {
		this.connection = open(order, {
			event: (event) => {
				this.events.push(event);
				// Signalling takes its time.
				queueMicrotask(() => this.#signal(event, other().connection));
				this.#wake();
			},
			data: (datagram) => {
				this.data.push(datagram);
				this.#wake();
			},
		});
	}

	/** The pair that was selected last. */
	get selected(): IcePairReport | null {
		return this.events.findLast((event): event is Told<"selected"> => event.kind === "selected")?.pair ?? null;
	}

	/** The first event of this kind that fits. */
	async told<K extends Kind>(kind: K, fits: (event: Told<K>) => boolean = () => true): Promise<Told<K>> {
		for (;;) {
			const found = this.events.find((event): event is Told<K> => event.kind === kind && fits(event as Told<K>));
			if (found !== undefined) return found;
			await this.#news();
		}
	}

	/** It is in this state; rejects where it fails. */
	async until(state: IceState): Promise<void> {
		while (this.connection.state !== state) {
			const last = this.events.findLast((event): event is Told<"state"> => event.kind === "state");
			if (last?.state === "failed" && state !== "failed") throw new Error(`it failed: ${JSON.stringify(this.events)}`);
			await this.#news();
		}
	}

	/** The first datagram that says this. */
	async heard(text: string): Promise<IceDatagram> {
		for (;;) {
			const found = this.data.find(({ bytes }) => new TextDecoder().decode(bytes) === text);
			if (found !== undefined) return found;
			await this.#news();
		}
	}

	say(text: string): void {
		this.connection.send(new TextEncoder().encode(text));
	}

	#signal(event: IceConnectionEvent, other: IceConnection): void {
		if (event.kind === "candidate") other.addRemote([{ stream: event.stream, line: event.line }]);
		else if (event.kind === "gathered") other.endOfRemote();
		else if (event.kind === "credentials") other.peer(this.connection.own);
	}

	#news(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resume of waiting) resume();
	}
}

/** Both. */
export class IceTalk {
	/** Controlling. */
	readonly a: TalkingEnd;
	readonly b: TalkingEnd;

	constructor(open: Opened, order: Omit<IceOrder, "role">, orderOfB: Omit<IceOrder, "role"> = order) {
		this.a = new TalkingEnd(open, { ...order, role: "controlling" }, () => this.b);
		this.b = new TalkingEnd(open, { ...orderOfB, role: "controlled" }, () => this.a);
		this.a.connection.peer(this.b.connection.own);
		this.b.connection.peer(this.a.connection.own);
	}

	async until(state: IceState): Promise<void> {
		await Promise.all([this.a.until(state), this.b.until(state)]);
	}

	/** Each says something that the other hears; nothing is lost, and nothing comes twice. */
	async talk(word = "hello"): Promise<void> {
		this.a.say(`${word} of a`);
		this.b.say(`${word} of b`);
		await Promise.all([this.a.heard(`${word} of b`), this.b.heard(`${word} of a`)]);
	}

	async close(): Promise<void> {
		await Promise.all([this.a.connection.close(), this.b.connection.close()]);
	}
}

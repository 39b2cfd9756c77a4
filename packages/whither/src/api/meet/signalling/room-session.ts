/** A seat in a room of a rendezvous server: what is said is posted, what is heard is streamed, whatever breaks meanwhile. */
import type { IceRole } from "@whither/core";
import { EventReader, type ReadEvent } from "./event-reader.ts";
import type { HttpAnswer, HttpFailure, RendezvousHttp } from "./http-port.ts";
import type { MeetMessage } from "./message.ts";
import { FULLEST_POST, RENDEZVOUS_PATH, SEAT_HEADER } from "./rendezvous-protocol.ts";
import { Retries } from "./retries.ts";
import type { SealedChannel } from "./sealed-channel.ts";
import type { Signalling, SignallingFailure, SignallingListener } from "./signalling.ts";

/** A seat in a room, and what its messages are sealed and sent by. */
export interface SessionOrder {
	readonly http: RendezvousHttp;
	readonly channel: SealedChannel;
	/** The joiner's first payload (its share and confirmation); null: this end made the room. */
	readonly first: string | null;
	readonly url: string;
	readonly room: string;
	readonly seat: string;
	readonly role: IceRole;
	readonly patienceMs: number;
}

/** How long `close` waits for what was sent to go. */
const LINGER_MS = 2_000;
/** Candidates in one message: a payload has a bound. */
const FULLEST_LINES = 32;

/** One end. */
export class RoomSession implements Signalling {
	readonly role: IceRole;
	readonly #order: SessionOrder;
	readonly #abort = new AbortController();
	#listener: SignallingListener | null = null;
	/** Messages that wait for a key. */
	readonly #waiting: MeetMessage[] = [];
	/** Payloads that the server has not taken yet, and the number of the first of them. */
	readonly #outbox: string[] = [];
	#posted = 0;
	#sending: Promise<void> | null = null;
	#lastId = 0;
	#met = false;
	#over = false;
	/** The room takes no more. */
	#stopped = false;
	#leaving: Promise<void> | null = null;

	constructor(order: SessionOrder) {
		this.#order = order;
		this.role = order.role;
		if (order.first !== null) this.#outbox.push(order.first);
	}

	/** Listens from now on. */
	begin(listener: SignallingListener): void {
		if (this.#listener !== null || this.#over) throw new Error("a rendezvous is used once");
		this.#listener = listener;
		// What is said in the same turn goes with it.
		queueMicrotask(() => {
			void this.#listen();
			this.#flush();
		});
	}

	send(message: MeetMessage): void {
		if (this.#over) return;
		for (const part of partsOf(message)) {
			if (this.#order.channel.ready) this.#outbox.push(this.#order.channel.seal(part));
			else this.#waiting.push(part);
		}
		if (this.#listener !== null) queueMicrotask(() => this.#flush());
	}

	async close(): Promise<void> {
		if (!this.#over) {
			if (this.#listener !== null) this.#flush();
			await this.#linger();
			if (!this.#over) this.#leave("left");
		}
		this.#listener = null;
		await this.#leaving;
		this.#order.http.close();
	}

	/** Until nothing is left to post, or for as long as it is waited for. */
	async #linger(): Promise<void> {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, LINGER_MS);
		});
		await Promise.race([this.#sent(), late]);
		clearTimeout(timer);
	}

	/** Until nothing is left to post. */
	async #sent(): Promise<void> {
		while (this.#sending !== null) await this.#sending;
	}

	#leave(why: "left" | "wrongPassword"): void {
		this.#over = true;
		this.#abort.abort();
		const { http } = this.#order;
		this.#leaving = http.post(this.#path("leave"), { why }, this.#seat()).then(() => http.close());
	}

	#fail(failure: SignallingFailure | null): void {
		if (this.#over) return;
		this.#over = true;
		this.#abort.abort();
		// The room goes on unless we say so.
		if (failure?.code === "wrongPassword" || failure?.code === "tampered" || failure?.code === "tooMuch")
			this.#leave(failure.code === "wrongPassword" ? "wrongPassword" : "left");
		else this.#order.http.close();
		this.#tell((listener) => listener.closed(failure));
	}

	/** Not from within our own reading: what a listener throws is its program's to see. */
	#tell(call: (listener: SignallingListener) => void): void {
		queueMicrotask(() => {
			if (this.#listener !== null) call(this.#listener);
		});
	}

	#flush(): void {
		if (this.#sending !== null || this.#outbox.length === 0 || this.#over || this.#stopped) return;
		this.#sending = this.#post().finally(() => {
			this.#sending = null;
			this.#flush();
		});
	}

	async #post(): Promise<void> {
		const retries = new Retries(this.#order.patienceMs, this.#abort.signal);
		while (this.#outbox.length > 0 && !this.#over) {
			const messages = fullest(this.#outbox);
			const body = { first: this.#posted, messages };
			const answer = await this.#order.http.post(this.#path("messages"), body, this.#seat());
			if (this.#over) return;
			if ("json" in answer && answer.status === 200) {
				retries.succeeded();
				this.#posted += messages.length;
				this.#outbox.splice(0, messages.length);
				continue;
			}
			// Where the room is no more, its events say why.
			if ("json" in answer && (answer.status === 404 || answer.status === 403)) {
				this.#stopped = true;
				return;
			}
			const failure = this.#failureOf(answer);
			if (failure !== null) return this.#fail(failure);
			if (!(await retries.wait(retryMs(answer)))) return this.#fail(this.#lost(answer));
		}
	}

	async #listen(): Promise<void> {
		const { http, patienceMs } = this.#order;
		const retries = new Retries(patienceMs, this.#abort.signal);
		while (!this.#over) {
			const reader = new EventReader();
			const heard = (text: string): boolean => {
				retries.succeeded();
				const events = reader.read(text);
				if (events === null) this.#fail({ code: "tampered", room: this.#order.room });
				for (const event of events ?? []) this.#hear(event);
				return !this.#over;
			};
			const headers = { ...this.#seat(), "Last-Event-ID": String(this.#lastId) };
			const answer = await http.stream(this.#path("events"), headers, this.#abort.signal, heard);
			if (this.#over) return;
			const failure = answer === null ? null : this.#failureOf(answer);
			if (failure !== null) return this.#fail(failure);
			if (!(await retries.wait(retryMs(answer)))) return this.#fail(this.#lost(answer));
		}
	}

	#hear({ id, name, data }: ReadEvent): void {
		const number = Number(id);
		// Told again after a break.
		if (this.#over || number <= this.#lastId) return;
		if (number !== this.#lastId + 1) {
			this.#fail({ code: "tampered", room: this.#order.room });
			return;
		}
		this.#lastId = number;
		if (name === "end") this.#fail(this.#endOf(data));
		else if (name === "message") this.#open(data);
	}

	#open(payload: string): void {
		const { channel, room } = this.#order;
		const opened = channel.open(room, payload);
		switch (opened.type) {
			case "confirmed":
				if (opened.reply !== null) this.#outbox.push(opened.reply);
				for (const message of this.#waiting.splice(0)) this.#outbox.push(channel.seal(message));
				this.#met = true;
				this.#flush();
				this.#tell((listener) => listener.met());
				break;
			case "message":
				this.#tell((listener) => listener.message(opened.message));
				break;
			case "failed":
				this.#fail({ code: opened.why, room });
		}
	}

	/** What the server says of the end of a room. */
	#endOf(why: string): SignallingFailure | null {
		const { room, url } = this.#order;
		if (why === "left") return null;
		if (why === "wrongPassword") return { code: "wrongPassword", room };
		if (why === "expired") return { code: "expired", room, met: this.#met };
		return why === "lost" ? { code: "peerLost", room } : { code: "serverEnded", url };
	}

	/** What it is no use to try again after; null: it may be. */
	#failureOf(answer: HttpAnswer | HttpFailure): SignallingFailure | null {
		const { url, room } = this.#order;
		if (!("json" in answer)) return answer.code === "tls" ? answer : null;
		const { status } = answer;
		if (status === 401) return { code: "unauthorized", url, shown: true };
		if (status === 413) return { code: "tooMuch", room };
		// It has begun anew, and knows nobody.
		if (status === 404 || status === 403) return { code: "serverEnded", url };
		return status === 429 || status >= 500 ? null : { code: "notRendezvous", url, status };
	}

	#lost(answer: HttpAnswer | HttpFailure | null): SignallingFailure {
		const { url } = this.#order;
		if (answer !== null && "code" in answer) return answer;
		return { code: "unreachable", url, why: answer === null ? "closed" : `HTTP ${answer.status}` };
	}

	#path(what: string): string {
		return `${RENDEZVOUS_PATH}/rooms/${this.#order.room}/${what}`;
	}

	#seat(): Readonly<Record<string, string>> {
		return { [SEAT_HEADER]: this.#order.seat };
	}
}

function partsOf(message: MeetMessage): readonly MeetMessage[] {
	if (message.type !== "candidates") return [message];
	const count = Math.ceil(message.lines.length / FULLEST_LINES);
	return Array.from({ length: count }, (_, index) => ({
		...message,
		lines: message.lines.slice(index * FULLEST_LINES, (index + 1) * FULLEST_LINES),
	}));
}

/** As many as one post holds, one at least. */
function fullest(outbox: readonly string[]): readonly string[] {
	let bytes = 0;
	const end = outbox.findIndex((payload, index) => {
		bytes += payload.length;
		return index > 0 && bytes > FULLEST_POST;
	});
	return end < 0 ? [...outbox] : outbox.slice(0, end);
}

function retryMs(answer: HttpAnswer | HttpFailure | null): number {
	return answer !== null && "json" in answer ? (answer.retryAfterSeconds ?? 0) * 1_000 : 0;
}

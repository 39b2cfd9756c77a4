/** Sessions that are being read: in memory one takes some times what its file does, so that many at once would be more than there is. */
import type { Session } from "../api/session/session.ts";

/** Longer ones are read one after the other. */
const LONG_BYTES = 8 << 20;

/** What is read now, and what somebody still has of what was. */
export class SessionReads {
	#turn: Promise<unknown> = Promise.resolve();
	readonly #reading = new Map<string, Promise<Session | null>>();
	/** Of sessions that have ended, as long as anybody holds one. */
	readonly #held = new Map<string, WeakRef<Session>>();
	readonly #forget = new FinalizationRegistry<string>((id) => {
		if (this.#held.get(id)?.deref() === undefined) this.#held.delete(id);
	});

	/** Reads a session of so many bytes, a long one once no other is being read. */
	inTurn(bytes: number, read: () => Promise<Session | null>): Promise<Session | null> {
		if (bytes < LONG_BYTES) return read();
		const reading = this.#turn.then(read);
		this.#turn = reading.catch(() => {});
		return reading;
	}

	/** One that has ended, which is the same for everybody: all who want it meanwhile have it from one reading. */
	shared(id: string, read: () => Promise<Session | null>): Promise<Session | null> {
		const held = this.#held.get(id)?.deref();
		if (held !== undefined) return Promise.resolve(held);
		const under = this.#reading.get(id);
		if (under !== undefined) return under;
		const reading = read()
			.then((session) => {
				if (session !== null) this.#hold(id, session);
				return session;
			})
			.finally(() => this.#reading.delete(id));
		this.#reading.set(id, reading);
		return reading;
	}

	#hold(id: string, session: Session): void {
		this.#held.set(id, new WeakRef(session));
		this.#forget.register(session, id);
	}
}

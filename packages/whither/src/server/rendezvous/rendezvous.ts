/** The rendezvous of a server: rooms over HTTP (`docs/signalling.md`), with a clock, randomness and bounds. */
import { createHash, randomBytes } from "node:crypto";
import {
	LONGEST_BODY,
	type OfferedJson,
	REFUSAL_STATUS,
	RENDEZVOUS_PATH,
	RENDEZVOUS_PROTOCOL,
	type RoomJson,
	type RoomRefusal,
	SEAT,
	SEAT_HEADER,
} from "../../api/meet/signalling/rendezvous-protocol.ts";
import type { EventStream } from "../event-stream.ts";
import type { Page } from "../http.ts";
import type { Asked, RouteRow, Streaming } from "../http-routes.ts";
import { type BudgetLimits, ClientBudget, clientOf } from "./client-budget.ts";
import { readJoin, readLastId, readLeave, readPayloads, readRoom } from "./posted.ts";
import type { Room, RoomEvent, RoomReader } from "./room.ts";
import { ROOM_LIMITS, type RoomCounts, type RoomLimits, Rooms } from "./rooms.ts";

/** What a rendezvous is made of. */
export interface RendezvousServerOrder {
	/** What a participant of this name gets to use. */
	readonly offer: (id: string) => OfferedJson;
	readonly limits?: Partial<RoomLimits>;
	readonly budget?: Partial<BudgetLimits>;
}

/** A rendezvous under way. */
export interface RendezvousServer {
	readonly routes: readonly RouteRow[];
	readonly counts: () => RoomCounts;
	/** Takes nobody new; two who have met go on. */
	drain(): void;
	/** Tells everybody that it ends; resolves once that has left. */
	close(): Promise<void>;
}

/** A hundred rooms or guesses at once and four a second from then on, or ten times as many other requests. */
const BUDGET: BudgetLimits = { burst: 1_000, perSecond: 40, clients: 4_096 };
const COST = { enter: 10, other: 1 } as const;
/** `setTimeout` takes no more. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** Opens one; nothing listens yet: its routes are an HTTP listener's to serve. */
export function openRendezvousServer(order: RendezvousServerOrder): RendezvousServer {
	const rooms = new Rooms({ ...ROOM_LIMITS, ...order.limits }, fraction);
	const desk = new Desk(rooms, order);
	return {
		routes: desk.routes(),
		counts: () => rooms.counts,
		drain: () => {
			rooms.drain(performance.now());
			desk.watch();
		},
		close: async () => {
			rooms.close(performance.now());
			desk.close();
			// What was written leaves in this turn of the event loop.
			await new Promise((resolve) => setImmediate(resolve));
		},
	};
}

/** What stands between HTTP and the rooms. */
class Desk {
	readonly #rooms: Rooms;
	readonly #offer: RendezvousServerOrder["offer"];
	readonly #budget: ClientBudget;
	#timer: NodeJS.Timeout | null = null;

	constructor(rooms: Rooms, { offer, budget }: RendezvousServerOrder) {
		this.#rooms = rooms;
		this.#offer = offer;
		this.#budget = new ClientBudget({ ...BUDGET, ...budget });
	}

	routes(): readonly RouteRow[] {
		const post = (path: string, cost: number, answer: (asked: Asked, now: number) => Page): RouteRow => ({
			method: "POST",
			path: `${RENDEZVOUS_PATH}${path}`,
			mostBytes: LONGEST_BODY,
			answer: (asked) => this.#charged(asked, cost, answer),
		});
		return [
			post("/offers", COST.enter, () => json(200, { protocol: RENDEZVOUS_PROTOCOL, offered: this.#offered() })),
			post("/rooms", COST.enter, (asked, now) => this.#create(asked, now)),
			post("/rooms/*/join", COST.enter, (asked, now) => this.#join(asked, now)),
			post("/rooms/*/messages", COST.other, (asked) => this.#say(asked)),
			post("/rooms/*/leave", COST.other, (asked, now) => this.#leave(asked, now)),
			{
				method: "GET",
				path: `${RENDEZVOUS_PATH}/rooms/*/events`,
				answer: (asked) => this.#charged(asked, COST.other, (_, now) => this.#read(asked, now)),
			},
		];
	}

	/** Comes again when the rooms have something to do. */
	watch(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		const { deadline } = this.#rooms;
		if (deadline === Number.POSITIVE_INFINITY) return;
		const waitMs = Math.min(Math.max(deadline - performance.now(), 1), LONGEST_TIMER_MS);
		this.#timer = setTimeout(() => {
			this.#rooms.tick(performance.now());
			this.watch();
		}, waitMs);
		this.#timer.unref();
	}

	close(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
	}

	#charged<Answer extends Page | Streaming>(
		asked: Asked,
		cost: number,
		answer: (asked: Asked, now: number) => Answer,
	): Answer | Page {
		const now = performance.now();
		const waitMs = this.#budget.spend(clientOf(asked.client), cost, now);
		if (waitMs > 0) return refusal("busy", Math.ceil(waitMs / 1_000));
		const answered = answer(asked, now);
		this.watch();
		return answered;
	}

	#create({ body, client }: Asked, now: number): Page {
		const posted = readRoom(body);
		if (posted === null) return refusal("badRequest");
		const { room: name, share } = posted;
		const entered = this.#rooms.create({ name, share, secret: known(posted.seat), client: clientOf(client) }, now);
		return "refused" in entered ? refusal(entered.refused) : json(201, this.#roomJson(entered.room, now));
	}

	#join({ body, client, names: [name = ""] }: Asked, now: number): Page {
		const posted = readJoin(body);
		if (posted === null) return refusal("badRequest");
		const entered = this.#rooms.join({ name, secret: known(posted.seat), client: clientOf(client) }, now);
		if ("refused" in entered) return refusal(entered.refused);
		return json(200, { ...this.#roomJson(entered.room, now), share: entered.room.share });
	}

	#say(asked: Asked): Page {
		const posted = readPayloads(asked.body);
		if (posted === null) return refusal("badRequest");
		const said = this.#rooms.say({ ...seatOf(asked), first: posted.first, payloads: posted.messages });
		return "refused" in said ? refusal(said.refused) : json(200, said);
	}

	#leave(asked: Asked, now: number): Page {
		const posted = readLeave(asked.body);
		if (posted === null) return refusal("badRequest");
		const refused = this.#rooms.leave({ ...seatOf(asked), why: posted.why }, now);
		return refused === null ? json(200, {}) : refusal(refused.refused);
	}

	#read(asked: Asked, now: number): Page | Streaming {
		const after = readLastId(asked.headers["last-event-id"]);
		if (after === null) return refusal("badRequest");
		const seat = seatOf(asked);
		const reader = new StreamReader();
		const refused = this.#rooms.read({ ...seat, after }, reader, now);
		if (refused !== null) return refusal(refused.refused);
		return {
			begin: (stream) => {
				reader.begin(stream);
				return () => {
					this.#rooms.unread(seat, reader, performance.now());
					this.watch();
				};
			},
		};
	}

	#roomJson({ name, endsAt }: Room, now: number): RoomJson {
		const expiresAt = new Date(Date.now() + endsAt - now).toISOString();
		return { protocol: RENDEZVOUS_PROTOCOL, room: name, expiresAt, offered: this.#offered() };
	}

	#offered(): OfferedJson {
		return this.#offer(`meet-${randomBytes(6).toString("base64url")}`);
	}
}

/** Keeps what comes until the stream is open. */
class StreamReader implements RoomReader {
	#stream: EventStream | null = null;
	readonly #early: (RoomEvent | null)[] = [];

	begin(stream: EventStream): void {
		this.#stream = stream;
		for (const event of this.#early.splice(0)) tell(stream, event);
	}

	event(event: RoomEvent): void {
		if (this.#stream === null) this.#early.push(event);
		else tell(this.#stream, event);
	}

	end(): void {
		if (this.#stream === null) this.#early.push(null);
		else this.#stream.end();
	}
}

/** Null: it is over. */
function tell(stream: EventStream, event: RoomEvent | null): void {
	if (event === null) stream.end();
	else stream.send({ id: event.id, name: event.type, data: event.type === "end" ? event.why : event.payload });
}

function seatOf({ names: [name = ""], headers }: Asked): { readonly name: string; readonly secret: string } {
	const seat = headers[SEAT_HEADER];
	return { name, secret: typeof seat === "string" && SEAT.test(seat) ? known(seat) : "" };
}

/** What is compared in place of a seat's secret. */
function known(seat: string): string {
	return createHash("sha256").update(seat).digest("base64url");
}

function fraction(): number {
	return randomBytes(4).readUInt32BE() / 2 ** 32;
}

function refusal(error: RoomRefusal, retrySeconds = 1): Page {
	const status = REFUSAL_STATUS[error];
	const headers = status === 429 || status === 503 ? { "Retry-After": String(retrySeconds) } : {};
	return { ...json(status, { error }), headers };
}

function json(status: number, value: object): Page {
	return { status, type: "application/json", body: JSON.stringify(value) };
}

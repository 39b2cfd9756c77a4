/** The rendezvous of a server: rooms over HTTP (`docs/signalling.md`), with a clock, randomness and bounds. */
import { createHash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { holderOf } from "@whither/wire";
import type { ContentfulStatusCode } from "hono/utils/http-status";
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
import { type BudgetLimits, ClientBudget } from "../budget/client-budget.ts";
import { answer } from "../http/answers.ts";
import { answerAt, type HttpContext, type HttpHandler, type HttpRoutes, newRoutes } from "../http/app.ts";
import { readsJson, readsNothing } from "../http/checks.ts";
import { answerEvents, type EventStream } from "../http/event-stream.ts";
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
	readonly routes: HttpRoutes;
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

/** A room's name in a path. */
const ROOM = ":room{[A-Za-z0-9_-]+}";

/** What was asked. */
interface Asked {
	readonly room: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: unknown;
	readonly client: string;
}

/** What is answered: a document, or events from now on. */
interface Said {
	readonly status: ContentfulStatusCode;
	readonly body: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly begin?: (stream: EventStream) => () => void;
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

	routes(): HttpRoutes {
		const routes = newRoutes();
		const post = (path: string, cost: number, say: (asked: Asked, now: number) => Said): void => {
			const handlers = [readsJson(LONGEST_BODY), this.#charged(cost, say)];
			answerAt(routes, `${RENDEZVOUS_PATH}${path}`, { POST: handlers });
		};
		post("/offers", COST.enter, () => answered(200, { protocol: RENDEZVOUS_PROTOCOL, offered: this.#offered() }));
		post("/rooms", COST.enter, (asked, now) => this.#create(asked, now));
		post(`/rooms/${ROOM}/join`, COST.enter, (asked, now) => this.#join(asked, now));
		post(`/rooms/${ROOM}/messages`, COST.other, (asked) => this.#say(asked));
		post(`/rooms/${ROOM}/leave`, COST.other, (asked, now) => this.#leave(asked, now));
		const read = this.#charged(COST.other, (asked, now) => this.#read(asked, now));
		answerAt(routes, `${RENDEZVOUS_PATH}/rooms/${ROOM}/events`, { GET: [readsNothing, read] });
		return routes;
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

	#charged(cost: number, say: (asked: Asked, now: number) => Said): HttpHandler {
		return (context) => {
			const now = performance.now();
			const asked = askedOf(context);
			const waitMs = this.#budget.spend(asked.client, cost, now);
			const { status, body, headers, begin } =
				waitMs > 0 ? refusal("busy", Math.ceil(waitMs / 1_000)) : say(asked, now);
			this.watch();
			if (begin !== undefined) return answerEvents(context, begin);
			return answer(context, status, { type: "application/json", body }, headers);
		};
	}

	#create({ body, client }: Asked, now: number): Said {
		const posted = readRoom(body);
		if (posted === null) return refusal("badRequest");
		const { room: name, share } = posted;
		const entered = this.#rooms.create({ name, share, secret: known(posted.seat), client }, now);
		return "refused" in entered ? refusal(entered.refused) : answered(201, this.#roomJson(entered.room, now));
	}

	#join({ body, client, room: name }: Asked, now: number): Said {
		const posted = readJoin(body);
		if (posted === null) return refusal("badRequest");
		const entered = this.#rooms.join({ name, secret: known(posted.seat), client }, now);
		if ("refused" in entered) return refusal(entered.refused);
		return answered(200, { ...this.#roomJson(entered.room, now), share: entered.room.share });
	}

	#say(asked: Asked): Said {
		const posted = readPayloads(asked.body);
		if (posted === null) return refusal("badRequest");
		const said = this.#rooms.say({ ...seatOf(asked), first: posted.first, payloads: posted.messages });
		return "refused" in said ? refusal(said.refused) : answered(200, said);
	}

	#leave(asked: Asked, now: number): Said {
		const posted = readLeave(asked.body);
		if (posted === null) return refusal("badRequest");
		const refused = this.#rooms.leave({ ...seatOf(asked), why: posted.why }, now);
		return refused === null ? answered(200, {}) : refusal(refused.refused);
	}

	#read(asked: Asked, now: number): Said {
		const after = readLastId(asked.headers["last-event-id"]);
		if (after === null) return refusal("badRequest");
		const seat = seatOf(asked);
		const reader = new StreamReader();
		const refused = this.#rooms.read({ ...seat, after }, reader, now);
		if (refused !== null) return refusal(refused.refused);
		const begin = (stream: EventStream) => {
			reader.begin(stream);
			return () => {
				this.#rooms.unread(seat, reader, performance.now());
				this.watch();
			};
		};
		return { ...answered(200, {}), begin };
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

function seatOf({ room: name, headers }: Asked): { readonly name: string; readonly secret: string } {
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

function refusal(error: RoomRefusal, retrySeconds = 1): Said {
	const status = REFUSAL_STATUS[error] as ContentfulStatusCode;
	const headers = status === 429 || status === 503 ? { "Retry-After": String(retrySeconds) } : {};
	return { ...answered(status, { error }), headers };
}

function answered(status: Said["status"], value: object): Said {
	return { status, body: JSON.stringify(value) };
}

function askedOf(context: HttpContext): Asked {
	const { headers, socket } = context.env.incoming;
	const room = context.req.param("room") ?? "";
	return { room, headers, body: context.get("body"), client: holderOf(socket.remoteAddress ?? "") };
}

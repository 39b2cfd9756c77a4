/** Browsers that connect to this server itself: `POST /api/v1/ice` and what follows it, whatever HTTP there is. */
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import type { Visit, VisitOrder } from "../../api/meet/visit/visit.ts";
import type { ApiProblem, ApiRefusal, IceAnswer } from "../protocol/api-protocol.ts";
import { browserName } from "../protocol/browser-name.ts";
import { readCandidates, readOffer } from "./posted.ts";

/** A session that is written as it happens. */
export interface VisitSession {
	readonly id: string;
	tell(event: MeetEvent): void;
	/** The last word. */
	end(
		end: { readonly result: MeetResult } | { readonly error: { readonly code: string; readonly message: string } },
	): void;
}

/** Who asks. */
export interface VisitAsker {
	readonly address: string;
	/** What its browser calls itself. */
	readonly userAgent: string | undefined;
}

/** What the desk is made of. */
export interface BrowserIceOrder {
	readonly openVisit: (order: Pick<VisitOrder, "offer" | "tool" | "tell">) => Promise<Visit>;
	/** Begins a session of kind `meet`, if there may be another; resolves once it is on the disk. */
	readonly begin: (order: {
		readonly client: string;
		readonly request: Readonly<Record<string, unknown>>;
		/** Sends the visitor away; resolves once all is closed. */
		readonly stop: () => Promise<void>;
	}) => Promise<VisitSession | ApiProblem>;
	/** For one client, which counts as one by `clientOf`; 4 when absent. */
	readonly mostPerClient?: number;
	readonly clientOf: (address: string) => string;
}

/** What is answered: JSON, or nothing (204). */
export interface DeskAnswer {
	readonly status: number;
	readonly json: IceAnswer | ApiProblem | null;
}

/** Where browsers come to. */
export interface BrowserIceDesk {
	/** `POST /api/v1/ice`. */
	offer(body: unknown, asker: VisitAsker): Promise<DeskAnswer>;
	/** `POST /api/v1/ice/ID/candidates`. */
	candidates(id: string, body: unknown): DeskAnswer;
	/** Under way. */
	readonly count: number;
	/** Sends all away; resolves once nothing is open. */
	close(): Promise<void>;
}

/** Visitors at a time, of all clients: each has a few sockets. */
const MOST_VISITS = 64;
const MOST_PER_CLIENT = 4;
const STATUS: Partial<Readonly<Record<ApiRefusal, number>>> = {
	...{ badRequest: 400, unauthorized: 401, forbidden: 403, notFound: 404, targetRefused: 403, tooMuch: 413 },
	...{ overBudget: 429, draining: 503, storeFailed: 507 },
};

interface Guest {
	readonly visit: Visit;
	readonly client: string;
}

/** Opens it; nothing listens yet. */
export function openBrowserIce(order: BrowserIceOrder): BrowserIceDesk {
	return new Desk(order);
}

class Desk implements BrowserIceDesk {
	readonly #order: BrowserIceOrder;
	readonly #guests = new Map<string, Guest>();
	/** Being opened, by client. */
	readonly #coming = new Map<string, number>();
	#isClosing = false;

	constructor(order: BrowserIceOrder) {
		this.#order = order;
	}

	get count(): number {
		return this.#guests.size;
	}

	async offer(body: unknown, asker: VisitAsker): Promise<DeskAnswer> {
		const sdp = readOffer(body);
		if (sdp === null) return problem("badRequest", 'Post {"sdp": the SDP of RTCPeerConnection.createOffer()}');
		const client = this.#order.clientOf(asker.address);
		const refused = this.#refusal(client);
		if (refused !== null) return refused;
		this.#coming.set(client, (this.#coming.get(client) ?? 0) + 1);
		try {
			return await this.#open(sdp, client, browserName(asker.userAgent));
		} finally {
			const left = (this.#coming.get(client) ?? 1) - 1;
			if (left > 0) this.#coming.set(client, left);
			else this.#coming.delete(client);
		}
	}

	candidates(id: string, body: unknown): DeskAnswer {
		const lines = readCandidates(body);
		if (lines === null)
			return problem("badRequest", 'Post {"candidates": lines of a=candidate}; an empty list ends them');
		const guest = this.#guests.get(id);
		if (guest === undefined) return problem("notFound", "There is no connection of that name, or it has ended");
		if (!guest.visit.candidates(lines)) return problem("tooMuch", "No browser has so many candidates");
		return { status: 204, json: null };
	}

	async close(): Promise<void> {
		this.#isClosing = true;
		await Promise.all([...this.#guests.values()].map(({ visit }) => visit.close()));
	}

	#refusal(client: string): DeskAnswer | null {
		if (this.#isClosing) return problem("draining", "The server ends");
		const { mostPerClient = MOST_PER_CLIENT } = this.#order;
		const own = [...this.#guests.values()].filter((guest) => guest.client === client).length;
		const coming = [...this.#coming.values()].reduce((sum, count) => sum + count, 0);
		if (own + (this.#coming.get(client) ?? 0) >= mostPerClient)
			return problem("overBudget", "You have as many connections as one may have; close a page, or wait for a minute");
		if (this.#guests.size + coming >= MOST_VISITS)
			return problem("overBudget", "As many browsers are connected as may be; try again in a minute");
		return null;
	}

	async #open(sdp: string, client: string, tool: string): Promise<DeskAnswer> {
		// What happens before the session is on the disk waits for it.
		const early: MeetEvent[] = [];
		let session: VisitSession | null = null;
		const tell = (event: MeetEvent) => {
			if (session === null) early.push(event);
			else session.tell(event);
		};
		const visit = await this.#order.openVisit({ offer: sdp, tool, tell }).catch((error: unknown) => errorOf(error));
		if ("message" in visit) return problem("badRequest", visit.message);
		const request = { ice: "browser", tool };
		const begun = await this.#order.begin({ client, request, stop: () => visit.close() });
		if ("error" in begun) {
			void visit.close();
			return { status: STATUS[begun.error.code] ?? 500, json: begun };
		}
		session = begun;
		for (const event of early.splice(0)) begun.tell(event);
		this.#guests.set(begun.id, { visit, client });
		void visit.result
			.then((result) => begun.end({ result }))
			.catch((error: unknown) => begun.end({ error: errorOf(error) }))
			.finally(() => this.#guests.delete(begun.id));
		if (this.#isClosing) void visit.close();
		return { status: 201, json: { id: begun.id, kind: "meet", sdp: await visit.answer } };
	}
}

function errorOf(error: unknown): { readonly code: string; readonly message: string } {
	const { code = "failed", message = String(error) } = error as { readonly code?: string; readonly message?: string };
	return { code, message };
}

function problem(code: ApiRefusal, message: string): DeskAnswer {
	return { status: STATUS[code] ?? 500, json: { error: { code, message } } };
}

/** One test of a relay under way: its legs as they are done, its result at the end. */
import type { TurnAllocated } from "@whither/core";
import { Course } from "../course.ts";
import { wantedFamily } from "../course-start.ts";
import { asWhitherError, WhitherError } from "../error.ts";
import { type FoundStunServer, findServer } from "../stun/find-server.ts";
import type { PlaceResult } from "../stun/result.ts";
import { STUNS_PORT, type StunTransport } from "../stun/server-name.ts";
import { type CellContext, type CellOrder, tryCell } from "./cell.ts";
import { findOffers } from "./offers.ts";
import { checkTurn, type TurnRequestOptions, turnNumbers, turnUser } from "./options.ts";
import { NOTHING_OFFERED, TURN_SCHEMA, type TurnCellResult, type TurnOffers, type TurnResult } from "./result.ts";
import { HTTPS_PORT, parseTurnServer, type TurnServerName, turnService } from "./server-name.ts";
import { traceLeg } from "./trace.ts";
import { isWorking, turnVerdict } from "./verdict.ts";
import { type AskedTurn, cellSentence } from "./words.ts";
import type { TurnWorld } from "./world.ts";

/** What is told on the way: a leg is done. */
export interface TurnEvent {
	readonly kind: "cell";
	readonly cell: TurnCellResult;
}

/** What a run is started with, beyond the caller's options. */
export interface TurnRunOrder {
	readonly server: string;
	readonly options: TurnRequestOptions;
	readonly tool: TurnResult["tool"];
	/** Without passwords and secrets. */
	readonly args: readonly string[];
	readonly openWorld: () => TurnWorld | Promise<TurnWorld>;
}

/** How long the usual port of TLS may be silent before the web's is tried beside it. */
const HTTPS_AFTER_MS = 1_000;

/**
 * A test under way. Iterate it for the legs, await `result` for the whole; both reject with the same `WhitherError` when it
 * cannot begin. A server that does not relay is a result.
 */
export class TurnRun implements AsyncIterable<TurnEvent> {
	readonly result: Promise<TurnResult>;
	readonly #order: TurnRunOrder;
	readonly #course = new Course<TurnEvent>({ what: "run" });
	readonly #ending = new AbortController();
	readonly #startedAt = new Date().toISOString();
	readonly #beganMs = performance.now();
	/** Of the first leg that has an allocation. */
	#allocated: { readonly cell: CellOrder; readonly allocated: TurnAllocated } | null = null;
	#lane: Promise<unknown> = Promise.resolve();

	constructor(order: TurnRunOrder) {
		this.#order = order;
		this.#course.stopped.addEventListener("abort", () => this.#ending.abort("stopped"));
		this.result = this.#course.run(() => this.#findAndTry(), order.options.signal);
	}

	/** End early; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<TurnEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #findAndTry(): Promise<TurnResult> {
		const { server, options, openWorld } = this.#order;
		checkTurn(options);
		const name = parseTurnServer(server);
		const transports = transportsOf(name, options);
		const world = await openWorld();
		const forget =
			options.timeoutMs === undefined ? null : world.after(options.timeoutMs, () => this.#ending.abort("outOfTime"));
		try {
			const found = await this.#course.unlessStopped(this.#find(world, name, transports));
			const unixSeconds = Date.now() / 1000;
			const context = this.#context(world, found, unixSeconds);
			const asked = { user: context.user, unixSeconds };
			const orders = [...found].flatMap(([transport, place]) => cellOrders(transport, place));
			const tried = await Promise.all(orders.map((order) => this.#tryLeg(order, context, asked)));
			const cells = await this.#againOverQuota(tried.flat(), orders, context, asked);
			const offers = await this.#offers(context);
			return this.#document({ name: server, cells, offers, asked, context });
		} finally {
			forget?.();
		}
	}

	/**
	 * Each transport has records of its own; the addresses of a name are looked up once. A name without addresses that has
	 * records for some transports has no server for the others.
	 */
	async #find(
		world: TurnWorld,
		name: TurnServerName,
		transports: readonly StunTransport[],
	): Promise<ReadonlyMap<StunTransport, FoundStunServer>> {
		const { options } = this.#order;
		const family = wantedFamily(options);
		const resolved = new Map<string, ReturnType<TurnWorld["resolve"]>>();
		const resolve: TurnWorld["resolve"] = (host, of) => {
			const key = `${of} ${host}`;
			const known = resolved.get(key) ?? world.resolve(host, of);
			resolved.set(key, known);
			return known;
		};
		const lookups = { resolve, services: world.services };
		const found = await Promise.allSettled(
			transports.map(async (transport) => {
				const { host } = name;
				const own = transport === "tls" ? (options.tlsPort ?? null) : null;
				// A port is that of UDP and TCP; of TLS too where TLS alone is meant or usually listens there.
				const isOfTls = transports.length === 1 || name.port === HTTPS_PORT || name.port === STUNS_PORT;
				const port = own ?? (transport === "tls" && !isOfTls ? null : name.port);
				const service = turnService(transport);
				return [transport, await findServer({ host, port }, { ...service, family }, lookups)] as const;
			}),
		);
		const there = found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
		const failures = found.flatMap((one) => (one.status === "rejected" ? [asWhitherError(one.reason)] : []));
		const worst = failures.find(({ code }) => there.length === 0 || code !== "nameNotFound");
		if (worst !== undefined) throw worst;
		return new Map(there);
	}

	#context(world: TurnWorld, found: ReadonlyMap<StunTransport, FoundStunServer>, unixSeconds: number): CellContext {
		const { options } = this.#order;
		const { peer = null, source = null, authorities } = options;
		const stunServer = (family: 4 | 6): PlaceResult | null => {
			const place = found.get("udp") ?? found.get("tcp") ?? found.get("tls");
			const target = place?.addresses.find((one) => one.family === family);
			return place === undefined || target === undefined ? null : { address: target.address, port: place.port };
		};
		return {
			...{ world, peer, source, authorities, stunServer, signal: this.#ending.signal },
			user: turnUser(options, unixSeconds),
			numbers: turnNumbers(options),
			alone: (work) => {
				const done = this.#lane.then(work);
				this.#lane = done.catch(() => {});
				return done;
			},
			trace: options.trace ? traceLeg : null,
			allocated: (cell, allocated) => {
				this.#allocated ??= { cell, allocated };
			},
		};
	}

	/** Legs that our own other ones used the user's quota up for are tried again, one after the other. */
	async #againOverQuota(
		cells: readonly TurnCellResult[],
		orders: readonly PortedOrder[],
		context: CellContext,
		asked: AskedTurn,
	): Promise<readonly TurnCellResult[]> {
		if (this.#allocated === null) return cells;
		const again: TurnCellResult[] = [];
		for (const cell of cells) {
			const order = orders.find(
				({ transport, family, server }) =>
					transport === cell.transport && family === cell.family && server.port === cell.server.port,
			);
			const isOver = cell.failure?.code === "quotaReached" && order !== undefined && !context.signal.aborted;
			again.push(isOver ? await this.#tryCell(order, context, asked) : cell);
		}
		return again;
	}

	/** A leg; of TLS on its usual port also the web's, where that fails or says nothing for a while. */
	async #tryLeg(order: PortedOrder, context: CellContext, asked: AskedTurn): Promise<readonly TurnCellResult[]> {
		const cell = this.#tryCell(order, context, asked);
		if (order.transport !== "tls" || !order.isUsualPort || this.#order.options.tlsPort !== undefined)
			return [await cell];
		let forget = (): void => {};
		const late = new Promise<null>((resolve) => {
			forget = context.world.after(HTTPS_AFTER_MS, () => resolve(null));
		});
		const first = await Promise.race([cell, late]);
		forget();
		if (first !== null && (first.reachable || first.failure?.code === "stopped" || first.failure?.code === "system"))
			return [first];
		const other = this.#tryCell({ ...order, server: { ...order.server, port: HTTPS_PORT } }, context, asked);
		const both = await Promise.all([cell, other]);
		// Where nobody has a relay on the web's port, that is not news.
		return isWorking(both[1]) || both[1].relayed.length > 0 || (!both[0].reachable && both[1].authenticated === false)
			? both
			: [both[0]];
	}

	async #tryCell(order: CellOrder, context: CellContext, asked: AskedTurn): Promise<TurnCellResult> {
		const found = await tryCell(order, context);
		const cell = { ...found, summary: cellSentence(found, asked) };
		this.#course.events.push({ kind: "cell", cell });
		return cell;
	}

	async #offers(context: CellContext): Promise<TurnOffers> {
		if (this.#allocated === null) return NOTHING_OFFERED;
		const { cell, allocated } = this.#allocated;
		return findOffers(cell, allocated, context);
	}

	#document(made: {
		readonly name: string;
		readonly cells: readonly TurnCellResult[];
		readonly offers: TurnOffers;
		readonly asked: AskedTurn;
		readonly context: CellContext;
	}): TurnResult {
		const { tool, args } = this.#order;
		const { name, cells, offers, asked, context } = made;
		const { host } = parseTurnServer(name);
		const { signal } = context;
		return {
			...{ schema: TURN_SCHEMA, tool, args, server: { name, host } },
			user: context.user.credentials?.username ?? null,
			relays: cells.some(isWorking),
			...{ cells, offers },
			summary: turnVerdict(host, cells, asked),
			backend: context.world.backend,
			startedAt: this.#startedAt,
			durationNs: Math.round((performance.now() - this.#beganMs) * 1e6),
			stopReason: !signal.aborted ? "complete" : signal.reason === "outOfTime" ? "timeout" : "interrupted",
		};
	}
}

type PortedOrder = CellOrder & { readonly isUsualPort: boolean };

function cellOrders(transport: StunTransport, { host, port, addresses }: FoundStunServer): readonly PortedOrder[] {
	return addresses.map(({ family, address, zone }) => ({
		...{ family, transport, serverName: host },
		server: { address, port, ...(zone === null ? {} : { zone }) },
		isUsualPort: port === turnService(transport).defaultPort,
	}));
}

/** What both the server's name and the options allow. */
function transportsOf(name: TurnServerName, { transports }: TurnRequestOptions): readonly StunTransport[] {
	if (transports === undefined) return name.transports;
	const both = name.transports.filter((one) => transports.includes(one));
	if (both.length > 0) return both;
	const sentence = `The server's URI asks for ${name.transports.join(" or ").toUpperCase()}, the options for ${transports.join(" or ").toUpperCase()}`;
	throw new WhitherError("badOption", sentence, { option: "transports", value: transports });
}

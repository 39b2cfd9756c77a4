/** One question to a STUN server under way: its events as they happen, its result at the end. */
import type { NatBehaviourEvent } from "@whither/core";
import type { RunningStun, StunFindings, StunOrder, StunRunFailure } from "@whither/net/stun";
import { Course } from "../course.ts";
import { wantedFamily } from "../course-start.ts";
import { failureError, WhitherError } from "../error.ts";
import type { ResolvedTarget } from "../resolve.ts";
import { type FoundStunServer, findStunServer } from "./find-server.ts";
import { familyResult, tcpOutcome, unsentResult } from "./findings.ts";
import { checkStun, type StunRequestOptions } from "./options.ts";
import { STUN_SCHEMA, type StunFamilyResult, type StunResult } from "./result.ts";
import { parseStunServer, type StunServerName, type StunTransport } from "./server-name.ts";
import type { StunWorld } from "./world.ts";

/** What is told on the way, of each family. */
export type StunEvent = { readonly family: 4 | 6 } & Exclude<NatBehaviourEvent, { readonly kind: "end" }>;

/** What a run is started with, beyond the caller's options. */
export interface StunRunOrder {
	/** Empty: none was named. */
	readonly server: string;
	readonly options: StunRequestOptions;
	readonly tool: StunResult["tool"];
	readonly args: readonly string[];
	readonly openWorld: () => StunWorld | Promise<StunWorld>;
}

/** The environment variable with the server that is asked where none is named. */
export const SERVER_VARIABLE = "WHITHER_STUN";

/** How long TCP may take to tell a filter from a dead server. */
const TCP_CHECK_MS = 3_000;

/**
 * A question under way. Iterate it for the events, await `result` for the whole; both reject with the same `WhitherError`
 * when it cannot begin. A server that does not answer is a result.
 */
export class StunRun implements AsyncIterable<StunEvent> {
	readonly result: Promise<StunResult>;
	readonly #order: StunRunOrder;
	readonly #course = new Course<StunEvent>({ what: "run" });
	readonly #running = new Set<RunningStun>();
	readonly #startedAt = new Date().toISOString();
	readonly #beganMs = performance.now();
	#found: FoundStunServer | null = null;
	#ended: StunResult["stopReason"] = "complete";
	#backend: StunResult["backend"] = null;

	constructor(order: StunRunOrder) {
		this.#order = order;
		this.#course.stopped.addEventListener("abort", () => {
			for (const running of [...this.#running]) running.stop();
		});
		this.result = this.#course.run(() => this.#findAndAsk(), order.options.signal);
	}

	/** Where the server is, once that is known. */
	get found(): FoundStunServer | null {
		return this.#found;
	}

	/** End early; the result has what is known by now and `stopReason: "interrupted"`. */
	stop(): void {
		this.#course.stop();
	}

	[Symbol.asyncIterator](): AsyncIterator<StunEvent> {
		return this.#course.events[Symbol.asyncIterator]();
	}

	async #findAndAsk(): Promise<StunResult> {
		const { server, options, openWorld } = this.#order;
		checkStun(options);
		if (server === "")
			throw new WhitherError("usage", `Name a STUN server, here or in ${SERVER_VARIABLE}; none is built in`);
		const name = parseStunServer(server);
		const transport = transportOf(name, options);
		const world = await openWorld();
		const wanted = { transport, family: wantedFamily(options) };
		const found = await this.#course.unlessStopped(findStunServer(name, wanted, world));
		this.#found = found;
		const families = await Promise.all(found.addresses.map((target) => this.#askFamily(world, target, transport)));
		return this.#document(server, found, families);
	}

	#orderFor({ family, address, zone }: ResolvedTarget, transport: StunTransport): StunOrder {
		const { source = null, classic, lifetime, authorities, timeoutMs = null } = this.#order.options;
		const { host = "", port = 0 } = this.#found ?? {};
		const longest = lifetime === true ? LONGEST_WAIT_SECONDS : lifetime;
		return {
			family,
			server: { address, port, ...(zone === null ? {} : { zone }) },
			serverName: host,
			transport,
			source,
			timeoutMs,
			...(classic === undefined ? {} : { classic }),
			...(typeof longest !== "number" ? {} : { lifetime: { maximumSeconds: longest } }),
			...(authorities === undefined ? {} : { authorities }),
		};
	}

	async #askFamily(world: StunWorld, target: ResolvedTarget, transport: StunTransport): Promise<StunFamilyResult> {
		const order = this.#orderFor(target, transport);
		const found = await this.#discover(world, order, true);
		if ("code" in found) {
			if (found.code === "internal") throw failureError(found, { method: "stun" });
			return unsentResult(order, found);
		}
		this.#backend = found.backend;
		if (found.ended !== "complete") this.#ended = found.ended;
		const { failure } = found.behaviour;
		const silent = transport === "udp" && (failure === "timeout" || failure === "unreachable");
		if (!silent || this.#course.stopped.aborted) return familyResult(order, found, null);
		const check = await this.#discover(world, { ...order, transport: "tcp", timeoutMs: TCP_CHECK_MS }, false);
		return familyResult(order, found, "code" in check ? null : tcpOutcome(check));
	}

	#discover(world: StunWorld, order: StunOrder, tell: boolean): Promise<StunFindings | StunRunFailure> {
		const { family } = order;
		return new Promise((resolve) => {
			const running = world.discover(order, (message) => {
				if (message.type === "event") {
					if (tell) this.#course.events.push({ family, ...message.event });
					return;
				}
				this.#running.delete(running);
				resolve(message.type === "result" ? message.findings : message.error);
			});
			this.#running.add(running);
			if (this.#course.stopped.aborted) running.stop();
		});
	}

	#document(name: string, found: FoundStunServer, families: readonly StunFamilyResult[]): StunResult {
		const primary = families.find(({ noAnswer }) => noAnswer === null) ?? families[0];
		if (primary === undefined) throw new Error("a server without an address");
		const { tool, args } = this.#order;
		return {
			schema: STUN_SCHEMA,
			tool,
			args,
			...primary,
			server: { name, host: found.host, ...primary.server },
			backend: this.#backend,
			startedAt: this.#startedAt,
			durationNs: Math.round((performance.now() - this.#beganMs) * 1e6),
			stopReason: this.#ended,
			families,
			summary: wholeSummary(families),
		};
	}
}

/** The longest wait tried by default: RFC 4787 section 4.3 recommends that bindings last five minutes. */
const LONGEST_WAIT_SECONDS = 300;

/** What the options say, else the URI; UDP where neither does. */
function transportOf({ transport: inUri }: StunServerName, { transport }: StunRequestOptions): StunTransport {
	if (inUri !== null && transport !== undefined && inUri !== transport) {
		const sentence = `The server's URI asks for ${inUri.toUpperCase()}, the options for ${transport.toUpperCase()}`;
		throw new WhitherError("badOption", sentence, { option: "transport", value: transport });
	}
	return transport ?? inUri ?? "udp";
}

/** Of one family its own; of two that say the same, that; else both by name. */
function wholeSummary(families: readonly StunFamilyResult[]): string {
	const [first, second] = families;
	if (first === undefined) return "";
	if (second === undefined) return sentence(first.summary);
	if (first.summary === second.summary) return sentence(`${first.summary} (IPv4 and IPv6)`);
	return `IPv${first.family}: ${first.summary}; IPv${second.family}: ${second.summary}.`;
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

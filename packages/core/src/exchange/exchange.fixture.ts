/** Two exchanges and a path between them that loses, delays and reorders, in virtual time. */
import { testCrypto } from "../../../wire/src/crypto.fixture.ts";
import { openDraw } from "../draw.fixture.ts";
import { type Instant, MILLISECOND } from "../machine.ts";
import { DocumentExchange } from "./document-exchange.ts";
import type { DocumentExchangeConfig, ExchangeEvent } from "./exchange-io.ts";
import { exchangeKeys } from "./keys.ts";

export const A = { ufrag: "aaaa", pwd: "the password of the first" };
export const B = { ufrag: "bbbb", pwd: "the password of the other" };

export interface PathSettings {
	readonly loss?: number;
	readonly delayMs?: number;
	readonly jitterMs?: number;
	readonly seed?: number;
	readonly config?: Partial<DocumentExchangeConfig>;
	/** Packets that are lost, by their number in the order of sending. */
	readonly drops?: (number: number, from: "a" | "b", bytes: Uint8Array) => boolean;
}

interface Way {
	readonly at: Instant;
	readonly to: "a" | "b";
	readonly bytes: Uint8Array;
}

export function machine(name: "a" | "b", config: Partial<DocumentExchangeConfig> = {}): DocumentExchange {
	const [own, peer] = name === "a" ? [A, B] : [B, A];
	return new DocumentExchange({ crypto: testCrypto, keys: exchangeKeys(testCrypto, own, peer), ...config });
}

/** Runs until both have ended; `documents` by name, given to their ends at these times. */
export function exchangeOver(
	settings: PathSettings,
	documents: Readonly<Partial<Record<"a" | "b", { readonly bytes: Uint8Array; readonly atMs: number }>>>,
) {
	const { loss = 0, delayMs = 20, jitterMs = 0, seed = 1, drops, config } = settings;
	const draw = openDraw(seed);
	const machines = { a: machine("a", config), b: machine("b", config) };
	const events: Record<"a" | "b", { readonly at: Instant; readonly event: ExchangeEvent }[]> = { a: [], b: [] };
	const waiting = new Map(Object.entries(documents));
	let ways: Way[] = [];
	let sent = 0;
	let now: Instant = 0;
	const step = (name: "a" | "b", input: Parameters<DocumentExchange["step"]>[0]) => {
		for (const output of machines[name].step(input, now)) {
			if (output.type === "event") events[name].push({ at: now, event: output.event });
			if (output.type !== "send") continue;
			const isLost = draw(1000) < loss * 1000 || drops?.(sent, name, output.bytes) === true;
			const late = (delayMs + (jitterMs === 0 ? 0 : draw(jitterMs))) * MILLISECOND;
			sent++;
			if (!isLost) ways.push({ at: now + late, to: name === "a" ? "b" : "a", bytes: output.bytes });
		}
	};
	step("a", { type: "begin" });
	step("b", { type: "begin" });
	for (let turns = 0; turns < 5_000; turns++) {
		const times = [
			...ways.map(({ at }) => at),
			...[...waiting.values()].map(({ atMs }) => atMs * MILLISECOND),
			...Object.values(machines).map(({ deadline }) => deadline?.at ?? Number.POSITIVE_INFINITY),
		];
		const next = Math.min(...times);
		if (next === Number.POSITIVE_INFINITY) break;
		now = Math.max(now, next);
		for (const [name, { bytes, atMs }] of [...waiting]) {
			if (atMs * MILLISECOND > now || !waiting.delete(name)) continue;
			step(name as "a" | "b", { type: "document", bytes });
		}
		const come = ways.filter(({ at }) => at <= now);
		ways = ways.filter(({ at }) => at > now);
		for (const { to, bytes } of come) step(to, { type: "received", bytes });
		for (const name of ["a", "b"] as const) {
			const { deadline } = machines[name];
			if (deadline !== null && deadline.at <= now) step(name, { type: "timer" });
		}
	}
	return { events, sent, machines, endedMs: now / MILLISECOND };
}

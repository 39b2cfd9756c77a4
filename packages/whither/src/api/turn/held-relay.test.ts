import { natKind, natWorld } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { isFailure } from "./cell-failure.ts";
import { HeldRelay } from "./held-relay.ts";
import { simulatedTurn } from "./simulated.ts";
import type { TriedRelay, TurnWorld } from "./world.ts";

const USER = { username: "alice", password: "sesame" } as const;
const { signal } = new AbortController();

/** A world whose relays say only so long after `close` that they are closed, as where a request and an answer are lost. */
function slowlyClosing(afterMs: number, told: string[]): TurnWorld {
	const world = simulatedTurn(natWorld({ a: natKind("no NAT"), delayMs: 5 }), {
		server: "srv",
		users: { passwords: [USER] },
	});
	return {
		...world,
		openRelay: (order, listener) => {
			const relay = world.openRelay(order, listener);
			const slow: TriedRelay = {
				...relay,
				get counters() {
					return relay.counters;
				},
				close: () => {
					told.push("close");
					world.after(afterMs, () => {
						told.push("closed");
						listener.event({ kind: "closed", confirmed: true });
					});
				},
				destroy: () => {
					told.push("destroy");
					relay.destroy();
				},
			};
			return slow;
		},
	};
}

async function held(world: TurnWorld) {
	const { address } = await world.resolve("srv", 4);
	const credentials = { kind: "longTerm", ...USER } as const;
	return new HeldRelay(
		world,
		{ server: { address, port: 3478 }, transport: "udp", credentials },
		{ signal, waitMs: 1_000 },
	);
}

describe("a relay is given back", () => {
	it("though what says so, or its answer, is lost twice", async () => {
		const told: string[] = [];
		const relay = await held(slowlyClosing(1_600, told));
		expect(isFailure(await relay.allocation)).toBe(false);
		await relay.close();
		expect(told).toEqual(["close", "closed", "destroy"]);
	});

	it("for no longer than a server would be asked", async () => {
		const told: string[] = [];
		const relay = await held(slowlyClosing(60_000, told));
		await relay.allocation;
		await relay.close();
		expect(told).toEqual(["close", "destroy"]);
	});
});

import { describe, expect, test } from "vitest";
import { SECOND } from "../../machine.ts";
import { EarlyTurnClient } from "./client/client.ts";
import type { EarlyTurnClientConfig, EarlyTurnClientEvent, EarlyTurnClientInput } from "./client/client-io.ts";
import { earlyRelayUser, fixedRelayUsers } from "./relay-users.ts";
import { CLIENT, PEER, ServerUnderTest, UNIX_AT_ZERO } from "./server/server.fixture.ts";
import type { EarlyTurnServerConfig, EarlyTurnServerOutput } from "./server/server-io.ts";
import { OneTimeUsers } from "./shared-secret/one-time-users.ts";

const SERVER = { address: "8.8.0.1", port: 5556 };
const USER = earlyRelayUser({ username: "many-a", password: "pass many-a" });

/** A client and a server in one process, with nothing lost between them unless it is said so. */
class Both {
	readonly under: ServerUnderTest;
	readonly client: EarlyTurnClient;
	readonly events: EarlyTurnClientEvent[] = [];
	readonly data: Uint8Array[] = [];
	readonly from: typeof CLIENT;
	isCut = false;

	constructor(config: Partial<EarlyTurnClientConfig> = {}, under = new ServerUnderTest(), from = CLIENT) {
		this.under = under;
		this.from = from;
		this.client = new EarlyTurnClient({ secret: new Uint8Array(32).fill(1), server: SERVER, user: USER, ...config });
	}

	static with(server: Partial<EarlyTurnServerConfig>, config: Partial<EarlyTurnClientConfig> = {}): Both {
		return new Both(config, new ServerUnderTest(server));
	}

	step(input: EarlyTurnClientInput): this {
		for (const output of this.client.step(input, Math.round(this.under.seconds * SECOND))) {
			if (output.type === "event") this.events.push(output.event);
			else if (output.type === "ignored" && output.reason === "notMine" && input.type === "received")
				this.data.push(input.bytes.slice());
			else if (output.type === "send" && !this.isCut)
				this.#deliver(this.under.step({ type: "received", bytes: output.bytes, from: this.from, local: 0 }));
		}
		return this;
	}

	#deliver(outputs: readonly EarlyTurnServerOutput[]): void {
		for (const output of outputs)
			if (output.type === "send") this.step({ type: "received", bytes: output.bytes, from: SERVER });
	}

	say(...bytes: readonly number[]): readonly EarlyTurnServerOutput[] {
		return this.under.step({ type: "received", bytes: Uint8Array.from(bytes), from: this.from, local: 0 });
	}

	hear(relay: number, from: typeof PEER, ...bytes: readonly number[]): void {
		this.#deliver(this.under.relayed(relay, from, ...bytes));
	}

	pass(seconds: number): this {
		const end = this.under.seconds + seconds;
		for (let steps = 0; this.under.seconds < end && steps < 10_000; steps++) {
			const due = (this.client.deadline?.at ?? Number.POSITIVE_INFINITY) / SECOND;
			this.under.seconds = Math.min(end, Math.max(due, this.under.seconds));
			this.under.step({ type: "timer" });
			this.step({ type: "timer" });
		}
		return this;
	}

	get relay(): number {
		return this.under.all("openRelay").at(-1)?.relay ?? 0;
	}
}

describe("client and server", () => {
	test("relay both ways, and end it together", () => {
		const both = new Both().step({ type: "allocate" });
		expect(both.events).toMatchObject([{ kind: "allocated", relayed: [{ address: "8.8.0.1" }], lifetimeSeconds: 600 }]);
		both.hear(both.relay, PEER, 1, 2, 3);
		expect(both.data).toEqual([Uint8Array.of(1, 2, 3)]);
		expect(both.say(4)).toEqual([{ type: "relaySend", relay: both.relay, to: PEER, bytes: Uint8Array.of(4) }]);
		both.step({ type: "release" });
		expect(both.events.at(-1)).toEqual({ kind: "closed" });
		expect(both.under.server.counters.bindings).toBe(0);
		expect(both.client.deadline).toBeNull();
	});

	test("keep a binding for two hours that nobody uses", () => {
		const both = Both.with({ users: fixedRelayUsers([USER]) })
			.step({ type: "allocate" })
			.pass(7200);
		expect(both.events.every(({ kind }) => kind === "allocated" || kind === "refreshed")).toBe(true);
		expect(both.events).toHaveLength(1 + 16);
		expect(both.under.server.counters).toMatchObject({ bindings: 1, bindingsOpened: 1, refreshes: 16 });
	});

	test("end with the user's time, whatever the client would like", () => {
		const both = new Both().step({ type: "allocate" }).pass(1799);
		expect(both.events.at(-1)).toMatchObject({ kind: "refreshed" });
		both.pass(10);
		expect(both.events.at(-1)).toMatchObject({ kind: "lost" });
		expect(both.under.server.counters.bindings).toBe(0);
	});

	test("of which the server has gone lose it within its lifetime", () => {
		const both = new Both().step({ type: "allocate" }).pass(100);
		both.isCut = true;
		both.pass(600);
		expect(both.events.at(-1)).toEqual({ kind: "lost", why: "timeout", error: null });
		expect(both.under.server.counters.bindings).toBe(0);
	});

	test("relay RTP and RTCP by neighbouring ports, with names that are good once", () => {
		const given = new OneTimeUsers(new Uint8Array(32).fill(2));
		const under = new ServerUnderTest({ users: (username, unixSeconds) => given.find(username, unixSeconds) });
		const [user, next] = [given.give("ann", UNIX_AT_ZERO), given.give("ann", UNIX_AT_ZERO)];
		const rtp = new Both({ user, preferences: { port: "even", next: true } }, under).step({ type: "allocate" });
		const [allocated] = rtp.events;
		if (allocated?.kind !== "allocated" || allocated.next === null) throw new Error("no port was set aside");
		const from = { ...CLIENT, port: CLIENT.port + 1 };
		const preferences = { port: "preallocated", at: allocated.next } as const;
		const reused = new Both({ user, preferences }, under, from).step({ type: "allocate" });
		expect(reused.events).toMatchObject([{ kind: "failed", error: { code: 430 } }]);
		const rtcp = new Both({ user: next, preferences }, under, from).step({ type: "allocate" });
		expect(rtcp.events).toMatchObject([{ kind: "allocated", relayed: [allocated.next] }]);
		// A name is good for its binding's whole life, long after it would have let anybody in.
		rtp.pass(3600);
		expect(rtp.events.at(-1)).toMatchObject({ kind: "refreshed" });
	});

	test("find another server where this one drains", () => {
		const other = { address: "8.8.0.2", port: 5556 };
		const both = new Both();
		both.under.step({ type: "drain", until: 60 * SECOND, alternate: [other] });
		both.step({ type: "allocate" });
		expect(both.client.server).toEqual(other);
	});

	test.each([
		["nobody", { username: "who ", password: "x" }, 430],
		["a wrong password", { ...USER, password: "guess" }, 431],
	] as const)("agree that %s gets nothing", (_, user, code) => {
		const both = new Both({ user }).step({ type: "allocate" });
		expect(both.events).toEqual([{ kind: "failed", why: "refused", error: { code, reason: "" } }]);
	});

	test("agree on what there is when it is full", () => {
		const both = Both.with({ quotas: { total: 0 } }).step({ type: "allocate" });
		expect(both.events).toMatchObject([{ kind: "failed", error: { code: 500 } }]);
	});
});

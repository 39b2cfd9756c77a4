/** Programs of several clients, peers and strangers of one server of early relays, and laws that every output is held to. */
import {
	attributeOf,
	decodeStun,
	isDecodeError,
	isEarlyTurnControl,
	isSameEndpoint,
	type StunAddress,
	type StunItem,
} from "@whither/wire";
import { type Draw, openDraw, pick, someBytes, spoiled } from "../../draw.fixture.ts";
import { SECOND } from "../../machine.ts";
import { ClientUnderTest, ServerUnderTest } from "./server/server.fixture.ts";
import type { EarlyTurnServerInput, EarlyTurnServerOutput } from "./server/server-io.ts";

/** What must not happen. */
export class BrokenLaw extends Error {}

const OWNERS = ["a", "b", "c", "d"] as const;
const PEERS: readonly StunAddress[] = [
	...["9.9.9.1", "9.9.9.2", "9.9.9.3", "8.8.0.1"].map((address) => ({ address, port: 50_000 })),
	{ address: "9.9.9.1", port: 50_001 },
	// Nobody may be sent to there.
	...["10.0.0.1", "127.0.0.1", "224.0.0.1", "::ffff:10.0.0.1", "169.254.169.254"].map((address) => ({
		address,
		port: 53,
	})),
];
const MAY_SEND = 5;
const LIFETIMES = [0, 1, 60, 600, 3600, 0xffff_ffff];
const QUOTAS = { perUser: 4, total: 10 } as const;
const PORTS = { first: 50_000, last: 50_031 } as const;

const textOf = ({ address, port }: StunAddress) => `${address} ${port}`;

function broken(law: string): never {
	throw new BrokenLaw(law);
}

/** A server among those who use it, by numbers from a seed. */
export class EarlySessions {
	readonly under = new ServerUnderTest({ quotas: QUOTAS, relayPorts: PORTS });
	readonly #draw: Draw;
	/** Requests as their owners made them, by their bytes. */
	readonly #genuine = new Set<string>();
	#recent: readonly Uint8Array[] = [];
	/** Of each relay: whose it is, and whom it is locked to. */
	readonly #clients = new Map<number, StunAddress>();
	readonly #locks = new Map<number, StunAddress>();
	readonly #places = new Map<number, string>();
	/** Relays that were asked for, with those above. */
	readonly #pending = new Map<number, number | null>();
	#names = 0;

	constructor(seed: number) {
		this.#draw = openDraw(seed);
		this.under.opens = false;
	}

	run(steps: number): this {
		for (let step = 0; step < steps; step++) this.#hold(this.#next());
		return this;
	}

	/** Everybody goes: nothing is left. */
	end(): void {
		this.#hold({ type: "drain", until: this.under.seconds * SECOND });
		if ([...this.under.server.bindings].length > 0 || this.under.server.deadline !== null) broken("something is left");
		if (this.#places.size > 0) broken(`${this.#places.size} relays are open still`);
	}

	#next(): EarlyTurnServerInput {
		const draw = this.#draw;
		const kind = draw(20);
		if (kind < 5) return { type: "received", ...this.#allocate(), local: 0 };
		if (kind < 7) return { type: "received", ...this.#forged(), local: 0 };
		if (kind < 10) return { type: "received", bytes: someBytes(draw, draw(60)), from: this.#client(), local: 0 };
		if (kind < 14)
			return { type: "relayReceived", relay: this.#relay(), from: this.#peer(), bytes: someBytes(draw, draw(60)) };
		if (kind < 18) return { type: "relayOpened", relay: this.#asked() };
		if (kind === 18)
			return { type: "relayFailed", relay: this.#asked(), why: draw(2) === 0 ? "portTaken" : "noResources" };
		this.under.seconds += draw(200);
		if (draw(20) === 0) return { type: "peers", peers: { deny: [PEERS[draw(MAY_SEND)]?.address ?? ""] } };
		return { type: "timer" };
	}

	#client(): StunAddress {
		return { address: `9.9.0.${this.#draw(OWNERS.length)}`, port: 40_000 + this.#draw(3) };
	}

	#peer(): StunAddress {
		return pick(this.#draw, PEERS) ?? { address: "9.9.9.1", port: 50_000 };
	}

	/** One that was asked for and neither stands nor has failed; or any number. */
	#asked(): number {
		return pick(this.#draw, [...this.#pending.keys()]) ?? this.#draw(50);
	}

	#relay(): number {
		return pick(this.#draw, [...this.#places.keys()]) ?? this.#draw(50);
	}

	#items(): StunItem[] {
		const draw = this.#draw;
		const items: StunItem[] = [];
		if (draw(2) === 0) items.push({ name: "lifetime", value: pick(draw, LIFETIMES) ?? 0 });
		if (draw(4) === 0) items.push({ name: "bandwidth", value: draw(1000) });
		const wish = draw(5);
		if (wish < 2) {
			const port = (["any", "odd", "even"] as const)[draw(3)] ?? "any";
			items.push({ name: "transportPreferences", value: { port, next: draw(2) === 0 } });
		} else if (wish === 2) {
			const at = { address: "8.8.0.1", port: PORTS.first + draw(32) };
			items.push({ name: "transportPreferences", value: { port: "preallocated", at } });
		}
		if (draw(12) === 0) items.push({ name: "unknown", type: draw(0x1_0000), value: someBytes(draw, 4 * draw(4)) });
		return items;
	}

	#allocate(): { readonly bytes: Uint8Array; readonly from: StunAddress } {
		const owner = pick(this.#draw, OWNERS) ?? "a";
		const username =
			this.#draw(3) === 0 ? `many-${owner}` : `once${this.#draw(3) === 0 ? this.#names++ : this.#draw(8)}-${owner}`;
		const from = this.#client();
		const bytes = new ClientUnderTest(this.under, username, from, `pass ${username}`).request(this.#items());
		this.#genuine.add(String(bytes));
		this.#recent = [...this.#recent, bytes].slice(-20);
		return { bytes, from };
	}

	/** Somebody else's request, changed or from elsewhere; or one under a password that is guessed. */
	#forged(): { readonly bytes: Uint8Array; readonly from: StunAddress } {
		const from = this.#client();
		const known = pick(this.#draw, this.#recent);
		const kind = this.#draw(3);
		if (kind === 0 && known !== undefined) return { bytes: spoiled(this.#draw, known), from };
		if (kind === 1 && known !== undefined) return { bytes: known, from };
		const username = `many-${pick(this.#draw, OWNERS) ?? "a"}`;
		return {
			bytes: new ClientUnderTest(this.under, username, from, `guess ${this.#draw(9)}`).request(this.#items()),
			from,
		};
	}

	#hold(input: EarlyTurnServerInput): void {
		if (input.type === "relayFailed" && this.#pending.has(input.relay)) {
			this.#places.delete(input.relay);
			this.#places.delete(this.#pending.get(input.relay) ?? -1);
		}
		if (input.type === "relayOpened" || input.type === "relayFailed") this.#pending.delete(input.relay);
		for (const output of this.under.step(input)) this.#judge(output, input);
		const { bindings } = this.under.server.counters;
		if (bindings > QUOTAS.total || this.#places.size > 2 * QUOTAS.total) broken("there are more than there may be");
	}

	#judge(output: EarlyTurnServerOutput, input: EarlyTurnServerInput): void {
		if (output.type === "openRelay") this.#noteOpened(output);
		else if (output.type === "closeRelay") {
			for (const known of [this.#places, this.#clients, this.#locks, this.#pending]) known.delete(output.relay);
		} else if (output.type === "event") this.#noteEvent(output.event);
		else if (output.type === "relaySend") this.#judgeUpwards(output, input);
		else if (output.type === "send" && input.type === "relayReceived") this.#judgeDownwards(output, input);
		else if (output.type === "send") this.#judgeAnswer(output, input);
	}

	#noteOpened({ relay, port, above }: Extract<EarlyTurnServerOutput, { readonly type: "openRelay" }>): void {
		this.#pending.set(relay, above);
		if (port < PORTS.first || port > PORTS.last) broken(`port ${port} is none of ours`);
		for (const [number, at] of [
			[relay, port],
			[above, port + 1],
		] as const) {
			const place = `8.8.0.1 ${at}`;
			if (number === null) continue;
			if ([...this.#places].some(([other, taken]) => taken === place && other !== number)) broken(`${place} is taken`);
			this.#places.set(number, place);
		}
	}

	#noteEvent(event: Extract<EarlyTurnServerOutput, { readonly type: "event" }>["event"]): void {
		const [relayed] = event.binding.relayed;
		const number = [...this.#places].find(([, place]) => relayed !== undefined && place === textOf(relayed))?.[0];
		if (event.kind === "bindingOpened" && number !== undefined) this.#clients.set(number, event.binding.client);
		if (event.kind !== "bindingLocked" || number === undefined || event.binding.peer === null) return;
		if (this.#locks.has(number)) broken("a relay was locked twice");
		if (!PEERS.slice(0, MAY_SEND).some((peer) => isSameEndpoint(peer, event.binding.peer ?? peer)))
			broken("a denied peer");
		this.#locks.set(number, event.binding.peer);
	}

	/** A client's bytes go to whom its relay is locked to, as they are. */
	#judgeUpwards(
		output: Extract<EarlyTurnServerOutput, { readonly type: "relaySend" }>,
		input: EarlyTurnServerInput,
	): void {
		const lock = this.#locks.get(output.relay);
		const client = this.#clients.get(output.relay);
		if (input.type !== "received" || client === undefined || !isSameEndpoint(client, input.from))
			broken("data of another client");
		else if (lock === undefined || !isSameEndpoint(lock, output.to)) broken("data to a stranger");
		else if (String(output.bytes) !== String(input.bytes) || isEarlyTurnControl(input.bytes)) broken("other data");
	}

	/** What a relay's only peer has said goes to its client, as it is. */
	#judgeDownwards(
		output: Extract<EarlyTurnServerOutput, { readonly type: "send" }>,
		input: Extract<EarlyTurnServerInput, { readonly type: "relayReceived" }>,
	): void {
		const lock = this.#locks.get(input.relay);
		const client = this.#clients.get(input.relay);
		if (lock === undefined || !isSameEndpoint(lock, input.from)) broken("a stranger's data");
		if (client === undefined || !isSameEndpoint(client, output.to)) broken("data to another client");
		if (String(output.bytes) !== String(input.bytes)) broken("other data");
	}

	/** Success is for requests as somebody with a password has made them; nobody else gets more than they have sent. */
	#judgeAnswer(output: Extract<EarlyTurnServerOutput, { readonly type: "send" }>, input: EarlyTurnServerInput): void {
		const answer = decodeStun(output.bytes);
		if (isDecodeError(answer)) broken("an answer that is none");
		else if (input.type !== "received") {
			// An Allocate is answered once its relay stands, or has failed.
			if (input.type !== "relayOpened" && input.type !== "relayFailed" && !this.#isLate(input)) broken("nobody asked");
		} else {
			if (!isSameEndpoint(output.to, input.from)) broken("an answer to somebody else");
			if (answer.class === "success" && !this.#genuine.has(String(input.bytes))) broken("a success without a password");
			const isSigned = attributeOf(answer, "messageIntegrity") !== undefined;
			const cookie = isEarlyTurnControl(output.bytes) ? 8 : 0;
			if (!isSigned && output.bytes.length - cookie > input.bytes.length) broken("more bytes than were sent");
		}
	}

	/** Relays that never stood are given up in time. */
	#isLate(input: EarlyTurnServerInput): boolean {
		return input.type === "timer" || input.type === "drain" || input.type === "peers";
	}
}

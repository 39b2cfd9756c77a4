/** A relay server with several clients and their peers, held to its laws at every step: for whoever throws inputs at it. */
import {
	attributeOf,
	concatBytes,
	decodeStun,
	decodeStunFrame,
	type HmacKey,
	isDecodeError,
	longTermKey,
	type StunAddress,
	type StunMessage,
} from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { TurnAllocation } from "../server/allocation.ts";
import { TurnServer } from "../server/server.ts";
import type { TurnServerInput, TurnServerOutput } from "../server/server-io.ts";
import { BrokenLaw, noStrangersBytes, OF_CLIENT, OF_PEER, paddedWithZeros } from "./output-laws.fixture.ts";

export const REALM = "r";
const UNBOUNDED = { perSecond: 1e9, burst: 1e9 };

/** Who is let in, with how their keys are made; the last is nobody's. */
const USERS = [
	{ username: "alice", password: "a", algorithm: "md5" },
	{ username: "bob", password: "b", algorithm: "sha256" },
	{ username: "carol", password: "c", algorithm: "md5" },
	{ username: "mallory", password: "?", algorithm: "md5" },
] as const;
export type Password = { readonly username: string; readonly password: string };
export const PASSWORDS: readonly Password[] = USERS.slice(0, 3);

/** Loopback, private, metadata, mapped: where nothing may ever go to. */
export const DENIED: readonly StunAddress[] = [
	{ address: "127.0.0.1", port: 80 },
	{ address: "10.0.0.1", port: 80 },
	{ address: "169.254.169.254", port: 80 },
	{ address: "::ffff:127.0.0.1", port: 80 },
	{ address: "64:ff9b::7f00:1", port: 80 },
	{ address: "2002:7f00:1::", port: 80 },
	{ address: "::1", port: 80 },
];

/** A user behind one 5-tuple. */
export interface Tenant {
	readonly number: number;
	readonly username: string;
	readonly algorithm: "md5" | "sha256";
	readonly key: HmacKey;
	readonly transport: "datagram" | "stream";
	from: StunAddress;
	nonce: string;
	/** The last that it was given. */
	ticket: Uint8Array | null;
	/** What has come of its stream and is no whole message yet. */
	held: Uint8Array;
	/** Its stream carries a peer's connection. */
	bound: boolean;
}

/** The server and all that happens around it. */
export class Tenants {
	readonly server: TurnServer;
	readonly tenants: readonly Tenant[];
	/** What tenants have been told and others may try: reservation tokens, tickets and connection ids. */
	readonly tokens: Uint8Array[] = [];
	readonly tickets: Uint8Array[] = [];
	readonly connectionIds: number[] = [];
	readonly connecting: number[] = [];
	readonly opening: number[] = [];
	/** Relays that stand and whose they are. */
	readonly relays = new Map<number, TurnAllocation>();
	now: Instant = 0;
	/** Messages and fragments handed in. */
	inputs = 0;
	#ports = 40_000;

	constructor() {
		this.server = new TurnServer({
			secret: marked32(1),
			unixSecondsAtZero: 1_800_000_000,
			realm: REALM,
			users: { passwords: PASSWORDS },
			relays: [{ address: "8.8.0.1" }, { address: "2606:4700::1" }],
			relayPorts: { first: 50_000, last: 50_031 },
			quotas: { perUser: 3 },
			holdings: { permissions: 6, channels: 3, connections: 3 },
			answers: { all: UNBOUNDED, perSource: UNBOUNDED, sources: 8 },
		});
		// Alice and Carol have a stream too.
		const seats = [0, 1, 2, 3, 0, 2].map(
			(user, seat) => ({ user, transport: seat > 3 ? "stream" : "datagram" }) as const,
		);
		this.tenants = seats.map(({ user, transport }) => this.#tenant(user, transport));
	}

	#tenant(number: number, transport: "datagram" | "stream"): Tenant {
		const user = USERS[number] ?? USERS[3];
		const { username, algorithm } = user;
		const from = { address: `9.9.0.${number}`, port: ++this.#ports };
		const key = longTermKey({ ...user, realm: REALM });
		return {
			number,
			username,
			algorithm,
			key,
			transport,
			from,
			nonce: "",
			ticket: null,
			held: new Uint8Array(0),
			bound: false,
		};
	}

	/** A datagram, or what a stream brings next: cut into messages, as a driver does. */
	hand(tenant: Tenant, bytes: Uint8Array): void {
		this.inputs++;
		if (tenant.transport === "datagram") this.#message(tenant, bytes);
		else if (!tenant.bound) {
			tenant.held = concatBytes([tenant.held, bytes]);
			this.#cut(tenant);
		}
	}

	#cut(tenant: Tenant): void {
		while (!tenant.bound) {
			const frame = decodeStunFrame(tenant.held);
			if (isDecodeError(frame)) {
				if (frame.error !== "truncated") this.reconnect(tenant);
				return;
			}
			if (frame.length > tenant.held.length) return;
			const message = tenant.held.slice(0, frame.length);
			tenant.held = tenant.held.slice(frame.length);
			this.#message(tenant, message);
		}
	}

	/** Its stream ends, and it has another. */
	reconnect(tenant: Tenant): void {
		this.step({ type: "streamClosed", from: tenant.from, local: 0 });
		tenant.from = { ...tenant.from, port: ++this.#ports };
		tenant.held = new Uint8Array(0);
		tenant.bound = false;
		tenant.nonce = "";
	}

	/** It comes from elsewhere from now on. */
	move(tenant: Tenant): void {
		if (tenant.transport === "stream") this.reconnect(tenant);
		else tenant.from = { ...tenant.from, port: ++this.#ports };
		tenant.nonce = "";
	}

	/** No message of one user changes what another has. */
	#message(tenant: Tenant, bytes: Uint8Array): void {
		this.step({ type: "timer" });
		const others = [...this.server.allocations]
			.filter(({ owner }) => owner !== tenant.username)
			.map((allocation) => ({ allocation, version: allocation.version }));
		const { from, transport } = tenant;
		this.step({ type: "received", bytes, from, local: 0, transport });
		for (const { allocation, version } of others)
			if (allocation.version !== version)
				throw new BrokenLaw(`${tenant.username} changed what ${allocation.owner} has`);
		if (tenant.number === 3 && this.server.allocationAt(0, from) !== undefined)
			throw new BrokenLaw("nobody was let in");
	}

	#learn(tenant: Tenant, message: StunMessage): void {
		tenant.nonce = attributeOf(message, "nonce") ?? tenant.nonce;
		keep(this.tokens, attributeOf(message, "reservationToken")?.slice());
		tenant.ticket = attributeOf(message, "mobilityTicket")?.slice() ?? tenant.ticket;
		keep(this.tickets, attributeOf(message, "mobilityTicket")?.slice());
		keep(this.connectionIds, attributeOf(message, "connectionId"));
	}

	/** Any input; every output is held to the laws. */
	step(input: TurnServerInput): readonly TurnServerOutput[] {
		const outputs = [...this.server.step(input, this.now)];
		for (const output of outputs) this.#judge(output);
		return outputs;
	}

	#judge(output: TurnServerOutput): void {
		if (output.type === "send") this.#judgeSend(output.bytes, output.to);
		else if (output.type === "openRelay") {
			keep(this.opening, output.relay);
		} else if (output.type === "closeRelay") this.relays.delete(output.relay);
		else if (output.type === "connectPeer") {
			notDenied(output.to);
			keep(this.connecting, output.connection);
		} else if (output.type === "bindConnection") {
			const tenant = this.#at(output.from);
			tenant.bound = true;
		} else if (output.type === "relaySend") {
			notDenied(output.to);
			const allocation = this.server.allocationOfRelay(output.relay);
			if (allocation === undefined) throw new BrokenLaw("data left by a relay of nobody");
			noStrangersBytes(output.bytes, numberOf(allocation.owner), OF_CLIENT);
		} else if (output.type === "event" && output.event.kind === "allocationOpened")
			for (const relay of output.event.allocation.relays) this.relays.set(relay.id, output.event.allocation);
	}

	#judgeSend(bytes: Uint8Array, to: StunAddress): void {
		const tenant = this.#at(to);
		paddedWithZeros(bytes);
		noStrangersBytes(bytes, tenant.number, OF_PEER);
		if ((bytes[0] ?? 0) >>> 6 === 1) return;
		const message = decodeStun(bytes);
		if (isDecodeError(message)) throw new BrokenLaw("a message that nobody can read");
		if (to.port === tenant.from.port) this.#learn(tenant, message);
	}

	#at(to: StunAddress): Tenant {
		const tenant = this.tenants.find(({ from }) => from.address === to.address && from.port === to.port);
		// One that has moved since: its old address is still its own.
		const known = tenant ?? this.tenants.find(({ from }) => from.address === to.address);
		if (known === undefined) throw new BrokenLaw(`something went to ${to.address}, who is nobody`);
		return known;
	}

	/** So long after that nothing may be left of all this. */
	end(): void {
		// What waits for a relay is given what there is of it first.
		for (const seconds of [31, 8000]) {
			this.now += seconds * SECOND;
			this.step({ type: "timer" });
		}
		const left = [...this.server.allocations].length;
		if (left > 0 || this.server.deadline !== null || this.relays.size > 0)
			throw new BrokenLaw(`${left} allocations and ${this.relays.size} relays outlived their time`);
	}
}

function numberOf(owner: string): number {
	return USERS.findIndex(({ username }) => username === owner);
}

function notDenied(to: StunAddress): void {
	if (DENIED.some(({ address }) => address === to.address)) throw new BrokenLaw(`something went to ${to.address}`);
}

const MOST_KEPT = 8;

function keep<Value>(list: Value[], value: Value | undefined): void {
	if (value === undefined) return;
	if (list.length >= MOST_KEPT) list.shift();
	list.push(value);
}

function marked32(byte: number): Uint8Array {
	return new Uint8Array(32).fill(byte);
}

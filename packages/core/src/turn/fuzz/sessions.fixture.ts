/** Programs for a relay server and its tenants, made of bytes: two for a step, the rest by a generator of numbers. */
import { encodeChannelData, encodeStun, type StunFields, type StunItem, userHash } from "@whither/wire";
import { type Draw, openDraw, pick, someBytes, spoiled } from "../../draw.fixture.ts";
import { SECOND } from "../../machine.ts";
import type { StunFuzzTarget } from "../../stun/fuzz.fixture.ts";
import { marked, OF_CLIENT, OF_PEER } from "./output-laws.fixture.ts";
import { DENIED, PASSWORDS, REALM, type Tenant, Tenants } from "./tenants.fixture.ts";

const EMPTY = new Uint8Array(0);
const METHODS = ["allocate", "refresh", "createPermission", "channelBind", "connect", "connectionBind"] as const;
const LIFETIMES = [0, 1, 600, 900, 3600, 0xffff_ffff];
const CHANNELS = [0x4000, 0x4001, 0x4002, 0x4003, 0x4fff, 0x3fff, 0x5000, 0x7fff, 0xffff];

function peerFor(draw: Draw, { number }: Tenant) {
	const kind = draw(12);
	if (kind === 0) return pick(draw, DENIED) ?? DENIED[0];
	if (kind === 1) return { address: "8.8.0.1", port: 50_000 + draw(40) };
	const port = 7000 + draw(3);
	const owner = kind === 2 ? draw(4) : number;
	return kind < 9 ? { address: `9.9.9.${owner}`, port } : { address: `2606:4700::9:${owner}`, port };
}

/** An attribute that means something, more or less. */
function itemFor(draw: Draw, world: Tenants, tenant: Tenant): StunItem {
	switch (draw(16)) {
		case 0:
			return { name: "requestedTransport", value: draw(8) === 0 ? draw(256) : draw(3) === 0 ? 6 : 17 };
		case 1:
			return { name: "requestedAddressFamily", value: draw(2) === 0 ? 4 : 6 };
		case 2:
			return { name: "additionalAddressFamily", value: draw(4) === 0 ? 4 : 6 };
		case 3:
			return { name: "evenPort", value: draw(2) === 0 };
		case 4:
			return { name: "reservationToken", value: pick(draw, world.tokens) ?? new Uint8Array(8) };
		case 5:
			return { name: "lifetime", value: pick(draw, LIFETIMES) ?? 0 };
		case 6:
			return { name: "dontFragment", value: true };
		case 7:
		case 8:
			return { name: "xorPeerAddress", value: peerFor(draw, tenant) ?? { address: "9.9.9.9", port: 1 } };
		case 9:
			return { name: "channelNumber", value: pick(draw, CHANNELS) ?? 0 };
		case 10:
			return { name: "data", value: marked(OF_CLIENT + tenant.number, draw(40)) };
		case 11:
			return {
				name: "mobilityTicket",
				value: draw(3) === 0 ? EMPTY : (pick(draw, world.tickets) ?? someBytes(draw, 24)),
			};
		case 12:
			return { name: "connectionId", value: pick(draw, world.connectionIds) ?? draw(0x1_0000) };
		case 13:
			return { name: "unknown", type: draw(0x1_0000), value: marked(OF_CLIENT + tenant.number, draw(20)) };
		case 14:
			// Of a known type, and of any length.
			return { name: "unknown", type: pick(draw, KNOWN) ?? 0, value: someBytes(draw, draw(30)) };
		default:
			return pick(draw, NAMES) ?? { name: "realm", value: REALM };
	}
}

const KNOWN = [
	...[0x0001, 0x0006, 0x0009, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001a],
	...[0x001d, 0x001e, 0x0022, 0x002a, 0x8000, 0x8001, 0x8002, 0x8004, 0x8030],
];
const NAMES: readonly StunItem[] = [
	...PASSWORDS.map(({ username }): StunItem => ({ name: "username", value: username })),
	...PASSWORDS.map(({ username }): StunItem => ({ name: "userHash", value: userHash(username, REALM) })),
	{ name: "nonce", value: "obMatJos2AAAD0.x" },
	{ name: "software", value: "s" },
];

/** What a request of this method needs, so that most of them come to something. */
function needed(draw: Draw, world: Tenants, tenant: Tenant, method: StunFields["method"]): readonly StunItem[] {
	const to = { name: "xorPeerAddress", value: peerFor(draw, tenant) ?? { address: "9.9.9.9", port: 1 } } as const;
	if (method === "allocate") {
		const tcp = tenant.transport === "stream" && draw(2) === 0;
		const items: StunItem[] = [{ name: "requestedTransport", value: tcp ? 6 : 17 }];
		if (draw(3) === 0) items.push({ name: "additionalAddressFamily", value: 6 });
		if (draw(3) === 0) items.push({ name: "mobilityTicket", value: EMPTY });
		return items;
	}
	if (method === "createPermission" || method === "connect") return [to];
	if (method === "channelBind") return [{ name: "channelNumber", value: 0x4000 + draw(4) }, to];
	if (method === "connectionBind")
		return [{ name: "connectionId", value: pick(draw, world.connectionIds) ?? draw(0x1_0000) }];
	return [];
}

/** Signed as its sender does, with what else there may be put anywhere. */
function request(draw: Draw, world: Tenants, tenant: Tenant): Uint8Array {
	const method = draw(20) === 0 ? draw(0x1000) : (pick(draw, METHODS) ?? "refresh");
	const items: StunItem[] = draw(12) === 0 ? [] : [...needed(draw, world, tenant, method)];
	const more = draw(3) === 0 ? draw(5) : 0;
	for (let left = more; left > 0; left--) items.splice(draw(items.length + 1), 0, itemFor(draw, world, tenant));
	if (tenant.nonce !== "" && draw(24) > 0) items.push(...signature(draw, tenant));
	if (draw(6) === 0) items.push(itemFor(draw, world, tenant));
	if (draw(6) === 0) items.push({ name: "fingerprint" });
	return encodeStun({ class: "request", method, transactionId: someBytes(draw, 12), attributes: items });
}

function refreshByTicket(draw: Draw, world: Tenants, tenant: Tenant): Uint8Array {
	const value = draw(3) === 0 ? pick(draw, world.tickets) : tenant.ticket;
	const attributes: StunItem[] = [{ name: "mobilityTicket", value: value ?? EMPTY }];
	if (tenant.nonce !== "") attributes.push(...signature(draw, tenant));
	return encodeStun({ class: "request", method: "refresh", transactionId: someBytes(draw, 12), attributes });
}

function signature(draw: Draw, { username, nonce, algorithm, key }: Tenant): readonly StunItem[] {
	const items: StunItem[] = [
		draw(10) === 0 ? { name: "userHash", value: userHash(username, REALM) } : { name: "username", value: username },
		{ name: "realm", value: REALM },
		{ name: "nonce", value: nonce },
	];
	if (algorithm === "md5") return [...items, { name: "messageIntegrity", key }];
	const none = { parameters: EMPTY };
	return [
		...items,
		{
			name: "passwordAlgorithms",
			value: [
				{ algorithm: "sha256", ...none },
				{ algorithm: "md5", ...none },
			],
		},
		{ name: "passwordAlgorithm", value: { algorithm, ...none } },
		{ name: "messageIntegritySha256", key, length: 16 + 4 * draw(5) },
	];
}

function indication(draw: Draw, world: Tenants, tenant: Tenant): Uint8Array {
	const attributes: StunItem[] = [
		{ name: "xorPeerAddress", value: peerFor(draw, tenant) ?? { address: "9.9.9.9", port: 1 } },
		{ name: "data", value: marked(OF_CLIENT + tenant.number, draw(60)) },
	];
	if (draw(4) === 0) attributes.splice(draw(3), 0, itemFor(draw, world, tenant));
	return encodeStun({ class: "indication", method: "send", transactionId: someBytes(draw, 12), attributes });
}

function channelData(draw: Draw, tenant: Tenant): Uint8Array {
	const data = marked(OF_CLIENT + tenant.number, draw(60));
	return encodeChannelData({ channel: 0x4000 + draw(4), data }, draw(2) === 0 ? "stream" : tenant.transport);
}

/** What a client sends; on streams in pieces of any size, with what it sends next. */
function speak(draw: Draw, world: Tenants, tenant: Tenant): void {
	if (draw(3) === 0 && world.server.allocationAt(0, tenant.from) === undefined) begin(world, tenant);
	const kind = draw(8);
	let bytes =
		kind < 4 ? request(draw, world, tenant) : kind < 6 ? indication(draw, world, tenant) : channelData(draw, tenant);
	if (draw(5) === 0) bytes = spoiled(draw, bytes);
	if (tenant.transport === "datagram") {
		world.hand(tenant, bytes);
		if (draw(12) === 0) world.hand(tenant, bytes);
		return;
	}
	for (let at = 0; at < bytes.length; ) {
		const next = draw(3) === 0 ? at + 1 + draw(bytes.length) : bytes.length;
		world.hand(tenant, bytes.subarray(at, next));
		at = next;
	}
}

/** What peers, sockets and time do. */
const HAPPENINGS: readonly ((draw: Draw, world: Tenants) => void)[] = [
	fromPeer,
	fromPeer,
	fromPeer,
	opened,
	opened,
	opened,
	(draw, world) => {
		const relay = world.opening.pop();
		const why = pick(draw, ["portTaken", "noFamily", "noResources"] as const) ?? "portTaken";
		if (relay !== undefined) world.step({ type: "relayFailed", relay, why });
	},
	(_, world) => {
		const connection = world.connecting.pop();
		if (connection !== undefined) world.step({ type: "peerConnected", connection });
	},
	(draw, world) => {
		const connection = pick(draw, [...world.connecting, ...world.connectionIds]);
		if (connection === undefined) return;
		world.step({ type: draw(2) === 0 ? "peerConnectFailed" : "peerClosed", connection });
	},
	(draw, world) => {
		const [relay, allocation] = pick(draw, [...world.relays]) ?? [];
		const tenant = world.tenants.find(({ username }) => username === allocation?.owner);
		if (relay === undefined || tenant === undefined) return;
		const to = peerFor(draw, tenant) ?? { address: "9.9.9.9", port: 1 };
		if (draw(2) === 0) world.step({ type: "peerAccepted", relay, from: to, handle: draw(100) });
		else world.step({ type: "relayError", relay, to, icmp: { type: draw(256), code: draw(256), data: draw(70_000) } });
	},
	(draw, world) => {
		world.now +=
			pick(
				draw,
				[0.01, 0.01, 0.01, 0.01, 1, 1, 1, 1, 31, 301, 601].map((seconds) => seconds * SECOND),
			) ?? 0;
		world.step({ type: "timer" });
	},
	(draw, world) => {
		const tenant = pick(draw, world.tenants);
		if (tenant === undefined || draw(4) > 0) return;
		world.move(tenant);
		// Without a nonce, and then with the one that it is told.
		for (let left = 2; left > 0; left--) world.hand(tenant, refreshByTicket(draw, world, tenant));
	},
	(draw, world) => {
		if (draw(4) > 0) return;
		const users = { passwords: PASSWORDS.filter(() => draw(6) > 0) };
		world.step({ type: "users", users });
		world.step({ type: "users", users: { passwords: PASSWORDS } });
	},
];

function opened(_: Draw, world: Tenants): void {
	const relay = world.opening.shift();
	if (relay !== undefined) world.step({ type: "relayOpened", relay });
}

function fromPeer(draw: Draw, world: Tenants): void {
	const [relay, allocation] = pick(draw, [...world.relays]) ?? [];
	const tenant = world.tenants.find(({ username }) => username === allocation?.owner);
	if (relay === undefined || tenant === undefined) return;
	const from = peerFor(draw, tenant) ?? { address: "9.9.9.9", port: 1 };
	world.inputs++;
	world.step({ type: "relayReceived", relay, from, bytes: marked(OF_PEER + tenant.number, draw(60)) });
}

/** One step of two bytes: who or what, and what follows from the rest. */
function doNext(world: Tenants, kind: number, seed: number): void {
	const draw = openDraw(seed);
	const tenant = kind < 160 ? world.tenants[kind % world.tenants.length] : undefined;
	if (tenant !== undefined) speak(draw, world, tenant);
	else {
		HAPPENINGS[kind % HAPPENINGS.length]?.(draw, world);
		opened(draw, world);
	}
}

/** Unsigned for a nonce, and signed for a relay. */
function begin(world: Tenants, tenant: Tenant): void {
	const tcp = tenant.transport === "stream" && tenant.number === 2;
	for (let left = 2; left > 0; left--) {
		const attributes: StunItem[] = [{ name: "requestedTransport", value: tcp ? 6 : 17 }];
		if (!tcp) attributes.push({ name: "additionalAddressFamily", value: 6 });
		attributes.push({ name: "mobilityTicket", value: EMPTY });
		const draw = openDraw(left);
		if (tenant.nonce !== "") attributes.push(...signature(draw, tenant));
		world.hand(
			tenant,
			encodeStun({ class: "request", method: "allocate", transactionId: someBytes(draw, 12), attributes }),
		);
	}
	for (let relay = world.opening.shift(); relay !== undefined; relay = world.opening.shift())
		world.step({ type: "relayOpened", relay });
	if (tenant.nonce === "" || tcp) return;
	for (const value of [0x4000, 0x4001]) {
		const to = { address: value === 0x4000 ? `9.9.9.${tenant.number}` : `2606:4700::9:${tenant.number}`, port: 7000 };
		const attributes: StunItem[] = [
			{ name: "channelNumber", value },
			{ name: "xorPeerAddress", value: to },
		];
		attributes.push(...signature(openDraw(value), tenant));
		const transactionId = someBytes(openDraw(value), 12);
		world.hand(tenant, encodeStun({ class: "request", method: "channelBind", transactionId, attributes }));
	}
}

let messages = 0;

/** Runs a program; throws BrokenLaw, or what the server threw. */
export function runSessions(program: Uint8Array): Tenants {
	const world = new Tenants();
	for (const tenant of world.tenants) begin(world, tenant);
	for (let at = 0; at + 1 < program.length; at += 2)
		doNext(world, program[at] ?? 0, ((program[at] ?? 0) << 16) | ((program[at + 1] ?? 0) << 8) | (at & 0xff));
	world.end();
	messages += world.inputs;
	return world;
}

/** A program of so many bytes. */
export function programOf(seed: number, length: number): Uint8Array {
	return someBytes(openDraw(seed), length);
}

export const TURN_SESSION_FUZZ_TARGETS: readonly StunFuzzTarget[] = [
	{
		name: "TurnServer sessions",
		decode: runSessions,
		seeds: Array.from({ length: 16 }, (_, seed) => programOf(seed, 160)),
		messages: () => messages,
	},
];

import { behaviourSockets, type Family, type Instant, MILLISECOND, type NatBehaviour, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { Internet } from "./internet.ts";
import { NAT_KINDS, type NatKind, natKind } from "./nat-kinds.ts";
import type { Datagram, Endpoint, ProgramInput } from "./program.ts";
import { natWorld } from "./scenarios/nat-world.ts";
import { BehaviourProgram, type StunServerOptions, StunServerProgram } from "./stun-programs.ts";
import { publicAddresses } from "./topology.ts";

const FAMILIES = [4, 6] as const;
const OLD = { knows: "rfc3489" } as const;
const SECRET = new Uint8Array(32).fill(7);

interface Setting {
	readonly kind: NatKind;
	readonly family: Family;
	/** Ports of the server; one makes a plain server. */
	readonly ports?: readonly number[];
	/** Addresses of the server. */
	readonly addresses?: number;
	readonly server?: StunServerOptions;
	readonly lifetime?: { readonly maximumSeconds: number };
	readonly delayMs?: number;
	/** On each link, each way. */
	readonly loss?: number;
	/** Whether nothing comes to or from this socket of the server. */
	readonly isDead?: (local: Endpoint) => boolean;
}

/** A server some of whose sockets a firewall cuts off without its knowledge. */
class CutOffServer extends StunServerProgram {
	readonly #isDead: (local: Endpoint) => boolean;

	constructor(sockets: readonly Endpoint[], options: StunServerOptions, isDead: (local: Endpoint) => boolean) {
		super(sockets, options);
		this.#isDead = isDead;
	}

	override step(input: ProgramInput, now: Instant): readonly Datagram[] {
		if (input.type === "datagram" && this.#isDead(input.datagram.local)) return [];
		return super.step(input, now).filter(({ local }) => !this.#isDead(local));
	}
}

/** What a client behind this kind finds out, and how long it took. */
function discover(setting: Setting): { readonly behaviour: NatBehaviour; readonly tookMs: number } {
	const {
		kind,
		family,
		ports = [3478, 3479],
		addresses = 2,
		server = {},
		lifetime,
		delayMs = 5,
		loss = 0,
		isDead = () => false,
	} = setting;
	const world = natWorld({ a: kind, delayMs });
	const scenario = { ...world, links: world.links.map((link) => ({ ...link, loss })) };
	const internet = new Internet({ scenario, family });
	const held = publicAddresses(scenario, "srv", family).slice(0, addresses);
	const endpoints = held.flatMap((address) => ports.map((port): Endpoint => ({ address, port })));
	internet.attach("srv", new CutOffServer(endpoints, server, isDead));
	const count = behaviourSockets({ lifetime: lifetime !== undefined });
	const address = internet.address("lanA");
	const sockets = Array.from({ length: count }, (_, index) => ({ address, port: 5000 + index }));
	const client = new BehaviourProgram({
		secret: SECRET,
		server: endpoints[0]!,
		sockets,
		...(lifetime !== undefined && { lifetime }),
	});
	internet.attach("lanA", client);
	let now = 0;
	while (client.behaviour === null && now < 4000 * SECOND) {
		now += 100 * MILLISECOND;
		internet.advance(now);
	}
	if (client.behaviour === null) throw new Error("it never ends");
	return { behaviour: client.behaviour, tookMs: now / MILLISECOND };
}

const CELLS = FAMILIES.flatMap((family) => NAT_KINDS.map((kind) => ({ family, kind, name: kind.name })));

describe.each(CELLS)("IPv$family, $name", ({ family, kind }) => {
	it("is named by what a server with two addresses shows", () => {
		const { behaviour, tookMs } = discover({ kind, family });
		expect(behaviour).toMatchObject({
			mapping: kind.seen.mapping,
			filtering: kind.seen.filtering,
			hairpin: kind.seen.hairpin,
			classic: kind.seen.classic,
			tests: kind.seen.mapping === "unknown" ? "none" : "rfc5780",
		});
		expect(tookMs).toBeLessThanOrEqual(10_000);
	});
});

describe.each(FAMILIES)("IPv%i: a server", (family) => {
	const kind = natKind("port-restricted");

	it("of RFC 3489, which knows neither cookie nor other attributes, tells as much", () => {
		const { behaviour } = discover({ kind, family, server: OLD });
		expect(behaviour).toMatchObject({ ...kind.seen, tests: "rfc3489" });
	});

	it("that tells its other address by RFC 3489 alone is asked again without a cookie", () => {
		const { behaviour } = discover({ kind, family, server: { knows: "apart" } });
		expect(behaviour).toMatchObject({ ...kind.seen, tests: "rfc3489" });
	});

	it("with one address tells the mapped address and the hairpin alone, and soon", () => {
		const { behaviour, tookMs } = discover({ kind, family, addresses: 1, ports: [3478] });
		expect(behaviour).toMatchObject({ mapping: "unknown", filtering: "unknown", hairpin: false, tests: "none" });
		expect(behaviour.mappedAddress).toMatchObject({ port: 5000 });
		expect(tookMs).toBeLessThanOrEqual(2000);
	});

	it("with one address tells at least that nothing is translated", () => {
		const { behaviour } = discover({ kind: natKind("no NAT"), family, addresses: 1, ports: [3478] });
		expect(behaviour).toMatchObject({ mapping: "none", filtering: "unknown", hairpin: null, classic: null });
	});

	it("whose other address is cut off shows no filter that is not there", () => {
		const isDead = ({ address }: Endpoint) => address === deadAddress;
		const [, deadAddress] = publicAddresses(natWorld({ a: kind }), "srv", family);
		const seen = (name: string) => {
			const { behaviour } = discover({ kind: natKind(name), family, isDead });
			return [behaviour.mapping, behaviour.filtering];
		};
		expect(seen("no NAT")).toEqual(["none", "unknown"]);
		expect(seen("full cone")).toEqual(["unknown", "unknown"]);
		expect(seen("address-restricted")).toEqual(["unknown", "unknown"]);
		expect(seen("port-restricted")).toEqual(["unknown", "addressAndPortDependent"]);
		expect(seen("symmetric")).toEqual(["addressAndPortDependent", "addressAndPortDependent"]);
	});

	it("whose other port is cut off shows no filter that is not there", () => {
		const isDead = ({ port }: Endpoint) => port === 3479;
		const { behaviour } = discover({ kind: natKind("full cone"), family, isDead });
		expect(behaviour).toMatchObject({ mapping: "endpointIndependent", filtering: "unknown", classic: null });
	});

	it("with two ports on one address is none that could be tested with", () => {
		const { behaviour } = discover({ kind, family, addresses: 1 });
		expect(behaviour).toMatchObject({ mapping: "unknown", tests: "none" });
	});
});

describe.each(FAMILIES)("IPv%i: the lifetime of a binding", (family) => {
	it("is told to the second where it is short", () => {
		const { behaviour } = discover({
			kind: natKind("port-restricted with a short lifetime"),
			family,
			lifetime: { maximumSeconds: 30 },
		});
		expect(behaviour).toMatchObject({ lifetimeSeconds: 2, goneAfterSeconds: 3 });
	});

	it("is told to a twentieth where it is long, without waiting much longer than three times", () => {
		const { behaviour, tookMs } = discover({ kind: natKind("full cone"), family, lifetime: { maximumSeconds: 300 } });
		expect(behaviour.lifetimeSeconds).toBeGreaterThanOrEqual(110);
		expect(behaviour.lifetimeSeconds).toBeLessThan(120);
		expect(behaviour.goneAfterSeconds).toBeGreaterThanOrEqual(120);
		expect(tookMs).toBeLessThan(700_000);
	});

	it("has no end where the longest wait was survived", () => {
		const { behaviour } = discover({ kind: natKind("full cone"), family, lifetime: { maximumSeconds: 60 } });
		expect(behaviour).toMatchObject({ lifetimeSeconds: 60, goneAfterSeconds: null });
	});

	it("is not measured without translation, or with a server of RFC 3489", () => {
		const lifetime = { maximumSeconds: 30 };
		const none = discover({ kind: natKind("no NAT"), family, lifetime });
		const classic = discover({ kind: natKind("full cone"), family, lifetime, server: OLD });
		expect(none.behaviour.lifetimeSeconds).toBeNull();
		expect(classic.behaviour.lifetimeSeconds).toBeNull();
	});
});

it("is the same at 200 ms and with every fifth packet lost", () => {
	for (const kind of NAT_KINDS.filter(({ seen }) => seen.mapping !== "unknown")) {
		const { behaviour } = discover({ kind, family: 4, delayMs: 20, loss: 0.07 });
		expect([kind.name, behaviour.mapping, behaviour.filtering]).toEqual([
			kind.name,
			kind.seen.mapping,
			kind.seen.filtering,
		]);
	}
});

describe.each([
	{ family: 4, address: "10.0.0.1", tooLong: { type: 3, code: 4 }, closed: { type: 3, code: 3 } },
	{ family: 6, address: "fd00::1", tooLong: { type: 2, code: 0 }, closed: { type: 1, code: 4 } },
] as const)("a discovery on a simulated host, IPv$family", ({ address, tooLong, closed }) => {
	it("is told of servers that cannot be reached, and of no packets that were too long", () => {
		const local = { address, port: 50_000 };
		const server = { address, port: 3478 };
		const sockets = Array.from({ length: behaviourSockets({ lifetime: false }) }, (_, index) => ({
			...local,
			port: 50_000 + index,
		}));
		const program = new BehaviourProgram({ secret: SECRET, server, sockets });
		program.step({ type: "tick" }, 0);
		program.step({ type: "error", error: { local, remote: server, from: address, icmp: tooLong } }, 1);
		expect(program.behaviour).toBeNull();
		program.step({ type: "error", error: { local, remote: server, from: address, icmp: closed } }, 2);
		expect(program.behaviour).toMatchObject({ failure: "unreachable" });
	});
});

import { describe, expect, it } from "vitest";
import { locateSip, type NaptrRecord, type SipNames, type SipReach } from "./locate.ts";
import type { SrvRecord } from "./weighted.ts";

interface Zone {
	readonly own?: Readonly<Record<string, readonly string[]>>;
	readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>;
	readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>;
	readonly addresses?: Readonly<Record<string, readonly string[]>>;
}

function namesOf(zone: Zone, asked: string[] = []): SipNames {
	return {
		own: (name) => zone.own?.[name] ?? [],
		naptr: async (name) => {
			asked.push(`NAPTR ${name}`);
			return zone.naptr?.[name] ?? [];
		},
		srv: async (name) => {
			asked.push(`SRV ${name}`);
			return zone.srv?.[name] ?? [];
		},
		addresses: async (name) => {
			asked.push(`A ${name}`);
			return zone.addresses?.[name] ?? [];
		},
	};
}

const ALL: SipReach = { transports: ["udp", "tcp", "tls"], families: [4, 6], draw: () => 0.5 };
const pointer = (service: string, order: number, replacement: string, flags = "s"): NaptrRecord => ({
	flags,
	service,
	order,
	preference: 10,
	replacement,
});
const server = (name: string, port: number, priority = 0): SrvRecord => ({ name, port, priority, weight: 0 });

async function shown(uri: string, zone: Zone = {}, reach: SipReach = ALL): Promise<readonly string[]> {
	const hops = await locateSip(uri, namesOf(zone), reach);
	return hops.map(({ transport, address, port, serverName }) =>
		[transport, address, port, ...(serverName === undefined ? [] : [serverName])].join(" "),
	);
}

describe("a URI with an address leads there", () => {
	it.each([
		["sip:you@192.0.2.7", ["udp 192.0.2.7 5060", "tcp 192.0.2.7 5060"]],
		["sip:you@192.0.2.7:5070", ["udp 192.0.2.7 5070", "tcp 192.0.2.7 5070"]],
		["sip:192.0.2.7;transport=UDP", ["udp 192.0.2.7 5060"]],
		["sip:192.0.2.7;transport=tcp;lr", ["tcp 192.0.2.7 5060"]],
		["sip:192.0.2.7;transport=tls", ["tls 192.0.2.7 5061 192.0.2.7"]],
		["sips:you@192.0.2.7", ["tls 192.0.2.7 5061 192.0.2.7"]],
		["sips:you@192.0.2.7:6000;transport=tcp", ["tls 192.0.2.7 6000 192.0.2.7"]],
		["sip:you@[2001:db8::7]", ["udp 2001:db8::7 5060", "tcp 2001:db8::7 5060"]],
		["sip:you@example.com;maddr=192.0.2.9", ["udp 192.0.2.9 5060", "tcp 192.0.2.9 5060"]],
		["sip:you@example.com;maddr=[2001:db8::9];transport=udp", ["udp 2001:db8::9 5060"]],
	])("%s", async (uri, hops) => {
		expect(await shown(uri)).toEqual(hops);
	});

	it.each(["sip:192.0.2.7;transport=sctp", "sips:192.0.2.7;transport=udp", "tel:+1", "nothing"])(
		"and %s nowhere",
		async (uri) => {
			expect(await shown(uri)).toEqual([]);
		},
	);

	it("nowhere where there is no socket for it", async () => {
		expect(await shown("sip:[2001:db8::7]", {}, { ...ALL, families: [4] })).toEqual([]);
		expect(await shown("sip:192.0.2.7;transport=tls", {}, { ...ALL, transports: ["udp", "tcp"] })).toEqual([]);
	});
});

describe("a URI with a name", () => {
	const zone: Zone = {
		naptr: {
			"example.com": [
				pointer("SIP+D2U", 30, "_sip._udp.example.com"),
				pointer("SIPS+D2T", 10, "_sips._tcp.example.com"),
				pointer("SIP+D2T", 20, "_sip._tcp.example.com"),
				pointer("E2U+email", 1, "mail.example.com"),
			],
		},
		srv: {
			"_sips._tcp.example.com": [server("b.example.net", 5061, 2), server("a.example.net", 5071, 1)],
			"_sip._tcp.example.com": [server("a.example.net", 5060)],
			"_sip._udp.example.com": [server("a.example.net", 5062)],
		},
		addresses: { "a.example.net": ["192.0.2.1", "2001:db8::1"], "b.example.net": ["192.0.2.2"] },
	};

	it("leads where its pointers say, in their order, and the certificate is its own", async () => {
		expect(await shown("sip:you@example.com", zone)).toEqual([
			"tls 192.0.2.1 5071 example.com",
			"tls 2001:db8::1 5071 example.com",
			"tls 192.0.2.2 5061 example.com",
			"tcp 192.0.2.1 5060",
			"tcp 2001:db8::1 5060",
			"udp 192.0.2.1 5062",
			"udp 2001:db8::1 5062",
		]);
	});

	it("leads by TLS alone where it is a SIPS one", async () => {
		const hops = await shown("sips:you@example.com", zone);
		expect(hops.every((hop) => hop.startsWith("tls "))).toBe(true);
		expect(hops).toHaveLength(3);
	});

	it("takes what can be spoken here of the pointers", async () => {
		const reach: SipReach = { ...ALL, transports: ["udp"], families: [6] };
		expect(await shown("sip:you@example.com", zone, reach)).toEqual(["udp 2001:db8::1 5062"]);
	});

	it("and a transport leads to that one's servers, without pointers", async () => {
		const asked: string[] = [];
		const hops = await locateSip("sip:you@example.com;transport=tcp", namesOf(zone, asked), ALL);
		expect(hops.map(({ transport, port }) => `${transport} ${port}`)).toEqual(["tcp 5060", "tcp 5060"]);
		expect(asked).toEqual(["SRV _sip._tcp.example.com", "A a.example.net"]);
	});

	it("and a port is looked up as a host, and nothing else is asked", async () => {
		const asked: string[] = [];
		const names = namesOf({ addresses: { "example.com": ["192.0.2.3"] } }, asked);
		const hops = await locateSip("sip:you@example.com:5080", names, ALL);
		expect(hops.map(({ transport, address, port }) => `${transport} ${address} ${port}`)).toEqual([
			"udp 192.0.2.3 5080",
			"tcp 192.0.2.3 5080",
		]);
		expect(new Set(asked)).toEqual(new Set(["A example.com"]));
	});

	it("without pointers leads to the servers that there are, UDP before TCP before TLS", async () => {
		const { srv = {}, addresses = {} } = zone;
		expect(await shown("sip:you@example.com", { srv, addresses }, { ...ALL, families: [4] })).toEqual([
			"udp 192.0.2.1 5062",
			"tcp 192.0.2.1 5060",
			"tls 192.0.2.1 5071 example.com",
			"tls 192.0.2.2 5061 example.com",
		]);
	});

	it("of which DNS knows no service is a host, at the default ports", async () => {
		const host = { addresses: { "pbx.example.com": ["192.0.2.8"] } };
		expect(await shown("sip:you@pbx.example.com", host)).toEqual(["udp 192.0.2.8 5060", "tcp 192.0.2.8 5060"]);
		expect(await shown("sips:pbx.example.com", host)).toEqual(["tls 192.0.2.8 5061 pbx.example.com"]);
		expect(await shown("sip:nowhere.example.com", host)).toEqual([]);
	});

	it("that this machine knows by itself is asked of nobody", async () => {
		const asked: string[] = [];
		const hops = await locateSip("sip:you@pbx", namesOf({ own: { pbx: ["192.0.2.5"] } }, asked), ALL);
		expect(hops.map(({ address }) => address)).toEqual(["192.0.2.5", "192.0.2.5"]);
		expect(asked).toEqual([]);
	});

	it("leads to sixteen places at the most, each of them once", async () => {
		const many = Array.from({ length: 40 }, (_, index) => server(`h${index % 20}`, 5060, index));
		const addresses = Object.fromEntries(many.map(({ name }) => [name, [`192.0.2.${name.slice(1)}`]]));
		const hops = await shown("sip:big.example;transport=udp", { srv: { "_sip._udp.big.example": many }, addresses });
		expect(hops).toHaveLength(16);
		expect(hops).toEqual(Array.from({ length: 16 }, (_, index) => `udp 192.0.2.${index} 5060`));
	});

	it("stays at its first place where it is named again", async () => {
		const srv = { "_sip._udp.twice.example": ["a", "b", "a2"].map((name, index) => server(name, 5060, index)) };
		const addresses = { a: ["192.0.2.1"], b: ["192.0.2.2"], a2: ["192.0.2.1"] };
		expect(await shown("sip:twice.example;transport=udp", { srv, addresses })).toEqual([
			"udp 192.0.2.1 5060",
			"udp 192.0.2.2 5060",
		]);
	});
});

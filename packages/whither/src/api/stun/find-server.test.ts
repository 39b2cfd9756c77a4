import { describe, expect, it } from "vitest";
import { WhitherError } from "../error.ts";
import { literalTarget } from "../resolve.ts";
import { findStunServer, type ServiceRecord, type StunLookups } from "./find-server.ts";
import { parseStunServer } from "./server-name.ts";

/** Names with their addresses, and services with their records. */
function lookups(
	names: Readonly<Record<string, readonly string[]>>,
	services: Readonly<Record<string, readonly ServiceRecord[]>> = {},
) {
	const asked: string[] = [];
	const made: StunLookups = {
		resolve: async (name, family) => {
			const literal = literalTarget(name);
			if (literal !== null) return literal;
			const address = (names[name] ?? []).find((one) => family === null || one.includes(":") === (family === 6));
			if (address !== undefined) return { name, address, family: address.includes(":") ? 6 : 4, zone: null };
			const reason = name.startsWith("again") ? "EAI_AGAIN" : "ENOTFOUND";
			throw new WhitherError("nameNotFound", `${name} has no IPv${family} address (${reason})`, { name, reason });
		},
		services: async (name) => {
			asked.push(name);
			return services[name] ?? [];
		},
	};
	return { made, asked };
}

const BOTH = { "stun.example.net": ["192.0.2.1", "2001:db8::1"], four: ["192.0.2.4"], "b.example.net": ["192.0.2.2"] };
const record = (name: string, port: number, priority = 0, weight = 0): ServiceRecord => ({
	name,
	port,
	priority,
	weight,
});

async function find(text: string, how: { transport?: "udp" | "tls"; family?: 4 | 6 } = {}, services = {}) {
	const { made, asked } = lookups(BOTH, services);
	const { transport = "udp", family = null } = how;
	const found = await findStunServer(parseStunServer(text), { transport, family }, made);
	return { ...found, addresses: found.addresses.map(({ address }) => address), asked };
}

describe("a server is found", () => {
	it("by its name, over both families, at the default port of the transport", async () => {
		const found = await find("stun.example.net");
		expect(found).toMatchObject({ host: "stun.example.net", port: 3478, addresses: ["192.0.2.1", "2001:db8::1"] });
		expect(found.asked).toEqual(["_stun._udp.stun.example.net"]);
		expect(await find("stun.example.net", { transport: "tls" })).toMatchObject({
			port: 5349,
			asked: ["_stuns._tcp.stun.example.net"],
		});
	});

	it("over the family that is asked for", async () => {
		expect((await find("stun.example.net", { family: 6 })).addresses).toEqual(["2001:db8::1"]);
	});

	it("with one family where it has no other", async () => {
		expect((await find("b.example.net")).addresses).toEqual(["192.0.2.2"]);
	});

	it("where SRV records say, the best of them", async () => {
		const services = {
			"_stun._udp.stun.example.net": [
				record("a.example.net", 1, 20),
				record("four", 2, 10, 5),
				record("b.example.net", 3, 10, 60),
				record(".", 4, 0),
			],
		};
		const found = await find("stun.example.net", {}, services);
		expect(found).toMatchObject({ host: "b.example.net", port: 3, addresses: ["192.0.2.2"] });
	});

	it("without asking for SRV records where there is a port, an address or a name of this network", async () => {
		for (const text of ["stun.example.net:99", "192.0.2.7", "[2001:db8::7]:1", "four"]) {
			expect((await find(text)).asked).toEqual([]);
		}
		expect(await find("192.0.2.7:5")).toMatchObject({ port: 5, addresses: ["192.0.2.7"] });
	});
});

describe("a server that is not found is told", () => {
	it("with both families in mind", async () => {
		await expect(find("nobody.example.net")).rejects.toThrow(
			"nobody.example.net has no address (ENOTFOUND); check the spelling or give an address",
		);
	});
	it("as what it was where the name server was silent", async () => {
		await expect(find("again.example.net")).rejects.toThrow("EAI_AGAIN");
	});
	it("by the family that was asked for", async () => {
		await expect(find("b.example.net", { family: 6 })).rejects.toThrow("has no IPv6 address");
	});
});

import { describe, expect, it } from "vitest";
import { WhitherError } from "../error.ts";
import type { StunLookups } from "../stun/find-server.ts";
import type { MeetRequestOptions } from "./options.ts";
import { addLentPlaces, findNamedPlaces, placesInWords, rendezvousPlaces, type ServersAsked } from "./servers.ts";

const lookups: StunLookups = {
	resolve: async (name, family) => {
		const known: Readonly<Record<string, string>> = { "a.example 4": "192.0.2.1", "a.example 6": "2001:db8::1" };
		const literal = /^[\d.]+$/.test(name) && family !== 6 ? name : undefined;
		const address = literal ?? known[`${name} ${family}`];
		if (address === undefined)
			throw new WhitherError("nameNotFound", `${name} has no address`, { reason: "ENOTFOUND" });
		return { name, address, family: address.includes(":") ? 6 : 4, zone: null };
	},
	services: () => Promise.resolve([]),
};

async function places(options: MeetRequestOptions, offered: ServersAsked["offered"] = null) {
	const named = await findNamedPlaces({ options, unixSeconds: 1_000 }, lookups);
	return addLentPlaces(named, { options, offered }, lookups);
}

describe("servers that were named", () => {
	it("are asked over both families, each place once", async () => {
		const { stunServers } = await places({ stun: ["a.example", "stun:192.0.2.1:3478", "192.0.2.9:5000"] });
		expect(stunServers).toEqual([
			{ address: "192.0.2.1", port: 3478 },
			{ address: "2001:db8::1", port: 3478 },
			{ address: "192.0.2.9", port: 5000 },
		]);
	});

	it.each([
		["192.0.2.1", ["udp 3478", "tcp 3478", "tls 5349", "tls 443"]],
		["192.0.2.1:5000", ["udp 5000", "tcp 5000", "tls 5349", "tls 443"]],
		["192.0.2.1:443", ["udp 443", "tcp 443", "tls 443"]],
		["turn:192.0.2.1?transport=udp", ["udp 3478"]],
		["turns:192.0.2.1:444", ["tls 444"]],
	])("a relay %s is tried by %j", async (name, ways) => {
		const found = await places({ turn: [name], username: "u", password: "p" });
		expect(found.relays[0]?.credentials).toEqual({ kind: "longTerm", username: "u", password: "p" });
		expect(found.relays[0]?.legs.map(({ transport, server }) => `${transport} ${server.port}`)).toEqual(ways);
		expect(placesInWords(found, null).turn.map(({ transport, port }) => `${transport} ${port}`)).toEqual(ways);
	});

	it("credentials are made of a secret", async () => {
		const { relays } = await places({ turn: ["192.0.2.1"], secret: "s", username: "u" });
		expect(relays[0]?.credentials).toMatchObject({ username: "4600:u" });
	});

	it("one without an address, and one that is not asked so, are errors", async () => {
		await expect(places({ stun: ["b.example"] })).rejects.toMatchObject({ code: "nameNotFound" });
		await expect(places({ turn: ["b.example"] })).rejects.toMatchObject({ code: "nameNotFound" });
		await expect(places({ stun: ["stuns:a.example"] })).rejects.toMatchObject({ code: "badOption" });
	});

	it("take the place of those that are lent, kind by kind", async () => {
		const turn = [{ host: "a.example", legs: [], username: "u", password: "p", expiresAt: "" }];
		const lent = { stun: [{ host: "a.example", port: 1 }], turn };
		const found = await places({ stun: ["192.0.2.9"] }, lent);
		expect(found.stunServers).toEqual([{ address: "192.0.2.9", port: 3478 }]);
		expect(found.relays).toHaveLength(1);
		expect((await places({ stun: [], turn: [] }, lent)).stunServers).toEqual([]);
	});
});

describe("where a rendezvous server is", () => {
	it.each([
		["http://192.0.2.4:8088/x", [{ address: "192.0.2.4", port: 8088 }]],
		["https://192.0.2.4", [{ address: "192.0.2.4", port: 443 }]],
		["http://nowhere.example", []],
		["not a URL", []],
		[null, []],
	])("%s", async (url, expected) => expect(await rendezvousPlaces(url, lookups)).toEqual(expected));
});

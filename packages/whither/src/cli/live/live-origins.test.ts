import { DEMO } from "@whither/sim";
import { expect, it } from "vitest";
import { simulated } from "../../api/simulated.ts";
import { originFacts } from "./live-origins.ts";
import { placeFacts } from "./live-places.ts";

const ROUTE = {
	asn: "AS64500/AS64501",
	prefix: "192.0.2.0/24",
	country: "ZZ",
	registry: "none",
	allocated: "2001-02-03",
};

function worldThatCounts(asked: string[]) {
	return {
		...simulated(DEMO),
		routes: async () => async (address: string) => {
			asked.push(address);
			return address === "192.0.2.1" ? ROUTE : null;
		},
		asNames: async () => async (asn: string) => {
			asked.push(asn);
			return "EXAMPLE";
		},
	};
}

it("registry data comes with the origin, in one question", async () => {
	const asked: string[] = [];
	const facts = originFacts(worldThatCounts(asked), {});
	expect(await facts("192.0.2.1")).toEqual(ROUTE);
	expect(await facts("10.0.0.1")).toEqual({ asn: null, prefix: null, country: null, registry: null, allocated: null });
	expect(asked).toEqual(["192.0.2.1", "10.0.0.1"]);
});

it("names of systems are asked for where somebody is named who knows them", async () => {
	const asked: string[] = [];
	const facts = originFacts(worldThatCounts(asked), { names: "dns" });
	expect(await facts("192.0.2.1")).toEqual({ ...ROUTE, asName: "EXAMPLE" });
	expect(asked).toEqual(["192.0.2.1", "AS64500"]);
});

it("a world that knows origins alone says so much", async () => {
	const world = { ...simulated(DEMO), origins: async () => async () => "AS64500" };
	expect(await originFacts(world, {})("192.0.2.1")).toMatchObject({ asn: "AS64500", prefix: null });
});

it("data sets tell the exchange", async () => {
	const known = { place: null, asn: null, asName: "EXAMPLE", exchange: "Example-IX" };
	const world = { ...simulated(DEMO), places: async () => async () => known };
	const facts = await placeFacts(world, ["ixp.json"]);
	expect(await facts?.("192.0.2.1")).toEqual({ asName: "EXAMPLE", exchange: "Example-IX" });
});

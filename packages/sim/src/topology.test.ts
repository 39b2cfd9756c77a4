import { describe, expect, it } from "vitest";
import type { LinkSpec, NodeSpec } from "./scenario.ts";
import {
	addressTowards,
	computeRoutes,
	interfacesOf,
	linkAddress,
	nodeAddress,
	nodeAddresses,
	nodeNames,
	publicAddresses,
} from "./topology.ts";

const router: NodeSpec = { kind: "router" };
const host: NodeSpec = { kind: "host" };
const link = (first: string, second: string, cost = 1): LinkSpec => ({ between: [first, second], cost });

const diamond = {
	nodes: { a: host, r1: router, up: router, down: router, r2: router, b: host },
	links: [link("a", "r1"), link("r1", "up"), link("r1", "down"), link("up", "r2"), link("down", "r2"), link("r2", "b")],
};

describe("addresses", () => {
	it("follow from the link's number", () => {
		expect(linkAddress(0, 0, 4)).toBe("10.16.0.1");
		expect(linkAddress(1, 1, 4)).toBe("10.16.4.2");
		expect(linkAddress(63, 0, 4)).toBe("10.16.252.1");
		expect(linkAddress(64, 0, 4)).toBe("10.17.0.1");
		expect(linkAddress(0, 0, 6)).toBe("fd00:16::1");
		expect(linkAddress(29, 1, 6)).toBe("fd00:16:0:1d::2");
	});

	it("lead back to the names of the nodes", () => {
		const names = nodeNames(diamond, 6);
		expect(names.size).toBe(12);
		expect(names.get(nodeAddress(diamond, "b", 6))).toBe("b");
		expect(names.get("fd00:16::2")).toBe("r1");
	});

	it("lead back to the names of the nodes in both families, if none is asked for", () => {
		expect(nodeNames(diamond).size).toBe(24);
		expect(nodeNames(diamond).get(nodeAddress(diamond, "b", 4))).toBe("b");
		expect(nodeNames(diamond).get(nodeAddress(diamond, "b", 6))).toBe("b");
	});

	it("are those that a host names, in the family that they are of", () => {
		const named = {
			...diamond,
			nodes: { ...diamond.nodes, b: { kind: "host", addresses: ["10.0.1.1", "10.0.1.2"] } },
		} as const;
		expect(nodeAddress(named, "b", 4)).toBe("10.0.1.1");
		expect(nodeAddresses(named, "b", 4)).toEqual(["10.0.1.1", linkAddress(5, 1, 4), "10.0.1.2"]);
		expect(nodeAddresses(named, "b", 6)).toEqual([linkAddress(5, 1, 6)]);
		expect(nodeNames(named, 4).get("10.0.1.2")).toBe("b");
	});

	it("of a NAT are its own, which a scenario may name", () => {
		const nat = {
			kind: "napt",
			outside: "b",
			mapping: "endpointIndependent",
			filtering: "endpointIndependent",
		} as const;
		const world = (address: object) => ({
			nodes: { a: host, r: { kind: "router", nat: { ...nat, ...address } }, b: host } as const,
			links: [link("a", "r"), link("r", "b")],
		});
		expect(publicAddresses(world({}), "r", 4)).toEqual(["203.0.113.2"]);
		expect(publicAddresses(world({ address: "192.0.2.1" }), "r", 4)).toEqual(["192.0.2.1"]);
		expect(publicAddresses(world({ address: "192.0.2.1" }), "r", 6)).toEqual(["2001:db8:113::2"]);
	});

	it("of a node are those of its links, the first being its own", () => {
		expect(nodeAddress(diamond, "r1", 4)).toBe("10.16.0.2");
		expect(interfacesOf(diamond, "r1").map((place) => place.neighbour)).toEqual(["a", "up", "down"]);
		expect(addressTowards(diamond, "r2", "down", 4)).toBe("10.16.16.2");
		expect(() => addressTowards(diamond, "a", "b", 4)).toThrow(RangeError);
		expect(() => nodeAddress(diamond, "nobody", 4)).toThrow(RangeError);
	});
});

describe("routes", () => {
	it("keep equally good next hops as a set", () => {
		const routes = computeRoutes(diamond);
		expect(routes.get("r1")?.get("b")).toEqual([1, 2]);
		expect(routes.get("r2")?.get("a")).toEqual([3, 4]);
		expect(routes.get("a")?.get("b")).toEqual([0]);
	});

	it("prefer the cheaper way", () => {
		const links = diamond.links.map((one, index) => (index === 1 ? link("r1", "up", 5) : one));
		expect(
			computeRoutes({ ...diamond, links })
				.get("r1")
				?.get("b"),
		).toEqual([2]);
	});

	it("never lead through a host", () => {
		const nodes = { a: host, b: host, c: host };
		const routes = computeRoutes({ nodes, links: [link("a", "b"), link("b", "c")] });
		expect(routes.get("a")?.get("c")).toBeUndefined();
		expect(routes.get("a")?.get("b")).toEqual([0]);
	});

	it("give way to static ones", () => {
		const nodes = { ...diamond.nodes, r1: { kind: "router", routes: { b: ["down"] } } as const };
		expect(
			computeRoutes({ ...diamond, nodes })
				.get("r1")
				?.get("b"),
		).toEqual([2]);
	});
});

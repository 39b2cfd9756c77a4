import type { IceCandidateLine } from "@whither/wire";
import { expect, it } from "vitest";
import { TargetPolicy } from "../policy/target-policy.ts";
import { reachOf } from "./reach.ts";

const lineOf = (address: string, port: number, type = "host") =>
	({ type, address, port, transport: "udp" }) as unknown as IceCandidateLine;
const ports = Array.from({ length: 20 }, (_, n) => 5_000 + n);

/** How many candidates at this address are tried for who asks from `visitor`. */
function tried(address: string, { local = false, visitor = "8.8.4.4" } = {}): number {
	const policy = new TargetPolicy({ restricted: !local });
	const { allowRemote } = reachOf({ places: [{ address: "8.8.8.1" }], local }, policy, visitor);
	return ports.filter((port) => allowRemote?.(lineOf(address, port))).length;
}

it("a stranger has few checks sent to where nobody has asked, and none to where nobody may be traced", () => {
	expect(tried("8.8.4.4")).toBe(20);
	expect(tried("9.9.9.9")).toBe(8);
	expect(tried("name.local")).toBe(8);
	expect(tried("10.0.0.1")).toBe(0);
	expect(tried("name.example")).toBe(0);
	expect(tried("10.0.0.1", { local: true })).toBe(20);
	expect(tried("9.9.9.9", { visitor: "" })).toBe(20);
});

it("whoever sends a check is answered, and a candidate told again is none more", () => {
	const { allowRemote } = reachOf({ places: [], local: false }, new TargetPolicy({ restricted: true }), "8.8.4.4");
	for (const port of ports) expect(allowRemote?.(lineOf("9.9.9.9", port, "prflx"))).toBe(true);
	for (let n = 0; n < 20; n++) expect(allowRemote?.(lineOf("9.9.9.9", 1_000))).toBe(true);
});

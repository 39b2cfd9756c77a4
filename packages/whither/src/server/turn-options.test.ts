import { describe, expect, it } from "vitest";
import { type TurnOptions, turnConfig } from "./turn-options.ts";

const badOption = expect.objectContaining({ code: "badOption" });

describe("what TURN is asked for", () => {
	it("has a realm that fits into every challenge, by its bytes", () => {
		for (const realm of ["r".repeat(763), "\u00fc".repeat(381), 'a: "b"'])
			expect(turnConfig({ realm }).realm).toBe(realm);
		for (const realm of ["", "r".repeat(764), "\u00fc".repeat(382)])
			expect(() => turnConfig({ realm })).toThrow(badOption);
	});

	it.each<[string, TurnOptions]>([
		["ports the wrong way round", { relayPorts: { first: 2, last: 1 } }],
		["port 0", { relayPorts: { first: 0, last: 1 } }],
		["a peer that is no address", { allowPeers: ["lan"] }],
		["a prefix that is too long", { denyPeers: ["10.0.0.0/33"] }],
	])("is refused with %s", (_, options) => {
		expect(() => turnConfig(options)).toThrow(badOption);
	});
});

import { describe, expect, it } from "vitest";
import { checkSession, sessionSpec } from "./ice-sessions.ts";
import { NAT_KINDS } from "./nat-kinds.ts";

const CELLS = NAT_KINDS.flatMap((a) => NAT_KINDS.map((b) => ({ a, b, name: `${a.name} with ${b.name}` })));

describe.each([4, 6] as const)("IPv%i", (family) => {
	it.each(CELLS)("$name: both agree, without a relay where there is another way", ({ a, b }) => {
		const spec = { a, b, family, seed: 1 };
		expect(checkSession(spec)).toEqual([]);
	});
});

it("holds at any loss up to a fifth, reordering and distance", () => {
	for (let number = 1; number <= 60; number++) {
		const spec = sessionSpec(number);
		expect([number, ...checkSession(spec)]).toEqual([number]);
	}
});

import { describe, expect, it } from "vitest";
import { checkSession, sessionSpec } from "./ice-sessions.ts";
import { NAT_KINDS } from "./nat-kinds.ts";

/** Of two kinds each begins once: one time over IPv4, the other over IPv6. Thousands of sessions have both (`npm run sessions`). */
const CELLS = NAT_KINDS.flatMap((a, row) =>
	NAT_KINDS.map((b, column) => ({ a, b, family: row < column ? (4 as const) : (6 as const) })),
);

describe("two who meet behind NATs agree, without a relay where there is another way", () => {
	it.each(CELLS)("$a.name with $b.name, IPv$family", ({ a, b, family }) => {
		expect(checkSession({ a, b, family, seed: 1 })).toEqual([]);
	});
});

it("holds at any loss up to a fifth, reordering and distance", () => {
	for (let number = 1; number <= 60; number++) {
		const spec = sessionSpec(number);
		expect([number, ...checkSession(spec)]).toEqual([number]);
	}
});

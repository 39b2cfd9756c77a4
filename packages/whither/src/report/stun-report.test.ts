import { natKind, natWorld } from "@whither/sim";
import { describe, expect, it } from "vitest";
import type { StunRequestOptions } from "../api/stun/options.ts";
import type { StunFamilyResult, StunResult } from "../api/stun/result.ts";
import { simulatedStun } from "../api/stun/simulated.ts";
import { stun } from "../api/stun/stun.ts";
import { PLAIN } from "./paint.ts";
import { formatStun, lifetimeNews } from "./stun-report.ts";

function ask(kind: string, options: StunRequestOptions = {}): Promise<StunResult> {
	const world = simulatedStun(natWorld({ a: natKind(kind), delayMs: 5 }));
	return stun("srv", { family: 4, ...options, world }).result;
}

describe("the text", () => {
	it("has a line for each finding, and what they come to", async () => {
		const result = await ask("address-restricted");
		expect(formatStun(result, PLAIN)).toBe(`srv (203.0.113.5:3478), UDP over IPv4, 30.000 ms
  public address  203.0.113.3:50000
  local address   10.16.0.1:50000
  mapping         endpoint-independent: every peer sees this address and port
  filtering       address-dependent: packets come in from addresses that we have sent to
  hairpin         no: machines behind this NAT do not reach each other by their public addresses
  in RFC 3489     restricted cone

Endpoint-independent mapping, address-dependent filtering: direct calls work with most peers.
`);
	});

	it("says how long a binding lasts, as far as that was waited for", async () => {
		const lifetime = { lifetime: 20 } as const;
		const short = await ask("port-restricted with a short lifetime", lifetime);
		expect(formatStun(short, PLAIN)).toContain("\n  lifetime        between 2 and 3 s without traffic\n");
		expect(formatStun(await ask("full cone", lifetime), PLAIN)).toContain("  20 s and more without traffic\n");
		expect(formatStun(await ask("no NAT", lifetime), PLAIN)).toContain("unknown: nothing is translated");
	});

	it("has a paragraph for each family that answered, and the words alone where none did", async () => {
		const both = await ask("full cone", { family: undefined });
		expect(formatStun(both, PLAIN).match(/^srv /gm)).toHaveLength(2);
		const none = await ask("UDP blocked");
		expect(formatStun(none, PLAIN)).toBe(`${none.summary}\n`);
	});

	it("says why something is not known", async () => {
		const result = await ask("full cone");
		const found = result.families[0] as StunFamilyResult;
		const unknown = (why: StunFamilyResult["unknowns"][number]["why"]) =>
			formatStun(
				{ ...result, families: [{ ...found, filtering: "unknown", unknowns: [{ what: "filtering", why }] }] },
				PLAIN,
			);
		expect(unknown("oneAddress")).toContain("no second address to test with (RFC 5780)");
		for (const why of ["stream", "otherSilent", "refused", "unanswered", "outOfTime"] as const) {
			expect(unknown(why)).toMatch(/\n {2}filtering {7}unknown: \w.*\n/);
		}
	});
});

it("waits for a binding to go are told as they end", () => {
	expect(lifetimeNews({ family: 4, kind: "lifetime", seconds: 30, alive: true })).toBe(
		"IPv4: after 30 s unused the binding is still there",
	);
	expect(lifetimeNews({ family: 6, kind: "lifetime", seconds: 60, alive: false })).toContain("gone");
	expect(lifetimeNews({ family: 4, kind: "mapping", mapping: "none" })).toBeNull();
});

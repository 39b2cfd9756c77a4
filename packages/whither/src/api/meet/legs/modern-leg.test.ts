import type { IcePairReport } from "@whither/core";
import { expect, test } from "vitest";
import type { MeetIce } from "../world.ts";
import { ModernLeg } from "./modern-leg.ts";

/** A leg over an agent whose one pair is so. */
function legOver(pair: Pick<IcePairReport, "writable" | "readable">): ModernLeg {
	const report = { stream: 0, component: 1, ...pair } as IcePairReport;
	const ice = { pairs: [report], withoutIce: () => {} } as unknown as MeetIce;
	const nothing = { say: () => {}, event: () => {}, shown: () => {}, data: () => {} };
	return new ModernLeg({ world: { openIce: () => ice }, role: "controlling", ice: {}, traces: false, ...nothing });
}

test("an answered check shows both ways, as an end that is lite sends none of its own; one that has come shows one (RFC 5898 §4.1)", () => {
	expect(legOver({ writable: true, readable: false }).shown).toEqual({ send: true, receive: true });
	expect(legOver({ writable: false, readable: true }).shown).toEqual({ send: false, receive: true });
	expect(legOver({ writable: false, readable: false }).shown).toEqual({ send: false, receive: false });
});

test("nothing is shown to an end that checks nothing", () => {
	const leg = legOver({ writable: true, readable: true });
	leg.hear({ type: "destination", tool: "", destination: { address: "192.0.2.1", port: 4000 }, rtcp: null });
	expect(leg.shown).toEqual({ send: false, receive: false });
});

import type { IcePairReport } from "@whither/core";
import { expect, test } from "vitest";
import type { MeetIce } from "../world.ts";
import { ModernLeg } from "./modern-leg.ts";
import { shownBy } from "./shown-way.ts";

/** A leg over an agent whose one pair is so. */
function legOver(pair: Pick<IcePairReport, "writable" | "readable">): ModernLeg {
	const report = { stream: 0, component: 1, ...pair } as IcePairReport;
	const ice = { pairs: [report], withoutIce: () => {}, peer: () => {} } as unknown as MeetIce;
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

test("an end that checks again, after it did not, is one that does; and in between nothing is sealed", () => {
	const leg = legOver({ writable: true, readable: true });
	const about = { ufrag: "abcd", pwd: "0123456789012345678901", options: [], pacingMs: null, lite: false };
	leg.hear({ type: "description", tool: "", ...about });
	leg.hear({ type: "destination", tool: "", destination: { address: "192.0.2.1", port: 4000 }, rtcp: null });
	expect([leg.peer?.ice, leg.secrets]).toEqual(["none", null]);
	leg.hear({ type: "description", tool: "", ...about });
	expect([leg.peer?.ice, leg.secrets?.peer.ufrag]).toEqual(["modern", "abcd"]);
});

test("a way is shown once it is for every component", () => {
	const rtp = { stream: 0, component: 1, writable: true, readable: true } as IcePairReport;
	expect(shownBy([rtp], [2])).toEqual({ send: false, receive: false });
	expect(shownBy([rtp, { ...rtp, component: 2 }], [2])).toEqual({ send: true, receive: true });
});

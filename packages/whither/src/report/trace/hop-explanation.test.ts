import { expect, it } from "vitest";
import { explainHop } from "./hop-explanation.ts";
import { answer, hop } from "./sample-trace.fixture.ts";

const label = { class: 1, type: 1, mpls: [{ label: 16, tc: 0, bottom: true, ttl: 1 }] };
const told = { class: 0xf7, type: 1, stun: { networkStatus: { upKbps: 2000 }, authenticated: false } };
const named = { class: 2, type: 10, interface: { role: "incoming", index: 1, address: null, name: "eth0", mtu: null } };

it.each([
	["silence", hop(1, null, null), "silent"],
	["several routers", hop(1, "10.0.0.1", "10.0.0.2"), "severalRouters"],
	["a missing answer", hop(1, "10.0.0.1", null), "missing"],
	["labels", hop(1, (seq) => answer(seq, "10.0.0.1", { extensions: [label] })), "tunnel"],
	["an interface", hop(1, (seq) => answer(seq, "10.0.0.1", { extensions: [named] })), "interface"],
	["what a router says in STUN", hop(1, (seq) => answer(seq, "10.0.0.1", { extensions: [told, named] })), "enriched"],
	["the target", hop(1, (seq) => answer(seq, "203.0.113.7", { kind: "portUnreachable" })), "target"],
	["the NAT before the target", hop(1, "203.0.113.7"), "translator"],
])("%s is explained", (_, found, code) => expect(explainHop(found, "203.0.113.7", 3)?.code).toBe(code));

it("an ordinary hop is not", () => expect(explainHop(hop(1, "10.0.0.1", "10.0.0.1"), "203.0.113.7", 3)).toBeNull());

import { expect, it } from "vitest";
import { turn, twoEnds } from "./call-ends.fixture.ts";

it("a registration is news once, and not with each refresh", async () => {
	const { agents, b } = twoEnds();
	await turn();
	agents.say(1, { kind: "registered", expiresSeconds: 60, publicAddress: null });
	await turn();
	expect(b.news).toEqual([{ kind: "registered", own: "sip:b@example.com", expiresSeconds: 3600 }]);
});

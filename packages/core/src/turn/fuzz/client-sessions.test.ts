import { expect, test } from "vitest";
import { openDraw, someBytes } from "../../draw.fixture.ts";
import { runClientSessions } from "./client-sessions.fixture.ts";

test("a client whose server says anything at all ends once and in time, and sends nobody else a byte", () => {
	const told = new Set<string>();
	for (let seed = 0; seed < 40; seed++) runClientSessions(someBytes(openDraw(seed), 600), told);
	expect([...told].sort()).toEqual([
		...["allocated", "bound", "closed", "connectFailed", "connected", "connectionAttempt", "connectionBound"],
		...["connectionLost", "data", "disconnected", "failed", "icmp", "lost", "moveFailed", "moved", "permitted"],
		...["redirected", "refreshed", "refused", "unbound"],
	]);
});

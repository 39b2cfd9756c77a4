import { attributeOf, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { CLIENT, CONFIG, codeOf, OTHER_USER, ServerUnderTest, UDP } from "./server.fixture.ts";
import type { TurnServerConfig } from "./server-io.ts";

const ELSEWHERE = { address: "9.9.0.99", port: 1234 };
const ASKS: StunItem = { name: "mobilityTicket", value: new Uint8Array(0) };
const PAIR: StunItem = { name: "evenPort", value: true };

/** Three servers of one service: the last cannot be handed anything. */
function service(more: Partial<TurnServerConfig> = {}) {
	return [1, 2, 3].map((instance) => new ServerUnderTest({ instance, siblings: [1, 2], ...more })) as [
		ServerUnderTest,
		ServerUnderTest,
		ServerUnderTest,
	];
}

/** The ticket or the token that a client of a server is given. */
function given(under: ServerUnderTest, name: "mobilityTicket" | "reservationToken"): StunItem {
	const answer = under.client().ask("allocate", [UDP, name === "mobilityTicket" ? ASKS : PAIR]);
	const value = answer === null ? undefined : attributeOf(answer, name);
	if (value === undefined) throw new Error("nothing was given");
	return { name, value };
}

describe.each([
	["ticket", "mobilityTicket", "refresh", [], 400],
	["token", "reservationToken", "allocate", [UDP], 508],
] as const)("a request that shows a sibling's %s", (_, name, method, items, refusal) => {
	test("is handed over, and is answered by it as if it had come there", () => {
		const [one, other] = service();
		const shown = given(one, name);
		const client = other.client({ from: ELSEWHERE });
		expect(client.ask(method, [...items, shown])).toBeNull();
		expect(other.last("handOver")).toEqual({ type: "handOver", instance: 1 });
		expect([...other.server.allocations]).toEqual([]);
		const there = one.client({ from: ELSEWHERE });
		// Both take one nonce.
		there.nonce = client.nonce;
		expect(there.code(method, [...items, shown])).toBe("success");
		expect(one.all("handOver")).toEqual([]);
	});

	test("is refused where there is no way to it, and where it has been changed", () => {
		const [one, other, third] = service();
		const shown = given(one, name) as Extract<StunItem, { readonly name: typeof name }>;
		expect(new ServerUnderTest({ instance: 2 }).client({ from: ELSEWHERE }).code(method, [...items, shown])).toBe(
			refusal,
		);
		expect(one.client({ from: ELSEWHERE }).code(method, [...items, given(third, name)])).toBe(refusal);
		const kept = { ...CONFIG, secret: new Uint8Array(32).fill(8) };
		const stranger = service(kept)[1].client({ from: ELSEWHERE });
		if (name === "mobilityTicket") expect(stranger.code(method, [...items, shown])).toBe(refusal);
		for (const at of shown.value.keys()) {
			const changed = shown.value.map((byte, index) => (index === at ? byte ^ 1 : byte));
			const code = other.client({ from: ELSEWHERE }).code(method, [...items, { name, value: changed }]);
			// Tokens are too short to tell by themselves whether somebody made them.
			if (name === "mobilityTicket") expect(code).toBe(refusal);
			else expect([refusal, null]).toContain(code);
		}
	});

	test("is refused like any other without the right password", () => {
		const [one, other] = service();
		const shown = given(one, name);
		expect(codeOf(other.client({ from: ELSEWHERE }).bare(method, [...items, shown]))).toBe(401);
		const wrong = { ...OTHER_USER, password: "guessed", from: ELSEWHERE };
		expect(other.client(wrong).code(method, [...items, shown])).toBe(401);
		expect(other.all("handOver")).toEqual([]);
	});

	test("stays where its 5-tuple has an allocation already", () => {
		const [one, other] = service();
		const shown = given(one, name);
		const client = other.client({ from: CLIENT }).allocate();
		expect(client.ask(method, [...items, shown])).not.toBeNull();
		expect(other.all("handOver")).toEqual([]);
	});
});

test("what tells the giver is not the same in two tickets", () => {
	const [one] = service();
	const last = Array.from({ length: 16 }, (_, port) => {
		const answer = one.client({ from: { ...CLIENT, port } }).ask("allocate", [UDP, ASKS]);
		return (answer && attributeOf(answer, "mobilityTicket"))?.at(-1);
	});
	expect(new Set(last).size).toBeGreaterThan(8);
});

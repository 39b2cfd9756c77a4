import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { HandPeer, hostLine } from "./hand-peer.fixture.ts";
import { IceWorld, PORT_RESTRICTED } from "./ice-world.fixture.ts";

const codes = (world: IceWorld) =>
	world.sent.flatMap(({ message }) =>
		(message?.attributes ?? []).flatMap((attribute) => (attribute.name === "errorCode" ? [attribute.value.code] : [])),
	);

describe.each(["controlling", "controlled"] as const)("two that are both %s", (role) => {
	test.each([1, 2, 3, 4, 5, 6])("become one of each and meet all the same, seed %i", (seed) => {
		for (const nat of [undefined, PORT_RESTRICTED]) {
			const side = { config: { role }, ...(nat && { nat }) };
			const world = new IceWorld({ seed, delayMs: 10, a: side, b: side });
			world.passUntil("completed");
			expect(new Set([world.a.agent.role, world.b.agent.role])).toHaveProperty("size", 2);
			expect(world.a.selected.remote.address).toBe(world.b.selected.local.address);
			expect([...world.a.told("role"), ...world.b.told("role")]).toHaveLength(1);
		}
	});
});

test("a conflict is told the peer with 487 by whoever keeps its role, and the check is sent again", () => {
	const conflicts = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
		const world = new IceWorld({ seed, delayMs: 10, stun: false, b: { config: { role: "controlling" } } });
		world.passUntil("completed");
		return codes(world);
	});
	expect(new Set(conflicts.flat())).toEqual(new Set([487]));
});

test("priorities are those of the role that one has in the end", () => {
	const world = new IceWorld({ delayMs: 10, stun: false, b: { config: { role: "controlling" } } });
	world.passUntil("completed");
	expect(world.a.agent.pairs[0]?.priority).toBe(world.b.agent.pairs[0]?.priority);
});

describe("where both have drawn the same number", () => {
	const [LOW, FROM] = ["192.0.2.7", { address: "192.0.2.7", port: 7000 }];
	const meeting = (role: "controlling" | "controlled") => {
		const peer = new HandPeer({ role }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine(LOW, 1000) }] });
		const name = role === "controlling" ? "iceControlling" : "iceControlled";
		const drawn = () => {
			const last = peer.asked.at(-1);
			const item = last?.message.attributes.find((each) => each.name === name);
			return item?.name === name ? item.value : 0n;
		};
		return { peer, name, drawn } as const;
	};
	const check = ({ peer, name }: ReturnType<typeof meeting>, value: bigint) =>
		peer.check(FROM, [
			{ name: "priority", value: 1 },
			{ name, value },
		]);

	test.each([
		[0n, "controlling", "roleConflict"],
		[-1n, "controlling", "roleConflict"],
		[1n, "controlled", undefined],
	] as const)("or one more or less (%i), the larger and the equal one stays controlling", (more, role, ignored) => {
		const both = meeting("controlling");
		check(both, both.drawn() + more);
		expect([both.peer.agent.role, both.peer.ignored.at(-1)]).toEqual([role, ignored]);
	});

	test.each([
		[0n, "controlling", undefined],
		[-1n, "controlling", undefined],
		[1n, "controlled", "roleConflict"],
	] as const)("or one more or less (%i), the larger and the equal one becomes controlling", (more, role, ignored) => {
		const both = meeting("controlled");
		check(both, both.drawn() + more);
		expect([both.peer.agent.role, both.peer.ignored.at(-1)]).toEqual([role, ignored]);
	});

	test("each is refused by the other, draws anew, and asks in the other role", () => {
		const both = meeting("controlling");
		const before = both.drawn();
		const [asked] = both.peer.asked.splice(0);
		if (asked === undefined) throw new Error("it has asked");
		both.peer.answer(asked, "error", [{ name: "errorCode", value: { code: 487, reason: "" } }]);
		both.peer.pass(SECOND, false);
		const controlled = both.peer.asked[0]?.message.attributes.find(({ name }) => name === "iceControlled");
		expect(controlled?.name === "iceControlled" && controlled.value !== before).toBe(true);
	});
});

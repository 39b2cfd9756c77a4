import { describe, expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import {
	ADDRESS_RESTRICTED,
	FULL_CONE,
	IceWorld,
	type NatSettings,
	PORT_RESTRICTED,
	SYMMETRIC,
	type WorldSettings,
} from "./ice-world.fixture.ts";

const ways = ({ a, b }: IceWorld) => [a, b].map(({ selected }) => `${selected.local.type}-${selected.remote.type}`);
/** Both ends name the same two transport addresses. */
const agree = ({ a, b }: IceWorld) => {
	const place = ({ address, port }: { readonly address: string; readonly port: number }) => `${address} ${port}`;
	return place(a.selected.local) === place(b.selected.remote) && place(a.selected.remote) === place(b.selected.local);
};

describe("two machines that can reach each other", () => {
	test.each([4, 6] as const)("agree on their own addresses at once, IPv%i", (family) => {
		const world = new IceWorld({ family, delayMs: 10, stun: false });
		world.passUntil("completed");
		expect(ways(world)).toEqual(["host-host", "host-host"]);
		expect(agree(world)).toBe(true);
		expect(world.a.told("state").map(({ state }) => state)).toEqual(["checking", "connected", "completed"]);
		expect(world.a.when("selected") / MILLISECOND).toBeLessThanOrEqual(130);
	});

	test("carry each other's data", () => {
		const world = new IceWorld({ stun: false });
		world.passUntil("completed");
		world.step("a", { type: "send", bytes: Uint8Array.of(0x80, 1, 2) });
		world.step("b", { type: "send", bytes: Uint8Array.of(0x80, 3, 4) });
		world.pass(1);
		expect(world.a.data.map(({ bytes }) => [...bytes])).toEqual([[0x80, 3, 4]]);
		expect(world.b.data.map(({ bytes }) => [...bytes])).toEqual([[0x80, 1, 2]]);
	});
});

const KINDS: Readonly<Record<string, NatSettings | undefined>> = {
	"no NAT": undefined,
	"full cone": FULL_CONE,
	"address-restricted": ADDRESS_RESTRICTED,
	"port-restricted": PORT_RESTRICTED,
	symmetric: SYMMETRIC,
};

/** Whether the one whose port nobody can foresee meets one that lets in only what it knows. */
function needsRelay(a: NatSettings | undefined, b: NatSettings | undefined): boolean {
	const isHard = (one: typeof a, two: typeof b) =>
		one?.mapping === "addressAndPort" && two?.filtering === "addressAndPort";
	return isHard(a, b) || isHard(b, a);
}

const CELLS = Object.keys(KINDS).flatMap((a) => Object.keys(KINDS).map((b) => ({ a, b })));

describe.each(CELLS)("$a with $b", ({ a, b }) => {
	const settings = (more: WorldSettings): WorldSettings => {
		const [natA, natB] = [KINDS[a], KINDS[b]];
		return {
			...more,
			a: { relay: true, ...(natA && { nat: natA }), ...more.a },
			b: { relay: true, ...(natB && { nat: natB }), ...more.b },
		};
	};

	test.each([0, 20, 100])("meet, by a relay only where there is no other way, at %i ms one way", (delayMs) => {
		for (const signalling of ["trickle", "half", "full"] as const) {
			const world = new IceWorld(settings({ delayMs, signalling, signallingMs: delayMs }));
			world.passUntil("completed");
			const relays = Number(needsRelay(KINDS[a], KINDS[b]));
			const used = ways(world).map((way) => Number(way.includes("relay")));
			expect([signalling, agree(world), ...used]).toEqual([signalling, true, relays, relays]);
		}
	});
});

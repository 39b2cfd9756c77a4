/** The enriched-ICMP node under load and under fire on a real kernel: it goes on, and holds up nobody's packets. */
import { Random } from "@whither/sim";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import {
	end,
	FAMILIES,
	machineDrops,
	NODE_TTL,
	OFFERING,
	RouterLab,
	routerObstacle,
	stunBytes,
} from "./router-lab.fixture.ts";
import { startStorm } from "./storm.ts";

const obstacle = routerObstacle();
const title = "the router under fire";

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: RouterLab;

	beforeAll(async () => {
		lab = await RouterLab.open();
	});
	afterEach(() => lab?.endRouters());
	afterAll(() => lab?.close());

	test.each(FAMILIES)("under 20,000 matching packets a second other traffic loses nothing, IPv%i", async (family) => {
		const tool = await lab.startRouter();
		const packets = [
			lab.packet(family, NODE_TTL, stunBytes("request", [])),
			lab.packet(family, 64, stunBytes("request", OFFERING)),
			lab.packet(family, 64, stunBytes("success", [])),
		];
		const before = machineDrops();
		const storm = await startStorm(lab.client, { packets, perSecond: 20_000, seconds: 4 });
		expect(await lab.lostOf(500, family)).toBeLessThanOrEqual(machineDrops() - before);
		expect(await storm.over).toBeGreaterThan(60_000);
		const { stderr } = await end(tool, "SIGTERM");
		expect(Number(/^(\d+) STUN packets seen/.exec(stderr)?.[1])).toBeGreaterThan(10_000);
		expect(stderr).not.toMatch(/bug of ours/);
	});

	test("stopped in the middle of a storm it holds up no other traffic, and goes on where it was", async () => {
		const tool = await lab.startRouter();
		const packets = [lab.packet(4, 64, stunBytes("request", OFFERING))];
		const storm = await startStorm(lab.client, { packets, perSecond: 10_000, seconds: 3 });
		tool.child.kill("SIGSTOP");
		const before = machineDrops();
		expect(await lab.lostOf(300, 4)).toBeLessThanOrEqual(machineDrops() - before);
		tool.child.kill("SIGCONT");
		await storm.over;
		expect((await lab.nodeObjects(4))[0]).toMatchObject({ stun: { authenticated: false } });
	});

	test("garbage that bears the cookie harms it no more than it is harmed by it", async () => {
		const tool = await lab.startRouter();
		const random = new Random(4);
		const packets = FAMILIES.flatMap((family) =>
			Array.from({ length: 200 }, (_, index) => {
				const payload = index % 2 === 0 ? random.bytes(20 + (index % 80)) : stunBytes("request", OFFERING);
				if (index % 2 === 1) payload.set(random.bytes(1), index % payload.length);
				payload.set([0x21, 0x12, 0xa4, 0x42], 4);
				return lab.packet(family, index % 3 === 0 ? NODE_TTL : 64, payload);
			}),
		);
		const storm = await startStorm(lab.client, { packets, perSecond: 2_000, seconds: 2 });
		expect(await storm.over).toBeGreaterThan(3_000);
		expect((await lab.nodeObjects(6))[0]).toMatchObject({ stun: { authenticated: false } });
		const { code, stderr } = await end(tool, "SIGTERM");
		expect([code, /bug of ours/.test(stderr)]).toEqual([143, false]);
	});
});

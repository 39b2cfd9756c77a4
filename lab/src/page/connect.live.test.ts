import type { Family } from "@whither/core";
import { natKind } from "@whither/sim";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { describeOutcome, endTool, startWhither } from "../run.ts";
import { openPageLab, type PageLab, pageLabObstacle, TOKEN, type Visitor } from "./page-lab.fixture.ts";
import { overflow, picture, shoot } from "./shots.ts";

const obstacle = pageLabObstacle();
const PATIENCE = { timeout: 20_000 } as const;

/** Addresses of the way that is drawn, in its order. */
function drawn(page: Page): Promise<readonly string[]> {
	return page
		.locator(".path-strip [data-ttl]")
		.evaluateAll((hops) =>
			(hops as { getAttribute(name: string): string | null }[]).map((hop) => hop.getAttribute("data-address") ?? ""),
		);
}

/** The family of the way that is drawn: whichever pair was better. */
async function familyOf(page: Page): Promise<Family> {
	return (await drawn(page))[0]?.includes(":") ? 6 : 4;
}

async function connect(page: Page): Promise<void> {
	await page.getByRole("link", { name: "Connect" }).click();
	await page.getByRole("button", { name: "Connect to this server" }).click();
	await page.locator('[data-ice-state="connected"], [data-ice-state="completed"]').waitFor(PATIENCE);
	await page.locator(".path-strip").waitFor(PATIENCE);
}

describe.skipIf(obstacle !== null)(skippable("the page connects, in a lab", obstacle), () => {
	let lab: PageLab;
	const visitors: Visitor[] = [];
	const visitor = async (): Promise<Visitor> => {
		const one = await lab.visitor();
		visitors.push(one);
		return one;
	};

	beforeAll(async () => {
		lab = await openPageLab({ hidesAddresses: false });
	});
	afterAll(async () => {
		await lab?.close();
	});

	test("to the server itself: what is drawn is the lab's way back, router by router", async () => {
		const { page, errors, context } = await visitor();
		await connect(page);
		expect(await drawn(page)).toEqual(lab.facing(["srv", "wan", "isp", "natA", "lanA"], await familyOf(page)));
		await expect.poll(() => page.locator(".ice-state p").textContent()).toMatch(/no NAT between|inside one network/);
		expect(await page.getByRole("table", { name: "Pairs of this browser" }).locator("tr.in-use").count()).toBe(1);
		expect(await page.getByRole("table", { name: "Pairs of the server" }).locator("tr.in-use").count()).toBe(1);
		await shoot(page, "connect-server");
		expect(await overflow(page)).toBe(0);
		const way = await drawn(page);
		await page.getByRole("link", { name: "This session's page" }).click();
		await page.getByRole("heading", { name: "The way that was traced" }).waitFor(PATIENCE);
		await expect.poll(() => drawn(page), PATIENCE).toEqual(way);
		await shoot(page, "connect-session");
		expect(await overflow(page)).toBe(0);
		expect(errors).toEqual([]);
		await context.close();
	});

	test("behind a NAT: the router's address is the way's end, as the server sees it", async () => {
		await lab.ice.become({ a: natKind("port-restricted") });
		const { page, context } = await visitor();
		try {
			await connect(page);
			const family = await familyOf(page);
			const seen = lab.ice.host("lanA").seenAs(family);
			expect(await drawn(page)).toEqual([...lab.facing(["srv", "wan", "isp"], family), seen, seen]);
			await expect.poll(() => page.locator(".ice-state p").textContent()).toContain(`through your NAT at ${seen}`);
			await page.getByRole("button", { name: "Find out" }).click();
			await page.getByText("it shows you as").waitFor(PATIENCE);
			await shoot(page, "connect-nat");
			await picture(page, "connect-light", { colours: "light", width: 1280, height: 1330 });
		} finally {
			await context.close();
			await lab.ice.become({ a: natKind("no NAT") });
		}
	});

	test("two browsers by a code: they meet, and their data channel is open", async () => {
		const [one, other] = [await visitor(), await visitor()];
		await one.page.getByRole("link", { name: "Connect" }).click();
		await one.page.getByRole("button", { name: "Make a code" }).click();
		const code = await one.page.locator("[data-code]").getAttribute("data-code", PATIENCE);
		await shoot(one.page, "meet-code");
		await other.page.goto(`${lab.url()}#/ice/${code}`);
		await other.page.getByRole("button", { name: "Join" }).click();
		for (const { page } of [one, other]) {
			await page.locator('[data-ice-state="connected"], [data-ice-state="completed"]').waitFor(PATIENCE);
			await page.locator('[data-channel="open"]').waitFor(PATIENCE);
		}
		await shoot(other.page, "meet-browsers");
		expect([...one.errors, ...other.errors]).toEqual([]);
		await one.page.getByRole("button", { name: "Leave" }).click();
		await other.page.getByText("The other end says").waitFor(PATIENCE);
		await Promise.all([one.context.close(), other.context.close()]);
	});

	test("a browser and a terminal by a code: the terminal's trace is drawn in the browser", async () => {
		const { page, context, errors } = await visitor();
		await page.getByRole("link", { name: "Connect" }).click();
		await page.getByRole("button", { name: "Make a code" }).click();
		const code = (await page.locator("[data-code]").getAttribute("data-code", PATIENCE)) ?? "";
		const { namespace } = lab.ice.host("lanB");
		const args = ["meet", code, "--server", lab.url(), "--json", "-4"];
		const tool = startWhither(args, { namespace, user: "nobody", env: { WHITHER_TOKEN: TOKEN } });
		try {
			await page.locator(".path-strip").waitFor(PATIENCE);
			expect(await drawn(page)).toEqual(lab.facing(["lanB", "natB", "wan", "isp", "natA", "lanA"]));
			await shoot(page, "meet-terminal");
			const outcome = await tool.outcome;
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			expect(JSON.parse(outcome.stdout), describeOutcome(outcome)).toMatchObject({
				...{ connected: true, reversePathMissing: { code: "otherProgram" } },
				path: { reached: true },
			});
			expect(errors).toEqual([]);
		} finally {
			await endTool(tool);
			await context.close();
		}
	});

	test("a code that is none: said in words", async () => {
		const { page, context } = await visitor();
		await page.goto(`${lab.url()}#/ice/99-nobody-there`);
		await page.getByRole("button", { name: "Join" }).click();
		await expect
			.poll(() => page.getByRole("alert").textContent(), PATIENCE)
			.toContain("Nobody waits in room 99: the code is used up, over or misspelt.");
		await shoot(page, "meet-refused");
		await context.close();
	});

	test("a code of which the words are wrong: both are told, and do not meet", async () => {
		const [one, other] = [await visitor(), await visitor()];
		await one.page.getByRole("link", { name: "Connect" }).click();
		await one.page.getByRole("button", { name: "Make a code" }).click();
		const code = (await one.page.locator("[data-code]").getAttribute("data-code", PATIENCE)) ?? "";
		const [room] = code.split("-");
		await other.page.goto(`${lab.url()}#/ice/${room}-nobody-there`);
		await other.page.getByRole("button", { name: "Join" }).click();
		for (const { page } of [one, other])
			await expect
				.poll(() => page.getByRole("alert").textContent(), PATIENCE)
				.toContain(`The two ends have different codes for room ${room}`);
		await Promise.all([one.context.close(), other.context.close()]);
	});

	test("nothing was asked of anybody but the server", () => {
		const elsewhere = visitors.flatMap(({ asked }) => asked).filter((url) => !url.startsWith(lab.url()));
		expect(elsewhere).toEqual([]);
	});
});

describe.skipIf(obstacle !== null)(skippable("a browser that hides its addresses, in a lab", obstacle), () => {
	let lab: PageLab;
	beforeAll(async () => {
		lab = await openPageLab({ hidesAddresses: true });
	});
	afterAll(async () => {
		await lab?.close();
	});

	test("connects all the same: the server learns where it is from its check, and the page says so", async () => {
		const { page, errors } = await lab.visitor();
		await connect(page);
		expect(await drawn(page)).toEqual(lab.facing(["srv", "wan", "isp", "natA", "lanA"], await familyOf(page)));
		await shoot(page, "connect-hidden");
		expect(errors).toEqual([]);
	});
});

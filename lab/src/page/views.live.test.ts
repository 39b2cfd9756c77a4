import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { type BrowserPage, chromiumObstacle, openBrowserPage } from "../peers/chromium.ts";
import { type EuropeServer, openEurope, TARGET } from "./europe.fixture.ts";
import { overflow, picture, shoot as shootAll } from "./shots.ts";

/** Fifty pictures take half a minute, and say nothing to who does not look at them: they are made where PICTURES or OUTPUT names a folder. */
const unasked = process.env.PICTURES === undefined && process.env.OUTPUT === undefined;
const shoot = (page: Page, name: string): Promise<void> => (unasked ? Promise.resolve() : shootAll(page, name));
const obstacle = chromiumObstacle();
const PATIENCE = { timeout: 20_000 } as const;
/** A picture shows five minutes; the views themselves need no more than one. */
const LIVE = { intervalMs: 1000, rounds: unasked ? 60 : 300 } as const;

describe.skipIf(obstacle !== null)(skippable("every view of the page, over an internet in memory", obstacle), () => {
	let europe: EuropeServer;
	let browser: BrowserPage;
	let page: Page;
	const errors: string[] = [];

	beforeAll(async () => {
		europe = await openEurope();
		browser = await openBrowserPage({ hidesAddresses: true });
		page = browser.page;
		page.on("pageerror", (error) => errors.push(String(error)));
		page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
		await page.goto(europe.url);
	});
	afterAll(async () => {
		await browser?.close();
		await europe?.server.close();
	});

	/** Starts one without the form, and resolves with its id. */
	async function start(body: object): Promise<string> {
		const answer = await fetch(`${europe.url}api/v1/traces`, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ target: TARGET, origins: true, ...body }),
		});
		const text = await answer.text();
		expect(answer.status, text).toBe(201);
		return (JSON.parse(text) as { id: string }).id;
	}

	async function show(hash: string): Promise<void> {
		await page.goto(`${europe.url}${hash}`);
	}

	test("a trace", async () => {
		const id = await start({ method: "udp", queries: 6 });
		await show(`#/s/${id}`);
		await page.locator(".trace-header").getByText("● ended").waitFor(PATIENCE);
		await page.locator("svg.world").waitFor(PATIENCE);
		await shoot(page, "view-trace");
		await picture(page, "trace-dark", { colours: "dark", width: 1280, height: 960 });
		await picture(page, "phone", { colours: "light", width: 360, height: 1500 });
		expect(await overflow(page)).toBe(0);
		await page.getByRole("button", { name: "Hop 5, details" }).click();
		await page.getByRole("button", { name: "Hop 7, details" }).click();
		await shoot(page, "view-details");
	});

	test("a live trace", async () => {
		const id = await start({ method: "udp", live: LIVE });
		await show(`#/s/${id}`);
		await page.locator(".trace-header").getByText("● ended").waitFor(PATIENCE);
		for (const [look, seen] of [
			["Lines", ".chart canvas"],
			["Heat", "canvas.heat"],
			["Table", ".past-table table"],
		] as const) {
			await page.getByRole("radio", { name: look }).check({ force: true });
			await page.locator(seen).waitFor(PATIENCE);
			await shoot(page, `view-live-${look.toLowerCase()}`);
			expect(await overflow(page)).toBe(0);
			// It was a phone's a moment ago: pixels of another width would be stretched.
			if (look === "Heat")
				await expect.poll(async () => (await page.locator(seen).boundingBox())?.height, PATIENCE).toBe(12 * 18);
			if (look === "Heat") await picture(page, "live-light", { colours: "light", width: 1280, height: 1300 });
		}
	});

	test("two methods", async () => {
		const [one, other] = [await start({ method: "icmp" }), await start({ method: "tcp" })];
		await show(`#/compare/${one}/${other}`);
		await page.locator("table.compared tbody tr").nth(11).waitFor(PATIENCE);
		await shoot(page, "view-compare");
		await picture(page, "compare-light", { colours: "light", width: 1280, height: 800 });
		expect(await overflow(page)).toBe(0);
		await show("#/compare");
		await page.getByRole("button", { name: "Compare", exact: true }).waitFor(PATIENCE);
		await shoot(page, "view-compare-form");
	});

	test("history, home, whois, a file, a meeting, and what is not there", async () => {
		await show("#/history");
		await page.locator("table.sessions tbody tr").nth(3).waitFor(PATIENCE);
		await shoot(page, "view-history");
		await show("#/");
		await page.getByText("Options", { exact: true }).click();
		await page.locator(".recent li").nth(3).waitFor(PATIENCE);
		await shoot(page, "view-home");
		for (const hash of ["whois", "open", "ice", "nothing-here", "s/none"]) {
			await show(`#/${hash}`);
			await page.locator("main h1").waitFor(PATIENCE);
			await shoot(page, `view-${hash.replace("/", "-")}`);
		}
	});

	test("nothing went wrong meanwhile, but for what is not there", () => {
		expect(errors.filter((error) => !error.includes("404"))).toEqual([]);
	});
});

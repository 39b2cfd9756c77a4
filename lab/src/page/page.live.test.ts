import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { openPageLab, type PageLab, pageLabObstacle, TOKEN, type Visitor } from "./page-lab.fixture.ts";
import { overflow, shoot } from "./shots.ts";

const obstacle = pageLabObstacle();
const PATIENCE = { timeout: 20_000 } as const;
/** Of the lab's homes, which are no public addresses; three sessions at once. */
const OPTIONS = ["--allow-target", "10.16.0.0/16", "--client-sessions", "3"];
/** A second: a trace has a burst of them at once, and a live one would need more for as long as it runs. */
const FEW_PROBES = 10;

/** Routers of the table, in its order. */
function hops(page: Page): Promise<readonly string[]> {
	return page.locator("table.hops tr[id^=hop-] .address").allTextContents();
}

async function trace(page: Page, target: string, { live = false } = {}): Promise<void> {
	await page.getByRole("link", { name: "Trace", exact: true }).click();
	await page.getByLabel("Host or address").fill(target);
	if (live) await page.locator('input[name="run"][value="live"]').check({ force: true });
	await page.getByRole("button", { name: "Trace", exact: true }).click();
}

async function traced(page: Page, target: string): Promise<void> {
	await trace(page, target);
	await ended(page);
}

function ended(page: Page): Promise<void> {
	return page.locator(".trace-header").getByText("● ended").waitFor(PATIENCE);
}

describe.skipIf(obstacle !== null)(skippable("the page, in a lab", obstacle), () => {
	let lab: PageLab;
	let main: Visitor;
	let folder: string;
	const target = () => lab.ice.host("lanB").address(4);
	const way = () => lab.facing(["srv", "wan", "natB", "lanB"]);

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "whither-page-"));
		lab = await openPageLab({ hidesAddresses: false, options: OPTIONS });
		main = await lab.visitor();
	});
	afterAll(async () => {
		await lab?.close();
		rmSync(folder, { recursive: true, force: true });
	});

	test("a token is asked for, a wrong one refused, and the right one opens", async () => {
		const { page, context } = await lab.visitor({ token: null });
		const dialog = page.getByRole("dialog");
		await dialog.waitFor(PATIENCE);
		await shoot(page, "token");
		for (const [token, then] of [
			["wrong", "not (or no longer) the right one"],
			[TOKEN, null],
		] as const) {
			await dialog.getByLabel("Token").fill(token);
			await dialog.getByRole("button", { name: "Use token" }).click();
			if (then !== null) await dialog.getByText(then).waitFor(PATIENCE);
		}
		await dialog.waitFor({ state: "hidden", ...PATIENCE });
		expect(page.url()).not.toContain(TOKEN);
		await context.close();
	});

	test("a trace arrives hop by hop, and its hops are the lab's", async () => {
		const { page } = main;
		await shoot(page, "home");
		await traced(page, target());
		expect(await hops(page)).toEqual(way());
		expect(await page.locator("svg.path .node").count()).toBe(way().length + 1);
		await shoot(page, "trace");
		expect(await overflow(page)).toBe(0);
	});

	test("a live trace goes on until it is stopped", async () => {
		const { page } = main;
		await trace(page, target(), { live: true });
		await expect.poll(() => hops(page), PATIENCE).toEqual(way());
		await expect
			.poll(
				async () =>
					Number(await page.locator("table.hops tr[id^=hop-] td.number:not(.ttl, .loss)").first().textContent()),
				PATIENCE,
			)
			.toBeGreaterThan(2);
		await page.getByRole("button", { name: "Stop" }).click();
		await ended(page);
		await shoot(page, "live");
		expect(await overflow(page)).toBe(0);
	});

	test("what may not be traced is refused in words", async () => {
		const { page } = main;
		await trace(page, "192.168.77.1");
		await expect.poll(() => page.getByRole("alert").textContent(), PATIENCE).toContain("--allow-target");
		await shoot(page, "refused");
	});

	test("as many sessions as one may have: one more is refused, and said when to come again", async () => {
		const { page } = main;
		for (let count = 0; count < 3; count++) {
			await trace(page, target(), { live: true });
			await page.getByRole("button", { name: "Stop" }).waitFor(PATIENCE);
		}
		await trace(page, target(), { live: true });
		const alert = page.getByRole("alert");
		await expect.poll(() => alert.textContent(), PATIENCE).toContain("as many sessions as one may");
		expect(await alert.textContent()).toMatch(/, or wait\. Try again in \d+\ss\.$/);
		await shoot(page, "over-budget");
	});

	test("the server crashes and begins anew: the page says so, and what was running is there again, kept", async () => {
		const { page } = main;
		await page.getByRole("link", { name: "History" }).click();
		await page.locator("main a[href^='#/s/']").first().click();
		await page.getByRole("button", { name: "Stop" }).waitFor(PATIENCE);
		const said = page.getByText("Reconnecting…").waitFor(PATIENCE);
		await lab.restartServer();
		await said;
		await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden", ...PATIENCE });
		await shoot(page, "restarted");
		await page.reload();
		await expect.poll(() => hops(page), PATIENCE).toEqual(way());
		expect(await page.locator(".trace-header .state").textContent()).toBe("◌ lost");
		await traced(page, target());
		expect(await hops(page)).toEqual(way());
	});

	test("history lists what there was, and filters it", async () => {
		const { page } = main;
		await page.getByRole("link", { name: "History" }).click();
		const rows = page.locator("table.sessions tbody tr");
		await expect.poll(() => rows.count(), PATIENCE).toBe(6);
		await shoot(page, "history");
		expect(await overflow(page)).toBe(0);
		await page.getByLabel("Kind").focus();
		await page.getByLabel("Kind").selectOption("trace");
		await expect.poll(() => rows.count(), PATIENCE).toBe(2);
		expect(await page.evaluate("document.activeElement.name")).toBe("kind");
	});

	test("two traces are compared", async () => {
		const { page } = main;
		await page.getByRole("link", { name: "Compare" }).click();
		await page.getByRole("button", { name: "Compare", exact: true }).click();
		await expect.poll(() => page.url(), PATIENCE).toMatch(/#\/compare\/\w+\/\w+/);
		const cells = page.locator("table.compared td.who .address");
		await expect.poll(() => cells.allTextContents(), PATIENCE).toEqual(way().flatMap((address) => [address, address]));
		await page.getByText(`Both go the same way: ${way().length} hops in common.`).waitFor(PATIENCE);
		await shoot(page, "compare");
		expect(await overflow(page)).toBe(0);
	});

	test("whois that is not switched on is said to be off", async () => {
		const { page } = main;
		await page.getByRole("link", { name: "Whois" }).click();
		await page.locator('input[name="query"]').fill("192.0.2.1");
		await page.locator('.whois-form button[type="submit"]').click();
		await page.getByText("Asking the registry…").waitFor({ state: "hidden", ...PATIENCE });
		await page.getByText("This server asks no registry").waitFor(PATIENCE);
		expect(await page.locator("[role=alert], #answer-title").count()).toBe(0);
		await shoot(page, "whois");
	});

	test("a session is saved, opened from its file, and shown by one file without any server", async () => {
		const { page, context } = main;
		await traced(page, target());
		const save = async (label: string): Promise<string> => {
			await page
				.locator("details.menu > summary")
				.filter({ hasText: /save|download/i })
				.click();
			const [download] = await Promise.all([
				page.waitForEvent("download", PATIENCE),
				page.locator(".menu-body button").filter({ hasText: label }).click(),
			]);
			const path = join(folder, download.suggestedFilename());
			await download.saveAs(path);
			return path;
		};
		const [session, html] = [await save("Session, to open again"), await save("This page, one file")];
		await page.getByRole("link", { name: "Open file" }).click();
		await shoot(page, "open");
		await page.getByLabel("File to open").setInputFiles(session);
		await expect.poll(() => hops(page), PATIENCE).toEqual(way());
		expect(readFileSync(html, "utf8")).not.toMatch(/(src|href)="https?:/);
		const alone = await context.newPage();
		const asked: string[] = [];
		alone.on("request", (request) => asked.push(request.url()));
		await alone.goto(pathToFileURL(html).href);
		await expect.poll(() => hops(alone), PATIENCE).toEqual(way());
		expect(asked.filter((url) => /^(https?|wss?):/.test(url))).toEqual([]);
		await shoot(alone, "one-file");
		await alone.close();
	});

	test("probes are used up: what would need more is refused, and said when to come again", async () => {
		const { page } = main;
		await lab.restartServer([...OPTIONS, "--client-rate", String(FEW_PROBES)]);
		await traced(page, target());
		expect(await hops(page)).toEqual(way());
		await trace(page, target(), { live: true });
		const alert = page.getByRole("alert");
		await expect.poll(() => alert.textContent(), PATIENCE).toContain("Used up for now");
		expect(await alert.textContent()).toMatch(/Your probes are used up for now.*Try again in \d+\ss\.$/);
		await shoot(page, "no-probes-left");
	});

	test("nothing was asked of anybody but the server, and nothing went wrong in the page", () => {
		const elsewhere = main.asked.filter((url) => !url.startsWith(lab.url()) && !/^(blob|data|file):/.test(url));
		expect(elsewhere).toEqual([]);
		const known = /status of (403|429|501)|net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING)/;
		expect(main.errors.filter((error) => !known.test(error))).toEqual([]);
	});
});

import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { type BrowserPage, chromiumObstacle, openBrowserPage } from "../peers/chromium.ts";
import { EUROPE, type EuropeServer, openEurope, TARGET } from "./europe.fixture.ts";
import { overflow } from "./shots.ts";

const obstacle = chromiumObstacle();
const PATIENCE = { timeout: 20_000 } as const;
const EVIL = "<img src=x onerror=document.title='owned'>";
const ROUTES = ["", "history", "compare", "ice", "whois", "open", "nothing-here", "s/none"];

/** What stands wrong in a page for whoever does not see it, in words; run there. */
const FAULTS = `(() => {
	const faults = [];
	const all = (selector) => [...document.querySelectorAll(selector)];
	const levels = all("h1, h2, h3, h4").filter((one) => one.closest("dialog") === null).map((one) => Number(one.tagName[1]));
	if (levels.filter((level) => level === 1).length !== 1) faults.push("h1: " + levels.join());
	levels.forEach((level, index) => { if (level > (levels[index - 1] ?? 0) + 1) faults.push("heading skips to " + level); });
	const ids = all("[id]").map((one) => one.id);
	ids.forEach((id, index) => { if (ids.indexOf(id) !== index) faults.push("twice: " + id); });
	const named = (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length || one.title;
	for (const one of all("button, a, input, select, summary, [role=button]")) if (!named(one)) faults.push("no name: " + one.outerHTML);
	for (const one of all("[aria-labelledby], [aria-controls]"))
		for (const name of ["aria-labelledby", "aria-controls"])
			if (one.hasAttribute(name) && !document.getElementById(one.getAttribute(name))) faults.push("no such: " + one.getAttribute(name));
	for (const one of all("svg")) if (!one.closest("[aria-hidden=true]") && !one.hasAttribute("role")) faults.push("no role: " + one.outerHTML.slice(0, 80));
	for (const one of all("table")) if (!one.querySelector("th[scope=col]")) faults.push("table without heads");
	return faults;
})()`;

describe.skipIf(obstacle !== null)(skippable("the page tells the truth, to everybody", obstacle), () => {
	let europe: EuropeServer;
	let browser: BrowserPage;
	let page: Page;
	const [asked, errors]: [string[], string[]] = [[], []];

	beforeAll(async () => {
		europe = await openEurope({ names: { "edge.lisbon": EVIL }, slowedBy: 12 });
		browser = await openBrowserPage({ hidesAddresses: true });
		page = browser.page;
		page.context().on("request", (request) => asked.push(request.url()));
		page.on("websocket", (socket) => asked.push(socket.url()));
		page.on("pageerror", (error) => errors.push(String(error)));
		await page.goto(europe.url);
	});
	afterAll(async () => {
		await browser?.close();
		await europe?.server.close();
	});

	const names = (one: Page = page) => one.locator("table.hops tr[id^=hop-]").evaluateAll(textsOf);
	const ended = (one: Page = page) => one.locator(".trace-header").getByText("● ended").waitFor(PATIENCE);
	const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent");

	test("by the keyboard alone: a host is typed, its hops arrive one by one, and the graph opens one of them", async () => {
		await page.evaluate(`{
			globalThis.counts = [];
			new MutationObserver(() => counts.push(document.querySelectorAll("table.hops tr[id^=hop-]").length))
				.observe(document.body, { childList: true, subtree: true });
		}`);
		for (let press = 0; press < 20 && (await page.evaluate("document.activeElement.name")) !== "target"; press++)
			await page.keyboard.press("Tab");
		await page.keyboard.type(TARGET);
		await page.keyboard.press("Enter");
		await ended();
		const counts = new Set((await page.evaluate("counts")) as number[]);
		expect([...counts].filter((count) => count > 0 && count < 12).length).toBeGreaterThan(1);
		expect(await page.evaluate("document.activeElement.id")).toBe("main");
		for (let press = 0; press < 20 && !String(await focused()).startsWith("node-"); press++)
			await page.keyboard.press("Tab");
		for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
		expect(await focused()).toMatch(/^node-4/);
		await page.keyboard.press("Enter");
		await page.locator("#details-4").waitFor(PATIENCE);
		await page.getByText("Save as").focus();
		await page.keyboard.press("Enter");
		await page.locator(".menu-body button").first().waitFor(PATIENCE);
		await page.keyboard.press("Escape");
		await page
			.locator(".menu-body button")
			.first()
			.waitFor({ state: "hidden", ...PATIENCE });
	});

	test("who answers is whom the scenario has there, both ways of the balancer among them", async () => {
		await page.goto(europe.url);
		await page.getByText("Options", { exact: true }).click();
		await page.getByLabel("Probes per hop").fill("8");
		await page.getByLabel("Host or address").fill(TARGET);
		await page.keyboard.press("Enter");
		await ended();
		const rows = await names();
		expect(rows).toHaveLength(EUROPE.expect.hops.length);
		for (const { ttl, from } of EUROPE.expect.hops)
			for (const name of from.filter((one) => one !== null && one !== "edge.lisbon"))
				expect(rows[ttl - 1]).toContain(name);
		expect(await page.locator("svg.path .node[id^='node-5/']").count()).toBe(2);
		expect(await page.locator("svg.path .net text").allTextContents()).toEqual([
			...["AS64496", "AS64498", "AS64500"].map((asn) => expect.stringContaining(asn)),
		]);
		expect(await page.evaluate(FAULTS)).toEqual([]);
	});

	test("a name that would be markup stays text, in the page and in its file", async () => {
		await expect.poll(async () => (await names())[2], PATIENCE).toContain(EVIL);
		expect(await page.locator("img").count()).toBe(0);
		expect(await page.title()).toBe(`${TARGET} – Whither`);
		const id = page.url().split("/").at(-1);
		const svg = await fetch(`${europe.url}api/v1/sessions/${id}/file?format=svg`);
		expect(svg.status).toBe(200);
		expect(await svg.text()).not.toContain("<img");
		await page.getByText("Save as").click();
		const [download] = await Promise.all([
			page.waitForEvent("download", PATIENCE),
			page.getByRole("button", { name: "This page, one file" }).click(),
		]);
		const html = readFileSync(await download.path(), "utf8");
		expect(html).toContain("onerror=document.title");
		expect(html).not.toContain("<img src");
	});

	test("back, forward and a second tab: each address shows what it names", async () => {
		const address = page.url();
		await page.getByRole("link", { name: "History" }).click();
		await page.getByRole("heading", { name: "History" }).waitFor(PATIENCE);
		await page.goBack();
		await ended();
		await page.goForward();
		await page.getByRole("heading", { name: "History" }).waitFor(PATIENCE);
		const [other] = await Promise.all([
			page.waitForEvent("popup", PATIENCE),
			page.evaluate(`void open(${JSON.stringify(address)})`),
		]);
		await ended(other);
		expect(await names(other)).toHaveLength(12);
		await other.close();
	});

	test("every address can be loaded anew, fits a phone, and is in order for who does not see it", async () => {
		for (const route of ROUTES) {
			await page.goto(`${europe.url}#/${route}`);
			await page.reload();
			await page.locator("main h1").waitFor(PATIENCE);
			expect(await page.evaluate(FAULTS), route).toEqual([]);
			expect(await overflow(page), route).toBe(0);
		}
	});

	test("who wants no motion sees none", async () => {
		const mostMoving = async (reducedMotion: "reduce" | "no-preference") => {
			await page.emulateMedia({ reducedMotion });
			await page.goto(europe.url);
			await page.evaluate(`{
				globalThis.moving = 0;
				new MutationObserver(() => { moving = Math.max(moving, document.getAnimations().length); })
					.observe(document.body, { childList: true, subtree: true });
			}`);
			await page.getByLabel("Host or address").fill(TARGET);
			await page.keyboard.press("Enter");
			await ended();
			return Number(await page.evaluate("moving"));
		};
		expect(await mostMoving("no-preference")).toBeGreaterThan(0);
		expect(await mostMoving("reduce")).toBe(0);
	});

	test("a path of 64 hops with 16 answerers each is shown, and the page stays as wide as it is", async () => {
		const answer = await fetch(`${europe.url}api/v1/sessions`, { method: "POST", ...fileOf(largeTrace()) });
		const text = await answer.text();
		expect(answer.status, text).toBe(201);
		await page.goto(`${europe.url}#/s/${(JSON.parse(text) as { id: string }).id}`);
		await expect.poll(async () => (await names()).length, PATIENCE).toBe(64);
		expect(await page.locator("svg.path .node").count()).toBeGreaterThan(64);
		expect(await overflow(page)).toBe(0);
	});

	test("nothing was asked of anybody else, and nothing went wrong", () => {
		expect(asked.filter((url) => !url.startsWith(europe.url) && !/^(blob|data):/.test(url))).toEqual([]);
		expect(errors).toEqual([]);
	});
});

function textsOf(rows: unknown): string[] {
	return (rows as { textContent: string }[]).map(({ textContent }) => textContent);
}

function fileOf(body: string) {
	return { headers: { "Content-Type": "text/plain" }, body };
}

/** As RIPE Atlas writes it: 64 hops, each with sixteen who answer six probes by turns: no more replies of a hop are read. */
function largeTrace(): string {
	const result = Array.from({ length: 64 }, (_, index) => ({
		hop: index + 1,
		result: Array.from({ length: 96 }, (_, probe) => ({
			...{ from: `198.51.${index}.${(probe % 16) + 1}`, rtt: index + probe / 100, size: 28, ttl: 255 - index },
		})),
	}));
	return JSON.stringify([
		{
			...{ fw: 5080, type: "traceroute", af: 4, proto: "UDP", size: 40, paris_id: 1, timestamp: 1_700_000_000 },
			...{ endtime: 1_700_000_009, prb_id: 1, msm_id: 1, msm_name: "Traceroute" },
			...{ src_addr: "192.0.2.1", from: "192.0.2.1", dst_addr: "203.0.113.7", dst_name: "203.0.113.7", result },
		},
	]);
}

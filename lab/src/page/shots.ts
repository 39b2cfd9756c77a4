/** Pictures of a page, to be looked at: light, dark, and as wide as a phone. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { findProgram } from "../requirements.ts";

/** Where they go: OUTPUT, else a folder that git passes over. */
const FOLDER = process.env.OUTPUT ?? fileURLToPath(new URL("../../screenshots/", import.meta.url));

const DESK = { width: 1280, height: 900 } as const;
const PHONE = { width: 360, height: 780 } as const;
const VIEWS = [
	["light", DESK, "light"],
	["dark", DESK, "dark"],
	["phone", PHONE, "light"],
] as const;

/** Resolves once what follows the width has been drawn anew. */
const DRAWN = "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 50))";
/** A page has few colours (Debian package pngquant). */
const SMALLER = ["--force", "--strip", "--speed=1", "--ext=.png", "128"];

/** Writes `NAME-light.png`, `NAME-dark.png` and `NAME-phone.png`; the page is as it was afterwards. */
export async function shoot(page: Page, name: string): Promise<void> {
	mkdirSync(FOLDER, { recursive: true });
	for (const [view, size, colorScheme] of VIEWS) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await page.setViewportSize(size);
		await page.evaluate(DRAWN);
		await page.screenshot({ path: join(FOLDER, `${name}-${view}.png`), fullPage: true, animations: "disabled" });
	}
	await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
	await page.setViewportSize(DESK);
}

/** Whether anything of the page is wider than a phone, which then scrolls sideways. */
export async function overflow(page: Page): Promise<number> {
	await page.setViewportSize(PHONE);
	const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
	await page.setViewportSize(DESK);
	return wide as number;
}

/** Pictures for the documentation go here; by default none are made. */
const PICTURES = process.env.PICTURES;

/** Writes one picture for the documentation, where `PICTURES` names a folder: what is seen of the page without scrolling. */
export async function picture(
	page: Page,
	name: string,
	look: { readonly colours: "light" | "dark"; readonly width: number; readonly height: number },
): Promise<void> {
	if (PICTURES === undefined) return;
	mkdirSync(PICTURES, { recursive: true });
	await page.emulateMedia({ colorScheme: look.colours, reducedMotion: "reduce" });
	await page.setViewportSize({ width: look.width, height: look.height });
	await page.mouse.move(0, 0);
	await page.evaluate("document.activeElement.blur(), scrollTo(0, 0)");
	await page.evaluate(DRAWN);
	const path = join(PICTURES, `${name}.png`);
	await page.screenshot({ path, animations: "disabled" });
	if (findProgram("pngquant") !== null) execFileSync("pngquant", [...SMALLER, path]);
	await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
	await page.setViewportSize(DESK);
}

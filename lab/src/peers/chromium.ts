/** Debian's Chromium without a screen, in a namespace, with a page that can call itself through a relay. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { namespacePath } from "../namespaces.ts";
import { findProgram } from "../requirements.ts";
import type { RelayServer, WebrtcCandidate } from "../webrtc-order.ts";

/** What the page runs; it is no module of ours, but a script of a browser's. */
const PAGE_SCRIPT = fileURLToPath(new URL("../../src/peers/relayed-call.page.js", import.meta.url));

/** Candidates have addresses instead of mDNS names. */
const SHOWS_ADDRESSES = "--disable-features=WebRtcHideLocalIpsWithMdns";

/** Null where it is installed, else what is missing. */
export function chromiumObstacle(): string | null {
	return findProgram("chromium") === null ? "the browser is Chromium (Debian package chromium)" : null;
}

/** Null where it can be told to trust an authority, else what is missing. */
export function browserTrustObstacle(): string | null {
	return findProgram("certutil") === null ? "trust is told by certutil (Debian package libnss3-tools)" : null;
}

/** Where it runs, and whom it trusts. */
export interface ChromiumOptions {
	readonly namespace: string;
	/** Path of an authority's certificate, for TLS. */
	readonly authority?: string;
	/** Further switches of the command. */
	readonly switches?: readonly string[];
}

/** How a browser is started in the namespace of this process. */
export interface BrowserOptions {
	/** Tells mDNS names instead of its addresses, as it does by default. */
	readonly hidesAddresses: boolean;
}

/** An empty page of a browser of its own. */
export interface BrowserPage {
	readonly page: Page;
	readonly version: string;
	close(): Promise<void>;
}

/** Starts a browser here, wherever this process is; rejects, and nothing is left, when it does not start. */
export async function openBrowserPage({ hidesAddresses }: BrowserOptions): Promise<BrowserPage> {
	const home = mkdtempSync(join(tmpdir(), "whither-chromium-"));
	const remove = () => rmSync(home, { recursive: true, force: true });
	try {
		const { chromium } = await import("playwright-core");
		const browser = await chromium.launch({
			executablePath: findProgram("chromium") ?? "chromium",
			env: { ...process.env, HOME: home },
			args: ["--no-sandbox", ...(hidesAddresses ? [] : [SHOWS_ADDRESSES])],
		});
		const close = async () => {
			await browser.close();
			remove();
		};
		return { page: await browser.newPage(), version: browser.version(), close };
	} catch (error) {
		remove();
		throw error;
	}
}

/** A page with two peers, of which the caller is meant. */
export interface CallingPage {
	/**
	 * Connects both through this server, or the callee through another; resolves once their data channel is open, rejects
	 * with what the browser says.
	 */
	call(order: { readonly server: RelayServer; readonly calleeServer?: RelayServer }): Promise<void>;
	/** Messages that came back as they were sent. */
	echo(order: { readonly messages: number; readonly bytes: number }): Promise<number>;
	/** The pair in use. */
	pair(): Promise<{ readonly local: WebrtcCandidate; readonly remote: WebrtcCandidate }>;
	/** Resolves once the connection counts as lost. */
	lost(): Promise<string>;
	/** Restarts ICE with new relays; resolves once it is connected again. */
	restart(): Promise<void>;
	close(): Promise<void>;
}

/** How a browser is started in a namespace. */
export interface LabBrowserOptions extends BrowserOptions {
	readonly namespace: string;
	/** Further switches of the command. */
	readonly switches?: readonly string[];
}

/** A browser of its own in a namespace. */
export interface LabBrowser {
	readonly browser: Browser;
	close(): Promise<void>;
}

/** Starts one without any page; rejects, and nothing is left, when it does not start. */
export async function openLabBrowser({ hidesAddresses, ...options }: LabBrowserOptions): Promise<LabBrowser> {
	const home = mkdtempSync(join(tmpdir(), "whither-chromium-"));
	const remove = () => rmSync(home, { recursive: true, force: true });
	try {
		const browser = await launch(home, options, hidesAddresses ? [] : [SHOWS_ADDRESSES]);
		const close = async () => {
			await browser.close();
			remove();
		};
		return { browser, close };
	} catch (error) {
		remove();
		throw error;
	}
}

/** Starts a browser of its own and opens the page; rejects, and nothing is left, when it does not start. */
export async function openChromium(options: ChromiumOptions): Promise<CallingPage> {
	const home = mkdtempSync(join(tmpdir(), "whither-chromium-"));
	const remove = () => rmSync(home, { recursive: true, force: true });
	try {
		if (options.authority !== undefined) trust(home, options.authority);
		const browser = await launch(home, options);
		const page = await browser.newPage();
		await page.addScriptTag({ path: PAGE_SCRIPT });
		return callingPage(page, async () => {
			await browser.close();
			remove();
		});
	} catch (error) {
		remove();
		throw error;
	}
}

/** The browser believes whom the store of its user's home names. */
function trust(home: string, authority: string): void {
	const folder = join(home, ".pki", "nssdb");
	mkdirSync(folder, { recursive: true });
	const certutil = (...args: string[]) => execFileSync("certutil", ["-d", `sql:${folder}`, ...args], { stdio: "pipe" });
	certutil("-N", "--empty-password");
	certutil("-A", "-t", "C,,", "-n", "lab", "-i", authority);
}

/** It is started by a script, which enters the namespace; everything it starts itself stays there. */
async function launch(
	home: string,
	{ namespace, switches = [] }: ChromiumOptions,
	usual: readonly string[] = [SHOWS_ADDRESSES],
): Promise<Browser> {
	const script = join(home, "chromium");
	const program = findProgram("chromium") ?? "chromium";
	writeFileSync(script, `#!/bin/sh\nexec nsenter --net=${namespacePath(namespace)} ${program} "$@"\n`);
	chmodSync(script, 0o755);
	const { chromium } = await import("playwright-core");
	return chromium.launch({
		executablePath: script,
		env: { ...process.env, HOME: home },
		args: ["--no-sandbox", ...usual, ...switches],
	});
}

function callingPage(page: Page, close: () => Promise<void>): CallingPage {
	const ask = <Answer>(name: string, order: unknown = null): Promise<Answer> =>
		page.evaluate(`relayedCall.${name}(${JSON.stringify(order)})`) as Promise<Answer>;
	return {
		call: (order) => ask("call", order),
		echo: (order) => ask("echo", order),
		pair: () => ask("pair"),
		lost: () => ask("lost"),
		restart: () => ask("restart"),
		close,
	};
}

/** The real page of the real server in a lab: a browser at one home, the server in the middle, another home behind it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Family } from "@whither/core";
import { addressTowards, natKind } from "@whither/sim";
import type { BrowserContext, Page } from "playwright-core";
import { type IceLab, iceLabObstacle, openIceLab } from "../ice/ice-lab.ts";
import { ICE_SERVERS } from "../ice/servers.ts";
import { chromiumObstacle, type LabBrowser, openLabBrowser } from "../peers/chromium.ts";
import type { RunningServer } from "../peers/running-server.ts";

/** What the server wants to be shown. */
export const TOKEN = "otter-velvet-harbour";
const HTTP_PORT = 8088;
const [WHITHER] = ICE_SERVERS;

/** Null where it can be built here, else what is missing. */
export function pageLabObstacle(): string | null {
	return iceLabObstacle() ?? WHITHER.obstacle ?? chromiumObstacle();
}

/** It stands. */
export interface PageLab {
	readonly ice: IceLab;
	readonly browser: LabBrowser;
	/** Of the page. */
	url(family?: Family): string;
	/** A page of a visitor of its own; with the token, or without. Everything that it asks for is written to `asked`. */
	visitor(order?: { readonly token?: string | null }): Promise<Visitor>;
	/** Routers as whoever stands before them sees them, from the first node of a way to the last. */
	facing(way: readonly string[], family?: Family): readonly string[];
	/** Kills the server as a crash does, and starts another in its place. */
	restartServer(options?: readonly string[]): Promise<void>;
	close(): Promise<void>;
}

/** A page and what it did. */
export interface Visitor {
	readonly context: BrowserContext;
	readonly page: Page;
	/** Every URL that was asked for, of whatever kind. */
	readonly asked: string[];
	/** What went wrong in the page. */
	readonly errors: string[];
}

/** Builds it: routers without NAT at first, and a carrier between the browser's home and the rest. */
export async function openPageLab(order: {
	readonly hidesAddresses: boolean;
	readonly options?: readonly string[];
}): Promise<PageLab> {
	const { hidesAddresses, options = [] } = order;
	const none = natKind("no NAT");
	const ice = await openIceLab({ serves: "a", a: none, b: none, isp: none });
	const data = mkdtempSync(join(tmpdir(), "whither-sessions-"));
	let server: RunningServer | null = null;
	let browser: LabBrowser | null = null;
	const start = (more: readonly string[]) =>
		ice.openServer(WHITHER, "relays", [`--port=${HTTP_PORT}`, "--token", TOKEN, "--data", data, ...more]);
	const close = async () => {
		await browser?.close();
		await server?.close();
		await ice.close();
		rmSync(data, { recursive: true, force: true });
	};
	try {
		server = await start(options);
		browser = await openLabBrowser({ namespace: ice.host("lanA").namespace, hidesAddresses });
	} catch (error) {
		await close();
		throw error;
	}
	const opened = browser;
	const url = (family: Family = 4) => `http://${family === 4 ? ice.server(4) : `[${ice.server(6)}]`}:${HTTP_PORT}/`;
	return {
		...{ ice, browser, url, close },
		visitor: ({ token = TOKEN } = {}) => visit(opened, url(), token),
		facing: (way, family = 4) =>
			way.slice(1).map((node, index) => addressTowards(ice.lab.scenario, node, way[index] ?? "", family)),
		restartServer: async (more = options) => {
			await server?.kill();
			server = await start(more);
		},
	};
}

async function visit({ browser }: LabBrowser, url: string, token: string | null): Promise<Visitor> {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
	const page = await context.newPage();
	const [asked, errors]: [string[], string[]] = [[], []];
	context.on("request", (request) => asked.push(request.url()));
	page.on("pageerror", (error) => errors.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error") errors.push(message.text());
	});
	await page.goto(token === null ? url : `${url}#token=${token}`);
	return { context, page, asked, errors };
}

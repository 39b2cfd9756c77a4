/** The page as one file, as it was built: all that a browser needs is in it, and nothing in it asks anybody. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO } from "@whither/sim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { simulated } from "../api/simulated.ts";
import type { SessionStarted } from "../server/protocol/api-protocol.ts";
import { serve } from "../server/serve.ts";

const command = join(import.meta.dirname, "../../bin/whither.js");
const web = join(import.meta.dirname, "../../dist/web");
const obstacle = existsSync(join(web, "one-file.html")) ? null : "the page is not built (npm run build)";

function whither(...args: readonly string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
	return { status, stdout, stderr };
}

/** What stands in the first such element, as a browser sees it: up to the first tag that ends it. */
function inside(page: string, open: string, close: string): string {
	const at = page.indexOf(open);
	expect([open, at > 0]).toEqual([open, true]);
	return page.slice(at + open.length, page.indexOf(close, at));
}

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Fails where a browser would load something, refuse our own script or style, or find no session. */
function expectSelfContained(page: string): void {
	const script = inside(page, '<script type="module">', "</script>");
	const style = inside(page, "<style>", "</style>");
	const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1]?.split("; ") ?? [];
	expect(policy).toContain("default-src 'none'");
	expect(policy).toContain(`script-src ${sha256(script)}`);
	expect(policy).toContain(`style-src ${sha256(style)}`);
	expect(script.length).toBeGreaterThan(50_000);
	expect(style).not.toMatch(/@import|url\((?!["']?data:)/);
	expect(script).not.toMatch(/\bfrom\s*["'][./a-z]|\bimport\s*["']|\bimport\(\s*["']/);
	// All that is around them: no element that loads.
	const frame = page.replace(script, "").replace(style, "");
	expect(frame).not.toMatch(/<(img|link|iframe|object|embed|base)\b|\b(src|href)=/i);
	const named = new Set(Array.from(script.matchAll(/https?:\/\/([\w.-]+)/g), ([, host]) => host));
	// Of XML's name spaces, and of who drew the map; none is asked.
	expect([...named].filter((host) => host !== "www.w3.org")).toEqual([]);
}

describe.skipIf(obstacle !== null)(skippable("the page as one file", obstacle), () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "whither-page-"));
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it("whither show makes it of a trace, and reads the trace out of it", () => {
		const [trace, page] = [join(folder, "trace.json"), join(folder, "trace.html")];
		const { stdout } = whither("demo", "--json");
		writeFileSync(trace, stdout);
		expect(whither("show", "--format", "html", "--output", page, trace)).toEqual({ status: 0, stdout: "", stderr: "" });
		expectSelfContained(readFileSync(page, "utf8"));
		const again = whither("show", "--json", page);
		expect({ ...again, stdout: JSON.parse(again.stdout) }).toEqual({
			status: 0,
			stdout: JSON.parse(stdout),
			stderr: "",
		});
		expect(whither("show", "-n", page).stdout).toBe(whither("show", "-n", trace).stdout);
	});

	it("whither trace makes it as it traces", () => {
		const { status, stdout } = whither("trace", "127.0.0.1", "-n", "--format", "html");
		expect(status).toBe(0);
		expectSelfContained(stdout);
	});

	it("the server makes it of a session, to be saved and never to be shown", async () => {
		const listen = { listen: ["127.0.0.1"], stunPort: 0, port: 0, turn: false };
		const server = await serve({ ...listen, web, world: simulated(DEMO) });
		try {
			const { port } = server.listening.find(({ role }) => role === "http") ?? {};
			const api = `http://127.0.0.1:${port}/api/v1`;
			const asked = { method: "POST", headers: { "Content-Type": "application/json" } };
			const body = JSON.stringify({ target: DEMO.trace.to });
			const { id } = (await (await fetch(`${api}/traces`, { ...asked, body })).json()) as SessionStarted;
			await (await fetch(`${api}/events?session=${id}`)).text();
			const answer = await fetch(`${api}/sessions/${id}/file?format=html`);
			expect(answer.status).toBe(200);
			expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="whither-${id}.html"`);
			const page = await answer.text();
			expectSelfContained(page);
			const { session } = (await (await fetch(`${api}/sessions/${id}`)).json()) as { readonly session: unknown };
			expect(JSON.parse(inside(page, '<script type="application/json" id="whither-session">', "</script>"))).toEqual(
				session,
			);
		} finally {
			await server.close();
		}
	});
});

import { afterEach, expect, test, vi } from "vitest";
import { ask, facts, loadFacts } from "./client.ts";

afterEach(() => {
	vi.unstubAllGlobals();
	facts.value = null;
});

test("facts that could not be had are asked for again once the server answers, and only then", async () => {
	let isAway = true;
	const asked: string[] = [];
	vi.stubGlobal("fetch", async (path: string) => {
		asked.push(path);
		if (isAway) throw new TypeError("offline");
		return Response.json({ tool: { name: "whither" } });
	});
	expect((await loadFacts())?.code).toBe("offline");
	await ask("GET", "/sessions");
	expect(asked).toEqual(["api/v1", "api/v1/sessions"]);
	isAway = false;
	await ask("GET", "/sessions");
	await vi.waitFor(() => expect(facts.value).not.toBeNull());
	await ask("GET", "/sessions");
	expect(asked.slice(2)).toEqual(["api/v1/sessions", "api/v1", "api/v1/sessions"]);
});

import { expect, test } from "vitest";
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";
import { pageWithSession, sessionLines } from "./session-file.ts";

const SESSION: Session = {
	header: {
		schema: "whither.session/1",
		id: "abcdefghijklmnop",
		kind: "trace",
		tool: { name: "whither", version: "0.1.0" },
		startedAt: "2026-01-02T03:04:05.678Z",
		target: "</script><script>alert(1)</script>$&",
		request: {},
	},
	events: [],
	end: { outcome: "lost", endedAt: "2026-01-02T03:05:05.678Z" },
};
const TEMPLATE = '<p>before</p><script type="application/json" id="whither-session"></script><p>after</p>';

test("a page carries its session and nothing in a name gets out of it", () => {
	const page = pageWithSession(TEMPLATE, SESSION);
	expect(page.match(/<\/?script/g)).toHaveLength(2);
	const json = /whither-session">(.*)<\/script>/.exec(page)?.[1] ?? "";
	expect(JSON.parse(json)).toEqual(SESSION);
});

test("a page that carries one already gets the other", () => {
	const once = pageWithSession(TEMPLATE, SESSION);
	expect(pageWithSession(once, SESSION)).toBe(once);
});

test("a session is a line for its header, each event and its end", () => {
	expect(
		sessionLines(SESSION)
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line)),
	).toEqual([SESSION.header, SESSION.end]);
});

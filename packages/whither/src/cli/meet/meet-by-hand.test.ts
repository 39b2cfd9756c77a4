import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { MeetMessage } from "../../api/meet/signalling/message.ts";
import type { Signalling } from "../../api/meet/signalling/signalling.ts";
import { byHand } from "./meet-by-hand.ts";

const CANDIDATE = "candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host";

/** One end: what it says, what it hears, and its stdin. */
function end(ufrag: string, line?: string) {
	const input = new PassThrough();
	const said: string[] = [];
	const heard: string[] = [];
	const listener = {
		met: () => void heard.push("met"),
		message: ({ type }: MeetMessage) => void heard.push(type),
		closed: (failure: object | null) => void heard.push(failure === null ? "closed" : "failed"),
	};
	const signalling: Signalling = byHand({ line, say: (text) => void said.push(text), input })(listener);
	const description = { type: "description", tool: "whither 0.1.0", ufrag, pwd: "x".repeat(22), options: [] } as const;
	signalling.send({ ...description, pacingMs: 5, lite: false });
	signalling.send({ type: "candidates", ufrag, lines: [CANDIDATE] });
	signalling.send({ type: "endOfCandidates", ufrag });
	const shown = async () => {
		await turns();
		return /^whither1:\S+$/m.exec(said.join(""))?.[0] ?? "";
	};
	return { input, said, heard, signalling, shown };
}

/** Streams need some turns of the event loop. */
async function turns(): Promise<void> {
	for (let count = 0; count < 5; count++) await new Promise((resolve) => setImmediate(resolve));
}

const ALL = ["met", "description", "candidates", "endOfCandidates"];

describe("two ends that meet by hand", () => {
	it("carry a line there and one back, and the second begins when told", async () => {
		const first = end("aaaa");
		const second = end("bbbb", await first.shown());
		expect([first.signalling.role, second.signalling.role]).toEqual(["controlling", "controlled"]);
		expect(first.said.join("")).toContain("Paste the other end's line here");
		const back = await second.shown();
		expect(second.said.join("")).toContain("Press Enter here when it has been pasted there");
		first.input.write(`${back}\n`);
		await turns();
		expect(first.heard).toEqual(ALL);
		expect(second.heard).toEqual([]);
		second.input.write("\n");
		await turns();
		expect(second.heard).toEqual(ALL);
		await Promise.all([first.signalling.close(), second.signalling.close()]);
	});

	it("a line that comes broken into several is put together, and begun anew by another", async () => {
		const first = end("aaaa");
		const line = await end("bbbb", await first.shown()).shown();
		first.input.write(`${line.slice(0, 40)}\n${line.slice(0, 50)}\n> ${line.slice(50, 90)}\r\n`);
		await turns();
		expect(first.said.join("")).toMatch(/Not yet: that line is cut: .* Paste the rest, or all of it again\./);
		expect(first.heard).toEqual([]);
		first.input.write(`> ${line.slice(90)}\n`);
		await turns();
		expect(first.heard).toEqual(ALL);
	});

	it("a line that is none, or one's own, is refused, and another may follow", async () => {
		const first = end("aaaa");
		first.input.write(`nonsense\n${await first.shown()}\n`);
		await turns();
		expect(first.said.join("")).toContain("No: that is no line of `whither meet --copy-paste`");
		expect(first.said.join("")).toContain("No: that is this end's own line");
		expect(first.heard).toEqual([]);
		await first.signalling.close();
	});

	it("stdin that ends ends the first's wait, and is the second's Enter", async () => {
		const first = end("aaaa");
		const second = end("bbbb", await first.shown());
		first.input.end();
		second.input.end();
		await turns();
		expect([first.heard, second.heard]).toEqual([["failed"], ALL]);
	});

	it("a LINE that is none is a wrong usage", () => {
		const order = { line: "7-otter-velvet", say: () => {}, input: new PassThrough() };
		expect(() => byHand(order)).toThrow("LINE: that is no line of `whither meet --copy-paste`");
	});
});

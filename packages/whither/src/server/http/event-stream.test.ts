import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HttpContext } from "./app.ts";
import { answerEvents, type EventStream } from "./event-stream.ts";

/** A response whose reader takes what the test says. */
class Outgoing extends EventEmitter {
	destroyed = false;
	writableEnded = false;
	writableLength = 0;
	readonly told: string[] = [];
	writeHead(): void {}
	write(text: string | Uint8Array): void {
		this.told.push(text.toString());
		this.writableLength += text.length;
	}
	end(): void {
		this.writableEnded = true;
		this.emit("close");
	}
	destroy(): void {
		this.destroyed = true;
		this.emit("close");
	}
	take(): void {
		this.writableLength = 0;
		this.emit("drain");
	}
}

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
	vi.useRealTimers();
});

function opened(order: { lifeMs?: number } = { lifeMs: 1e9 }) {
	const outgoing = new Outgoing();
	let ended = 0;
	let stream: EventStream | null = null;
	const context = { env: { incoming: { method: "GET" }, outgoing } } as unknown as HttpContext;
	answerEvents(
		context,
		(given) => {
			stream = given;
			return () => ended++;
		},
		order,
	);
	if (stream === null) throw new Error("it was not begun");
	return { outgoing, stream: stream as EventStream, ended: () => ended };
}

describe("a stream of events", () => {
	it("whose reader is half a mebibyte behind is ended, and once", () => {
		const { outgoing, stream, ended } = opened();
		stream.write(Buffer.alloc(500_000));
		expect(outgoing.destroyed).toBe(false);
		stream.write(Buffer.alloc(50_000));
		expect([outgoing.destroyed, ended()]).toEqual([true, 1]);
		const { length } = outgoing.told;
		stream.send({ id: 1, name: "session", data: "{}" });
		stream.end();
		expect([outgoing.told.length, ended()]).toEqual([length, 1]);
	});

	it("whose reader takes nothing from one beat to the next but one is ended", () => {
		const { outgoing, stream } = opened();
		for (let beat = 0; beat < 3; beat++) {
			outgoing.take();
			vi.advanceTimersByTime(15_000);
		}
		outgoing.take();
		expect(outgoing.told.filter((text) => text === ":\n\n")).toHaveLength(4);
		stream.send({ id: 1, name: "session", data: "{}" });
		vi.advanceTimersByTime(15_000);
		expect(outgoing.destroyed).toBe(false);
		vi.advanceTimersByTime(15_000);
		expect(outgoing.destroyed).toBe(true);
	});

	it("tells what was before only as fast as it is taken", async () => {
		const { outgoing, stream } = opened();
		await stream.drained();
		stream.write(Buffer.alloc(100_000));
		let isDrained = false;
		const waiting = stream.drained().then(() => {
			isDrained = true;
		});
		await Promise.resolve();
		expect(isDrained).toBe(false);
		outgoing.take();
		await waiting;
		stream.write(Buffer.alloc(100_000));
		const gone = stream.drained();
		outgoing.destroy();
		await gone;
	});

	it("ends after its time, so that whoever is still there comes back", () => {
		const { outgoing, ended } = opened({ lifeMs: 600_000 });
		for (let beat = 0; beat < 39; beat++) {
			outgoing.take();
			vi.advanceTimersByTime(15_000);
		}
		expect(outgoing.writableEnded).toBe(false);
		outgoing.take();
		vi.advanceTimersByTime(15_000);
		expect([outgoing.writableEnded, ended()]).toEqual([true, 1]);
	});
});

import { expect, it } from "vitest";
import { EchoWindow } from "./echo-window.ts";

it("the window doubles in a round trip until something is lost, and is halved then", () => {
	const window = new EchoWindow();
	const first = window.take();
	expect(first).toEqual(Array.from({ length: 16 }, (_, index) => index));
	const second = first.flatMap((number) => {
		window.echoed(number);
		return window.take();
	});
	expect(second.length).toBeGreaterThanOrEqual(28);
	const before = window.sent;
	// The first twelve of these are lost.
	const third = second.slice(12).flatMap((number) => {
		window.echoed(number);
		return window.take();
	});
	expect(window.sent - before).toBe(third.length);
	expect(third.length).toBeLessThan(second.length);
});

it("after a silence it begins again, and counts what came", () => {
	const window = new EchoWindow();
	window.take();
	window.stalled();
	expect(window.take()).toHaveLength(8);
	expect([window.sent, window.received]).toEqual([24, 0]);
});

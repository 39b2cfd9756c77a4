import { expect, it } from "vitest";
import { Held } from "./held.ts";

it("what is told before anybody hears it comes first, in its order; whoever hears last hears the rest", () => {
	const held = new Held<string>();
	const [first, second] = [[] as string[], [] as string[]];
	held.tell("a call comes");
	held.tell("it is given up");
	held.heardBy((told) => {
		first.push(told);
		if (told === "a call comes") held.tell("another comes");
	});
	held.tell("that is given up");
	expect(first).toEqual(["a call comes", "it is given up", "another comes", "that is given up"]);
	held.heardBy((told) => second.push(told));
	held.tell("one more");
	expect([first.length, second]).toEqual([4, ["one more"]]);
});

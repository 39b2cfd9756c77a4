import { expect, test } from "vitest";
import { Agenda } from "./agenda.ts";

function drain(agenda: Agenda<string>, now: number): string[] {
	const items: string[] = [];
	for (let item = agenda.takeDue(now); item !== null; item = agenda.takeDue(now)) items.push(item);
	return items;
}

test("items come out by time, and in the order they came in where times are equal", () => {
	const agenda = new Agenda<string>();
	agenda.add(20, "c");
	agenda.add(10, "a");
	agenda.add(20, "d");
	agenda.add(10, "b");
	expect(agenda.nextAt).toBe(10);
	expect(drain(agenda, 15)).toEqual(["a", "b"]);
	expect(agenda.nextAt).toBe(20);
	expect(drain(agenda, 20)).toEqual(["c", "d"]);
	expect(agenda.nextAt).toBeNull();
});

test("an agenda that is used for long keeps its order", () => {
	const agenda = new Agenda<string>();
	const out: string[] = [];
	for (let step = 0; step < 5000; step++) {
		agenda.add(step + 3, `${step}`);
		out.push(...drain(agenda, step));
	}
	out.push(...drain(agenda, Number.POSITIVE_INFINITY));
	expect(out).toEqual(Array.from({ length: 5000 }, (_, step) => `${step}`));
});

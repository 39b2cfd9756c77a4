import { expect, test } from "vitest";
import { labelSides, mapFrame } from "./map-frame.ts";

const at = (longitude: number, latitude: number) => ({ longitude, latitude });

test("a path within a continent is seen from near, one around the world from afar", () => {
	const near = mapFrame([at(-9, 38.7), at(8.7, 50.1)]);
	expect(near).not.toBe("world");
	if (near === "world") return;
	expect(Math.min(...near.map(([east]) => east))).toBeGreaterThan(-20);
	expect(Math.max(...near.map(([east]) => east))).toBeLessThan(20);
	expect(mapFrame([at(-122, 37), at(8.7, 50.1)])).toBe("world");
	expect(mapFrame([at(179, -17), at(175, -41)])).toBe("world");
});

test("one place alone has its surroundings", () => {
	const frame = mapFrame([at(8.7, 50.1)]);
	expect(frame === "world" ? 0 : frame[2]![0] - frame[0]![0]).toBe(24);
});

test("no place is no frame", () => {
	expect(mapFrame([])).toBe("world");
});

test("labels of neighbours stand on different sides", () => {
	const point = (x: number, y: number, label: string) => ({ x, y, label });
	expect(labelSides([point(100, 100, "1")])).toEqual(["above"]);
	expect(labelSides([point(100, 100, "1–4"), point(112, 98, "5–8"), point(106, 103, "9–12")])).toEqual([
		...["above", "right", "below"],
	]);
});

import { describe, expect, it } from "vitest";
import { hopsBack } from "./hop-distance.ts";

describe("the way back of an answer", () => {
	it("is counted from the least usual initial TTL that is enough", () => {
		expect([64, 63, 65, 128, 129, 255].map(hopsBack)).toEqual([1, 2, 64, 1, 127, 1]);
	});
});

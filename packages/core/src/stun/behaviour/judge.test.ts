import { describe, expect, test } from "vitest";
import { classicNatKind, judgeFiltering, judgeMapping } from "./judge.ts";
import { waitsBetween } from "./lifetime.ts";

const LOCAL = { address: "10.0.0.1", port: 5000 };
const at = (port: number) => ({ address: "203.0.113.7", port });

describe("the mapping", () => {
	test.each([
		[LOCAL, null, null, "none"],
		[at(1), at(1), at(1), "endpointIndependent"],
		[at(1), at(1), null, "endpointIndependent"],
		[at(1), null, at(1), "endpointIndependent"],
		[at(1), at(2), at(2), "addressDependent"],
		[at(1), at(2), at(3), "addressAndPortDependent"],
		[at(1), at(2), at(1), "addressAndPortDependent"],
		[at(1), at(2), null, "unknown"],
		[at(1), null, at(2), "unknown"],
		[at(1), null, null, "unknown"],
	] as const)("seen as %o, %o and %o is %s", (primary, otherAddress, otherBoth, mapping) => {
		expect(judgeMapping({ local: LOCAL, primary, otherAddress, otherBoth })).toBe(mapping);
	});
});

describe("the filtering", () => {
	test.each([
		[true, "came", "came", "endpointIndependent"],
		[true, "came", "silent", "endpointIndependent"],
		[true, "silent", "came", "addressDependent"],
		[true, "silent", "silent", "addressAndPortDependent"],
		[true, "refused", "came", "unknown"],
		[true, "silent", "refused", "unknown"],
		[false, "silent", "silent", "unknown"],
	] as const)("control %s, from elsewhere %s, from another port %s: %s", (control, both, port, filtering) => {
		expect(judgeFiltering({ control, both, port })).toBe(filtering);
	});
});

test("the words of RFC 3489 follow where both are known, and for every other mapping", () => {
	expect(classicNatKind("none", "endpointIndependent")).toBe("open internet");
	expect(classicNatKind("none", "addressDependent")).toBe("symmetric UDP firewall");
	expect(classicNatKind("endpointIndependent", "addressDependent")).toBe("restricted cone");
	expect(classicNatKind("addressDependent", "unknown")).toBe("symmetric");
	expect(classicNatKind("unknown", "addressDependent")).toBeNull();
	expect(classicNatKind("none", "unknown")).toBeNull();
});

test("waits are whole seconds, both ends among them, no two alike", () => {
	expect(waitsBetween(2, 300)).toEqual([2, 4, 8, 17, 35, 72, 147, 300]);
	expect(waitsBetween(110, 118)).toEqual([110, 111, 112, 113, 115, 116, 117, 118]);
	expect(waitsBetween(5, 5)).toEqual([5]);
	expect(waitsBetween(3, 2)).toEqual([3]);
	expect(waitsBetween(0, 1)).toEqual([1]);
});

import { describe, expect, test } from "vitest";
import { classicNatKind, judgeFiltering, judgeMapping } from "./judge.ts";
import { waitsBetween } from "./lifetime.ts";

const LOCAL = { address: "10.0.0.1", port: 5000 };
const at = (port: number) => ({ address: "203.0.113.7", port });

describe("the mapping", () => {
	test.each([
		[LOCAL, null, null, null, "none"],
		[at(1), at(1), at(1), at(1), "endpointIndependent"],
		[at(1), null, at(1), null, "endpointIndependent"],
		[at(1), null, null, at(1), "endpointIndependent"],
		[at(1), at(1), at(2), at(2), "addressDependent"],
		[at(1), at(1), at(2), null, "addressDependent"],
		[at(1), at(1), null, at(2), "addressDependent"],
		[at(1), null, at(2), at(2), "addressDependent"],
		[at(1), at(2), at(3), at(4), "addressAndPortDependent"],
		[at(1), at(2), null, null, "addressAndPortDependent"],
		[at(1), null, at(2), at(3), "addressAndPortDependent"],
		[at(1), null, at(2), null, "unknown"],
		[at(1), null, null, at(2), "unknown"],
		[at(1), at(1), null, null, "unknown"],
		[at(1), null, null, null, "unknown"],
	] as const)(
		"seen as %o, and elsewhere as %o, %o and %o, is %s",
		(primary, otherPort, otherAddress, otherBoth, mapping) => {
			expect(judgeMapping({ local: LOCAL, primary, otherPort, otherAddress, otherBoth })).toBe(mapping);
		},
	);
});

describe("the filtering", () => {
	const all = { otherPort: at(1), otherAddress: at(1), otherBoth: at(1) };
	const noOtherHost = { ...all, otherAddress: null, otherBoth: null };
	const none = { otherPort: null, otherAddress: null, otherBoth: null };

	test.each([
		[true, "came", "came", all, "endpointIndependent"],
		[true, "came", "silent", none, "endpointIndependent"],
		[true, "silent", "came", all, "addressDependent"],
		[true, "silent", "silent", all, "addressAndPortDependent"],
		[true, "refused", "came", all, "unknown"],
		[true, "silent", "refused", all, "unknown"],
		[false, "silent", "silent", all, "unknown"],
		[true, "silent", "came", noOtherHost, "unknown"],
		[true, "silent", "silent", noOtherHost, "addressAndPortDependent"],
		[true, "silent", "silent", none, "unknown"],
	] as const)(
		"control %s, from elsewhere %s, from another port %s, elsewhere answering %o: %s",
		(control, both, port, elsewhere, filtering) => {
			expect(judgeFiltering({ control, both, port, elsewhere })).toBe(filtering);
		},
	);
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

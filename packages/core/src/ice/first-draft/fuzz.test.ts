import { decodeStun, isDecodeError } from "@whither/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FirstDraftOutput } from "./first-draft-io.ts";
import { FIRST_DRAFT_FUZZ_TARGETS } from "./fuzz.fixture.ts";
import { checkOf, hear, listening, verdictOf } from "./hand-check.fixture.ts";

test("no bytes make it throw, neither any at all nor changed well-formed ones", () => {
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(anything, changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of FIRST_DRAFT_FUZZ_TARGETS) {
				decode(bytes);
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) if (seed.length > 0) seed[at % seed.length] = value;
				decode(seed);
				decode(seed.subarray(0, cut % (seed.length + 1)));
			}
		}),
		{ numRuns: 60 },
	);
});

test("every seed has an effect", () => {
	for (const { name, decode, seeds } of FIRST_DRAFT_FUZZ_TARGETS)
		for (const [index, seed] of seeds.entries()) {
			const outputs = decode(seed) as readonly FirstDraftOutput[];
			expect([name, index, outputs.some(({ type }) => type !== "ignored")]).toEqual([name, index, true]);
		}
});

test("whatever byte of a check is changed, it is not answered with success, and has no effect", () => {
	const { alt } = listening();
	const right = checkOf(alt);
	expect(verdictOf(hear(listening().agent, right))).toBe("success");
	for (let at = 0; at < right.length; at++) {
		const { agent } = listening();
		for (const bit of [1, 0x80]) {
			const changed = right.slice();
			changed[at] = (changed[at] ?? 0) ^ bit;
			expect(verdictOf(hear(agent, changed)), `byte ${at}`).not.toBe("success");
		}
		expect(agent.addresses.some(({ reached }) => reached)).toBe(false);
		expect(agent.step({ type: "timer" }, 1)).toEqual([]);
	}
});

test("whatever bytes come, what is answered is an error", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 4, maxLength: 100, size: "max" }), fc.boolean(), (bytes, isRequest) => {
			const framed = isRequest ? Uint8Array.of(0, 1, 0, bytes.length & ~3, ...bytes.subarray(0, 16)) : bytes;
			for (const output of hear(listening().agent, framed) as readonly FirstDraftOutput[]) {
				const message = output.type === "send" ? decodeStun(output.bytes) : null;
				if (message !== null) expect(isDecodeError(message) ? "" : message.class).toBe("error");
			}
		}),
	);
});

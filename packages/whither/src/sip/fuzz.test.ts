import { expect, it } from "vitest";
import { inputAt } from "../../../../scripts/fuzz-inputs.ts";
import { SIP_FUZZ_TARGETS } from "./fuzz.fixture.ts";

/** 20,000 in all: most of those that cost least. */
const INPUTS = { "sip message": 3_000, "sip values": 15_000, "sip digest": 1_000, "sip stream": 1_000 } as const;

it.each(SIP_FUZZ_TARGETS)("$name: changed ones never throw, and come back as they were read", (target) => {
	const { name, decode, seeds } = target;
	for (const seed of seeds) decode(seed);
	for (let index = 0; index < INPUTS[name]; index++) decode(inputAt(11, index, seeds));
	expect(seeds.length).toBeGreaterThan(2);
});

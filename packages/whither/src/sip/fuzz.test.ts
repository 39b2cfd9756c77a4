import { expect, it } from "vitest";
import { inputAt } from "../../../../scripts/fuzz-inputs.ts";
import { SIP_FUZZ_TARGETS } from "./fuzz.fixture.ts";

/** Those that cost a few microseconds each. */
const MANY: ReadonlySet<string> = new Set(["sip message", "sip values"]);

it.each(SIP_FUZZ_TARGETS)(
	"$name: changed ones never throw, and come back as they were read",
	({ name, decode, seeds }) => {
		for (const seed of seeds) decode(seed);
		const inputs = MANY.has(name) ? 8_000 : 2_000;
		for (let index = 0; index < inputs; index++) decode(inputAt(11, index, seeds));
		expect(seeds.length).toBeGreaterThan(0);
	},
);

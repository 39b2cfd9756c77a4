import { expect, it } from "vitest";
import { inputAt } from "../../../../../scripts/fuzz-inputs.ts";
import { DIALECTS, writeReport } from "../dialects/index.ts";
import { RECORDING_FUZZ_TARGETS } from "./fuzz.fixture.ts";
import { isReadProblem, type ReadProblem, type Recording } from "./recording.ts";

it("readers survive changed recordings, and what they read can be written in every format", () => {
	const [target] = RECORDING_FUZZ_TARGETS;
	if (target === undefined) throw new Error("no target");
	let written = 0;
	for (let index = 0; index < 3_000; index++) {
		const read = target.decode(inputAt(7, index, target.seeds)) as readonly Recording[] | ReadProblem;
		if (isReadProblem(read)) continue;
		for (const { material } of read)
			for (const dialect of DIALECTS) if (writeReport(dialect, material, { hostName: "h" })) written++;
	}
	expect(written).toBeGreaterThan(100);
});

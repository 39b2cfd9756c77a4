import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { readChecksText } from "./check-files.ts";

const obstacle = existsSync("/dev/zero") ? null : "needs /dev/zero";

it.skipIf(obstacle !== null)(skippable("a file without a size is read no further than any other", obstacle), () => {
	expect(() => readChecksText("/dev/zero")).toThrow("/dev/zero is longer than 4 MiB");
});

import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { writeFailureSentence } from "./file-errors.ts";

/** The sentence for what a call throws. */
function sentenceFor(call: () => void): string {
	try {
		call();
	} catch (thrown) {
		return writeFailureSentence("it", thrown as NodeJS.ErrnoException);
	}
	return "";
}

it("says what the system says, by its name, and what to do", () => {
	expect(sentenceFor(() => openSync(tmpdir(), "w"))).toMatch(
		/^it cannot be written: .+ \(EISDIR\); name a file in it$/,
	);
	expect(sentenceFor(() => openSync(join(tmpdir(), "no-such-directory", "x"), "w"))).toBe(
		"it cannot be written: no such file or directory (ENOENT); make its directory first",
	);
});

const obstacle = existsSync("/dev/full") ? null : "needs /dev/full";
it.skipIf(obstacle !== null)(skippable("of a full disk too", obstacle), () => {
	const fd = openSync("/dev/full", "w");
	expect(sentenceFor(() => writeSync(fd, "x"))).toBe(
		"it cannot be written: no space left on device (ENOSPC); free some space or write elsewhere",
	);
	closeSync(fd);
});

it("has a way out for any other errno", () => {
	const error = Object.assign(new Error("EIO: i/o error, write"), { code: "EIO" });
	expect(writeFailureSentence("it", error)).toBe("it cannot be written: i/o error (EIO); write elsewhere");
});

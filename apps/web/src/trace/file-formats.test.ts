import { expect, test } from "vitest";
import { DIALECTS } from "../../../../packages/whither/src/report/dialects/index.ts";
import { FILE_FORMATS } from "./file-formats.ts";

test("every format of a report is in the menu, with its ending", () => {
	const known = new Map(FILE_FORMATS.map(({ format, ending }) => [format, ending]));
	expect(known).toEqual(new Map(DIALECTS.map(({ name, ending }) => [name, ending])));
});

/** The page as one file, which the build lays beside the command; a report in HTML puts a session into it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WhitherError } from "../../api/error.ts";

/** Set by the bundler: the folder beside the bundle. Absent when run from source. */
declare const WHITHER_WEB_FOLDER: string | undefined;

const NAME = "one-file.html";

/** Its text; throws `WhitherError` where it was not built. */
export function onePage(): string {
	const here = import.meta.url;
	const folder = dirname(here.startsWith("file:") ? fileURLToPath(here) : here);
	const web = join(folder, typeof WHITHER_WEB_FOLDER === "string" ? WHITHER_WEB_FOLDER : "../../../dist/web");
	try {
		return readFileSync(join(web, NAME), "utf8");
	} catch {
		throw new WhitherError(
			"usage",
			`--format html needs ${join(web, NAME)}, which is not there: \`npm run build\` makes it`,
			{
				path: join(web, NAME),
			},
		);
	}
}

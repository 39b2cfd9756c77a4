/** Writes the manual page, the completions and docs/cli.md from the option table, the calls of docs/first-draft.md from simulated packets, and the samples in README.md from the demonstration and from a golden frame. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What a source file exports, bundled from the sources. */
async function load(path) {
	const { outputFiles } = await build({
		entryPoints: [join(root, path)],
		bundle: true,
		write: false,
		platform: "node",
		format: "esm",
		conditions: ["source"],
	});
	const [bundle] = outputFiles;
	return import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);
}

const { callTranscript, demoTranscript, generatedFiles, meetingTranscript, withTranscript } = await load(
	"packages/whither/src/cli/manual/generated.ts",
);
const { withCalls } = await load("scripts/first-draft-page.ts");
const firstDraft = join(root, "docs/first-draft.md");
writeFileSync(firstDraft, withCalls(readFileSync(firstDraft, "utf8")));
for (const [path, text] of Object.entries(generatedFiles())) {
	mkdirSync(dirname(join(root, path)), { recursive: true });
	writeFileSync(join(root, path), text);
}
const readme = join(root, "README.md");
const withFirst = withTranscript(readFileSync(readme, "utf8"), "demo", await demoTranscript());
const withCall = withTranscript(withFirst, "call", await callTranscript());
const withMeeting = withTranscript(withCall, "meeting", await meetingTranscript());
const frame = readFileSync(join(root, "packages/whither/src/screen/fixtures/frames/hops-80x24.txt"), "utf8").replace(
	/\n{3,}/,
	"\n\n",
);
writeFileSync(readme, withTranscript(withMeeting, "live", frame));

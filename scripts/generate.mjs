/** Writes the manual page, the completions and docs/cli.md from the option table, and the samples in README.md from the demonstration and from a golden frame. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { outputFiles } = await build({
	entryPoints: [join(root, "packages/whither/src/cli/manual/generated.ts")],
	bundle: true,
	write: false,
	platform: "node",
	format: "esm",
	conditions: ["source"],
});
const [bundle] = outputFiles;
const { callTranscript, demoTranscript, generatedFiles, meetingTranscript, withTranscript } = await import(
	`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`
);
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

/** Writes the manual page, the completions and docs/cli.md from the option table, and the sample in README.md from the demonstration. */
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
writeFileSync(readme, withTranscript(withCall, "meeting", await meetingTranscript()));

// Bundles a script's worker from the sources, so that what it runs need not have been built.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The path of the bundle of a source file; it is removed when this process ends. */
export async function bundleWorker(url) {
	const folder = mkdtempSync(join(tmpdir(), "whither-script-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const outfile = join(folder, "worker.mjs");
	await build({
		entryPoints: [fileURLToPath(url)],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20.19",
		conditions: ["source"],
		sourcemap: "inline",
		external: ["koffi"],
		logLevel: "warning",
	});
	return outfile;
}

/** The page as one file, which asks nobody for anything: a plugin for Vite that puts script and style into it. */
import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { oneFilePage } from "../../packages/whither/src/report/dialects/html.ts";

/** Its name beside the page's. */
const ONE_FILE = "one-file.html";

/** Leaves nothing of the build but that file. */
export function oneFile(): Plugin {
	return {
		name: "one-file",
		enforce: "post",
		generateBundle: {
			// After all others, which finish the script.
			order: "post",
			handler(_, bundle) {
				const files = Object.values(bundle);
				const script = files.map((file) => (file.type === "chunk" ? file.code : "")).join("");
				const styles = files.filter(({ fileName }) => fileName.endsWith(".css"));
				const style = styles.map((file) => ("source" in file ? String(file.source) : "")).join("");
				for (const name of Object.keys(bundle)) delete bundle[name];
				const source = oneFilePage({ script, style }, (text) => createHash("sha256").update(text).digest("base64"));
				this.emitFile({ type: "asset", fileName: ONE_FILE, source });
			},
		},
	};
}

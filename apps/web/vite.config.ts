import { join } from "node:path";
import { defineConfig } from "vite";
import { oneFile } from "./one-file.ts";

/** Built into the package that serves it; `--mode one-file` adds the page as one file, without the parts that need a server. */
export default defineConfig(({ mode }) => {
	const isOneFile = mode === "one-file";
	const output = isOneFile ? { codeSplitting: false } : {};
	const input = isOneFile ? { input: join(import.meta.dirname, "src/main.tsx") } : {};
	return {
		root: import.meta.dirname,
		base: "./",
		publicDir: false,
		resolve: { conditions: ["source", "browser", "import", "default"] },
		oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
		plugins: isOneFile ? [oneFile()] : [],
		build: {
			outDir: "../../packages/whither/dist/web",
			emptyOutDir: !isOneFile,
			target: "es2023",
			assetsInlineLimit: 0,
			cssCodeSplit: !isOneFile,
			rolldownOptions: { ...input, output },
		},
	};
});

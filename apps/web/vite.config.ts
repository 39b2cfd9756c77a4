import { defineConfig } from "vite";

/** Built into the package that serves it. */
export default defineConfig({
	root: import.meta.dirname,
	base: "./",
	resolve: { conditions: ["source", "browser", "import", "default"] },
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	build: { outDir: "../../packages/whither/dist/web", emptyOutDir: true, target: "es2023", assetsInlineLimit: 0 },
});

import { defineConfig } from "vitest/config";

const conditions = ["source", "node", "import", "default"];
const base = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** Two projects: `pure` runs anywhere in under a minute; `live` builds namespaces and says what it cannot run. */
export default defineConfig({
	test: {
		projects: [
			{
				...base,
				test: {
					name: "pure",
					include: [
						"packages/**/*.test.ts",
						"apps/**/*.test.{ts,tsx}",
						"lab/**/*.test.ts",
						"examples/**/*.test.ts",
						"scripts/**/*.test.ts",
					],
					exclude: ["**/node_modules/**", "**/dist/**", "**/*.live.test.ts"],
					// Loading every module anew for each file would take as long as the tests.
					isolate: false,
				},
			},
			{
				...base,
				test: {
					name: "live",
					include: ["packages/**/*.live.test.ts", "lab/**/*.live.test.ts"],
					exclude: ["**/node_modules/**", "**/dist/**"],
					fileParallelism: false,
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
		],
	},
});

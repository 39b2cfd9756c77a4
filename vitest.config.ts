import { defineConfig } from "vitest/config";

const conditions = ["source", "node", "import", "default"];
const base = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/**
 * Live tests that go by no short time and share nothing, neither ports nor routers, with any other: two files of them
 * run at once.
 */
const BESIDE = [
	"packages/whither/**/*.live.test.ts",
	// Labs of its own, in which it waits for more than a minute.
	"lab/src/ice/kill.live.test.ts",
	"lab/src/first-draft/first-draft.live.test.ts",
];

const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

/**
 * Three projects, one after the other: `pure` runs anywhere in under a minute; `live-beside` starts programs and `live`
 * builds namespaces, one file at a time, and both say what they cannot run.
 */
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
					exclude: ["**/node_modules/**", "**/dist/**", ...BESIDE],
					fileParallelism: false,
					...patient,
				},
			},
			{
				...base,
				test: {
					name: "live-beside",
					include: BESIDE,
					exclude: ["**/node_modules/**", "**/dist/**"],
					maxWorkers: 2,
					sequence: { groupOrder: 1 },
					...patient,
				},
			},
		],
	},
});

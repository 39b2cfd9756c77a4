/** The house's arrows: wire <- core <- sim; wire, core <- net; all <- whither; see docs/architecture.md. */
const only = (name, from, allowed) => ({
	name,
	severity: "error",
	from: { path: from },
	to: { path: "^(packages|lab|bench|examples)/", pathNot: [from, ...allowed] },
});

module.exports = {
	forbidden: [
		{
			name: "no-circular",
			severity: "error",
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		only("wire-imports-nothing", "^packages/wire/src", []),
		only("core-imports-wire", "^packages/core/src", ["^packages/wire/"]),
		only("sim-imports-wire-and-core", "^packages/sim/src", ["^packages/(wire|core)/"]),
		only("net-imports-wire-and-core", "^packages/net/src", ["^packages/(wire|core)/"]),
		only("lab-does-not-import-the-face", "^lab/src", ["^packages/(wire|core|sim|net)/"]),
		{
			name: "pure-packages-have-no-dependencies",
			severity: "error",
			from: { path: "^packages/(wire|core|sim)/src", pathNot: "\\.(test|fixture)\\.ts$" },
			to: {
				dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "unknown"],
				pathNot: "^packages/",
			},
		},
		{
			name: "only-native-imports-koffi",
			severity: "error",
			from: { path: "^(packages|lab|bench)/", pathNot: ["^packages/net/src/native/", "^lab/src/native/"] },
			to: { path: "node_modules/koffi" },
		},
		{
			name: "ice-and-trace-never-meet",
			severity: "error",
			from: { path: "^packages/core/src/ice/" },
			to: { path: "^packages/core/src/trace/" },
		},
		{
			name: "trace-and-ice-never-meet",
			severity: "error",
			from: { path: "^packages/core/src/trace/" },
			to: { path: "^packages/core/src/ice/" },
		},
		{
			name: "report-is-pure",
			severity: "error",
			from: { path: "^packages/whither/src/report/", pathNot: "\\.test\\.ts$" },
			to: { dependencyTypes: ["core"] },
		},
		{
			name: "report-does-not-touch-the-network",
			severity: "error",
			from: { path: "^packages/whither/src/report/", pathNot: "\\.test\\.ts$" },
			to: { path: "^packages/net/" },
		},
		{
			name: "report-does-not-import-the-command-line",
			severity: "error",
			from: { path: "^packages/whither/src/report/" },
			to: { path: "^packages/whither/src/cli/" },
		},
		{
			name: "api-stands-below-report-and-command-line",
			severity: "error",
			from: { path: "^packages/whither/src/api/", pathNot: "\\.test\\.ts$" },
			to: { path: "^packages/whither/src/(report|server|router|cli)/" },
		},
		{
			name: "server-does-not-import-reports-or-the-command-line",
			severity: "error",
			from: { path: "^packages/whither/src/server/" },
			to: { path: "^packages/whither/src/(report|cli|router)/" },
		},
		{
			name: "router-stands-on-the-api-alone",
			severity: "error",
			from: { path: "^packages/whither/src/router/", pathNot: "\\.test\\.ts$" },
			to: { path: "^packages/whither/src/", pathNot: "^packages/whither/src/(api|router)/" },
		},
		{
			name: "path-node-and-trace-never-meet",
			severity: "error",
			from: { path: "^packages/core/src/path-node/" },
			to: { path: "^packages/core/src/(trace|ice)/" },
		},
	],
	options: {
		doNotFollow: { path: "node_modules" },
		exclude: { path: "/dist/" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.test.json" },
		enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["source", "import", "node", "default"] },
	},
};

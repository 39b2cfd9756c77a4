/** The house's arrows: wire <- core <- sim; wire, core <- net; all <- whither; see docs/architecture.md. */
const only = (name, from, allowed) => ({
	name,
	severity: "error",
	from: { path: from },
	to: { path: "^(packages|apps|lab|bench|examples)/", pathNot: [from, ...allowed] },
});

/** A folder that is a room: of its package it imports itself and what is named. Its tests may put rooms together. */
const room = (from, allowed) => {
	const [, source] = /^(packages\/\w+\/src\/)/.exec(from);
	return {
		name: `room-${from}`,
		severity: "error",
		from: { path: `^${from}`, pathNot: "\\.test\\.ts$" },
		to: { path: `^${source}`, pathNot: [from, ...allowed.map((name) => source + name)].map((path) => `^${path}`) },
	};
};
/** Nothing in one folder of `net` may import what lies in another; its tests may. */
const apart = (from, to) => ({
	name: `net-${from}-does-not-import-${to}`,
	severity: "error",
	from: { path: `^packages/net/src/${from}/`, pathNot: "\\.(test|fixture)\\.ts$" },
	to: { path: `^packages/net/src/${to}/` },
});
/** Nothing at one path may import what lies at another; tests may. */
const never = (name, from, to, pathNot = []) => ({
	name,
	severity: "error",
	from: { path: from, pathNot: "\\.(test|fixture)\\.ts$" },
	to: { path: to, pathNot },
});
/** What lies at one path takes nothing of another but types, of which nothing is left when it runs; tests may. */
const typesAlone = (name, from, to) => ({
	name,
	severity: "error",
	from: { path: from, pathNot: "\\.(test|fixture)\\.ts$" },
	to: { path: to, dependencyTypesNot: ["type-only"] },
});
/** What every machine may stand on, and its fixtures. */
const MACHINE = ["machine.ts", "answer-cap.ts", "draw.fixture.ts"];

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
		// The page is tried on a server that runs in a world of the test's own.
		only("lab-does-not-import-the-face", "^lab/src/(?!page/)", ["^packages/(wire|core|sim|net)/"]),
		room("packages/core/src/trace/", MACHINE),
		room("packages/core/src/path-node/", MACHINE),
		room("packages/core/src/exchange/", MACHINE),
		room("packages/core/src/stun/", MACHINE),
		room("packages/core/src/turn/", [...MACHINE, "stun/"]),
		room("packages/core/src/ice/(?!first-draft/)", [...MACHINE, "stun/"]),
		// The agent of the first draft shares STUN's transactions with the modern one, and no more.
		room("packages/core/src/ice/first-draft/", [...MACHINE, "stun/", "turn/early/"]),
		never("agents-know-no-sdp", "^packages/core/src/ice/[^/]+$", "^packages/core/src/ice/offer-answer/"),
		room("packages/core/src/mdns/", MACHINE),
		never("sim-knows-no-ice", "^packages/sim/src/(?!ice/|index\\.ts$)", "^packages/sim/src/ice/"),
		never("sim-knows-no-calls", "^packages/sim/src/(?!first-draft/|index\\.ts$)", "^packages/sim/src/first-draft/"),
		// Services stand on `serving/`, side by side; so do TURN's client and server. ICE stands on TURN's client alone.
		apart("serving", "(stun|turn|ice|mdns)"),
		apart("stun", "(turn|ice|mdns)"),
		apart("turn", "(stun|ice|mdns)"),
		apart("ice", "(stun|serving|netlink|nfqueue|path-node|turn/(?!client/))"),
		apart("mdns", "(ice|turn|stun|serving|media)"),
		apart("interfaces", "(ice|mdns|turn|stun|serving|media)"),
		apart("turn/client", "turn/(?!client/)"),
		apart("turn/(?!client/)", "turn/client"),
		room("packages/whither/src/api/", []),
		room("packages/whither/src/api/[^/]+$", ["api/places/"]),
		room("packages/whither/src/api/places/", ["api/[^/]+$"]),
		room("packages/whither/src/api/trace/", ["api/[^/]+$"]),
		room("packages/whither/src/api/ping/", ["api/[^/]+$", "api/trace/"]),
		room("packages/whither/src/api/live/", ["api/[^/]+$", "api/trace/"]),
		room("packages/whither/src/api/session/", ["api/[^/]+$", "api/[^/]+/(result|events)\\.ts$"]),
		room("packages/whither/src/api/whois/", ["api/[^/]+$"]),
		room("packages/whither/src/api/stun/", ["api/[^/]+$"]),
		room("packages/whither/src/api/turn/", ["api/[^/]+$", "api/stun/", "api/trace/"]),
		room("packages/whither/src/api/meet/signalling/", ["api/[^/]+$"]),
		room("packages/whither/src/api/meet/words/", ["api/meet/result\\.ts$", "api/meet/signalling/"]),
		room("packages/whither/src/api/meet/path/", ["api/[^/]+$", "api/trace/", "api/meet/[^/]+$", "api/meet/words/"]),
		never(
			"signalling-and-words-know-no-sockets",
			"^packages/whither/src/api/meet/(signalling|words)/",
			"^packages/(net|sim)/",
		),
		room("packages/whither/src/api/meet/", ["api/[^/]+$", "api/stun/", "api/trace/", "api/turn/"]),
		room("packages/whither/src/report/", ["api/"]),
		room("packages/whither/src/router/", ["api/"]),
		room("packages/whither/src/store/", ["api/"]),
		room("packages/whither/src/screen/", ["api/", "report/"]),
		room("packages/whither/src/server/", ["api/", "report/", "store/"]),
		typesAlone("the-protocol-is-types", "^packages/whither/src/server/protocol/", "^packages/"),
		typesAlone(
			"of-what-the-protocol-carries-the-web-takes-types",
			"^apps/web/src/",
			"^packages/whither/src/(api/session/|api/meet/(events|result)\\.ts|api/whois/|store/)",
		),
		only("web-imports-what-is-pure", "^apps/web/", [
			"^packages/(wire|core)/",
			"^packages/whither/src/(report|server/protocol|api/meet/(signalling|words))/",
			"^packages/whither/src/api/meet/path/(peer-json|trace-document)\\.ts$",
			// What the protocol carries, of which it takes types alone.
			"^packages/whither/src/(api/session/session|api/meet/(events|result)|api/whois/whois-answer|store/session-store)\\.ts$",
		]),
		{
			name: "web-knows-no-node",
			severity: "error",
			from: { path: "^apps/web/src/", pathNot: "\\.test\\.ts$" },
			to: { dependencyTypes: ["core"] },
		},
		never(
			"server-knows-of-meetings-their-protocol-and-visits",
			"^packages/whither/src/server/",
			"^packages/whither/src/api/meet/",
			["/rendezvous-protocol\\.ts$", "/api/meet/(visit/|(events|result|run|real-world)\\.ts$)"],
		),
		room("packages/whither/src/sip/", ["api/"]),
		// Within sip/: what reads and writes <- transactions <- the agent <- calls; sockets stand beside, and run the agent.
		never(
			"sip-machines-know-no-api",
			"^packages/whither/src/sip/(agent|digest|dialogs|message|preconditions|transactions)/",
			"^packages/(net|sim)/|^packages/whither/src/(api|sip/call)/",
		),
		never(
			"sip-knows-no-sockets",
			"^packages/whither/src/sip/(?!transport/|[^/]+$)",
			"^packages/net/|^packages/whither/src/sip/(transport/(?!hop\\.ts$)|open-sip\\.ts$)",
		),
		never(
			"sip-knows-no-agent-below-it",
			"^packages/whither/src/sip/(digest|dialogs|message|preconditions|transactions)/",
			"^packages/whither/src/sip/agent/",
		),
		{
			name: "sip-machines-know-no-node",
			severity: "error",
			from: { path: "^packages/whither/src/sip/(?!transport/|[^/]+$)", pathNot: "\\.(test|fixture)\\.ts$" },
			to: { dependencyTypes: ["core"] },
		},
		room("packages/whither/src/cli/", ["api/", "report/", "router/", "screen/", "server/", "sip/", "store/"]),
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
	],
	options: {
		doNotFollow: { path: "node_modules" },
		exclude: { path: "/dist/" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.test.json" },
		enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["source", "import", "node", "default"] },
	},
};

/** A network of your own, in memory: what does a trace show when a firewall drops UDP? `node examples/scenario.ts` */
import { formatText, type Scenario, simulated, trace } from "whither";

const scenario: Scenario = {
	name: "a firewall before the web server",
	about: "UDP dies at the firewall; TCP to port 443 passes.",
	nodes: {
		desk: { kind: "host" },
		office: { kind: "router" },
		provider: { kind: "router", mpls: [{ label: 24_015 }] },
		web: { kind: "host", udp: "silent", tcpPorts: { open: [443] }, tcpDefault: "filtered" },
	},
	links: [
		{ between: ["desk", "office"], delayMs: 0.2 },
		{ between: ["office", "provider"], delayMs: 4 },
		{ between: ["provider", "web"], delayMs: 11 },
	],
	trace: { from: "desk", to: "web" },
	lab: true,
	expect: { reached: true, stopReason: "reached", hops: [] },
};

const world = simulated(scenario);
for (const [method, port] of [
	["udp", undefined],
	["tcpconnect", 443],
] as const) {
	const result = await trace("web", { world, method, port, maxTtl: 5, names: true }).result;
	console.log(`${method}: ${result.stopReason}\n${formatText(result, { extensions: true })}`);
}

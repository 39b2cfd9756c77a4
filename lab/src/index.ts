/** Real kernels for scenarios: network namespaces, veth, nftables and TUN links, and tools run inside them. */
export { type ChainOptions, chainScenario } from "./chain.ts";
export { insideNamespace } from "./namespaces.ts";
export { describeHops, facingHost } from "./node-names.ts";
export type { NodePlan } from "./node-plan.ts";
export { awaitStun, type StunPlace } from "./peers/await-stun.ts";
export { type CoturnOptions, coturnObstacle, openCoturn, type RunningServer } from "./peers/coturn.ts";
export {
	type ClassicDiscovery,
	type ClassicWords,
	type ClientPlace,
	classicStun,
	type NatDiscovery,
	natDiscovery,
	type StunClientAnswers,
	stunClient,
	stunClientsObstacle,
} from "./peers/stun-clients.ts";
export { kernelObstacle, type LabPlan, planLab, type World } from "./plan.ts";
export { findProgram, labObstacle } from "./requirements.ts";
export {
	endTool,
	type RunningTool,
	type RunOptions,
	type RunOutcome,
	runTool,
	runWhither,
	startTool,
	startWhither,
	type User,
	WHITHER,
} from "./run.ts";
export { type Storm, startStorm } from "./storm.ts";
export { type Lab, type LabOptions, openLab } from "./topology.ts";
export { type TraceVariant, traceArgs } from "./trace-args.ts";
export { type LabVariant, labVariants, scenarioFor } from "./variants.ts";

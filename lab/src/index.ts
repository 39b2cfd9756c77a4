/** Real kernels for scenarios: network namespaces, veth, nftables and TUN links, and tools run inside them. */
export { type ChainOptions, chainScenario } from "./chain.ts";
export { bestWayBetween } from "./ice/best-way.ts";
export {
	type IceHost,
	type IceLab,
	type IceLabOptions,
	type IceLeg,
	type IceNode,
	type IceRelayPlace,
	type IceServerPlace,
	type IceSite,
	iceLabObstacle,
	openIceLab,
} from "./ice/ice-lab.ts";
export { HTTPS_PORT, ICE_PORT, ICE_SERVERS, ICE_USER, type IceServerKind } from "./ice/servers.ts";
export { DUAL_STACK_HOME, ICE_KINDS, ONLY_443, UDP_BLOCKED } from "./ice/sites.ts";
export { insideNamespace } from "./namespaces.ts";
export type { NodePlan } from "./node-plan.ts";
export { type CoturnOptions, coturnObstacle, openCoturn } from "./peers/coturn.ts";
export { icePeerObstacle } from "./peers/ice/kinds.ts";
export type {
	IcePeerDescription,
	IcePeerEnd,
	IcePeerFacts,
	IcePeerInput,
	IcePeerKind,
	IcePeerOrder,
	IcePeerOutput,
	IcePeerPlace,
	IcePeerRelay,
	IcePeerSelection,
} from "./peers/ice/lines.ts";
export {
	IcePeer,
	type IcePeerOptions,
	type IcePeerPatience,
	openIcePeer,
} from "./peers/ice/peer.ts";
export { type IceSignallingOptions, joinIcePeers } from "./peers/ice/signalling.ts";
export type { RunningServer } from "./peers/running-server.ts";
export type { LabPlan, World } from "./plan.ts";
export { findProgram, labObstacle } from "./requirements.ts";
export {
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
export { type Lab, type LabOptions, openLab } from "./topology.ts";

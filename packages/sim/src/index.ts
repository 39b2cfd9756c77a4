/** A small internet in memory: topology and faults as data, real packet bytes, virtual time, one seed. */

export { BothFamilies, type FamilyOptions } from "./both-families.ts";
export { publicAddressOf } from "./call.ts";
export {
	type EarlyRelayOptions,
	type EarlyRelayPlaces,
	EarlyRelayProgram,
	type EarlyTurnClientEars,
	EarlyTurnClientProgram,
} from "./early-relay-programs.ts";
export { type ClockKind, checkExpectation } from "./expectation.ts";
export { differences, expectedLines, reportLines } from "./first-draft/call-report.ts";
export { type CallScenario, callWorld } from "./first-draft/call-scenario.ts";
export { FIRST_DRAFT_CASES } from "./first-draft/cases/index.ts";
export { type CallWorld, FirstDraftCall } from "./first-draft/first-draft-call.ts";
export { FirstDraftProgram } from "./first-draft/first-draft-program.ts";
export { type FlowTraceOrder, type RunningFlowTrace, traceFlowIn } from "./flow-trace.ts";
export { formatPacket, formatPackets } from "./format-packets.ts";
export { bestWay, type Way } from "./ice/best-way.ts";
export { type IcePlace, IceProgram, type IceProgramOptions, type RelayAt } from "./ice/ice-program.ts";
export { drawSession, formatSession, type SessionSpec } from "./ice/session-spec.ts";
export { runSession, type SessionOutcome } from "./ice/sessions.ts";
export { shrinkSession } from "./ice/shrink.ts";
export { Impairment, impairmentFrom } from "./impairment.ts";
export { Internet, type InternetOptions } from "./internet.ts";
export { natAddress } from "./nat.ts";
export { type HomePlace, NAT_KINDS, type NatKind, type NatSeen, natKind } from "./nat-kinds.ts";
export {
	concerns,
	DEFAULT_LIFETIME_MS,
	type FirewallSpec,
	type Hairpinning,
	type NaptSpec,
	type NatSpec,
	type PortForwardSpec,
} from "./nat-spec.ts";
export type { HookPlace, HookPoint, Listener, NodeHook, Verdict } from "./node.ts";
export type { PacketRecord } from "./packet-record.ts";
export type {
	AttachedProgram,
	Datagram,
	DatagramError,
	DatagramProgram,
	Endpoint,
	ProgramInput,
} from "./program.ts";
export { Random } from "./random.ts";
export type { SimulatedRun } from "./run-machine.ts";
export { openPing, type RunPingOptions, runPing, type SimulatedPing } from "./run-ping.ts";
export { openRounds, type RunRoundsOptions, runRounds, type SimulatedRounds } from "./run-rounds.ts";
export { type RunStunOptions, runStun, type SimulatedDiscovery } from "./run-stun.ts";
export { type RunTraceOptions, runTrace, scenarioChannels, type TraceRun } from "./run-trace.ts";
export type {
	Bounds,
	Expectation,
	ExpectedHop,
	ExpectedMtuDrop,
	HostSpec,
	ImpairmentSpec,
	LinkSpec,
	MplsLabelSpec,
	NodeSpec,
	NoiseKind,
	NoiseSpec,
	RateLimit,
	RouterSpec,
	Scenario,
	ScenarioChannel,
	StripSpec,
	TcpSpec,
	TraceSpec,
	UnreachableCode,
	UnreachableSpec,
} from "./scenario.ts";
export { DEMO, DEMO_CALL, DEMO_MEETING } from "./scenarios/demo.ts";
export { findScenario, SCENARIOS } from "./scenarios/index.ts";
export { type NatWorldSpec, natWorld } from "./scenarios/nat-world.ts";
export { SessionChannel, type SessionChannelRequest } from "./session-channel.ts";
export { SimChannel, type SimChannelRequest } from "./sim-channel.ts";
export type { ConnectionRecord } from "./tcp-endpoint.ts";
export {
	addressTowards,
	computeRoutes,
	facingAddresses,
	type Interface,
	interfaceName,
	interfacesOf,
	linkAddress,
	linkPrefixLength,
	nodeAddress,
	nodeAddresses,
	nodeNames,
	publicAddress,
	publicAddresses,
	type Routes,
} from "./topology.ts";
export { TurnClientProgram, type TurnServerOptions, TurnServerProgram } from "./turn-programs.ts";

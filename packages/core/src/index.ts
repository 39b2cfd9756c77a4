export { ANSWER_LIMITS, AnswerCap, type AnswerLimits } from "./answer-cap.ts";
export { DocumentExchange } from "./exchange/document-exchange.ts";
export type {
	DocumentExchangeConfig,
	ExchangeEvent,
	ExchangeFailure,
	ExchangeInput,
	ExchangeKeys,
	ExchangeOutput,
} from "./exchange/exchange-io.ts";
export { MOST_DOCUMENT_BYTES } from "./exchange/exchange-io.ts";
export { type ExchangeEnd, exchangeKeys } from "./exchange/keys.ts";
export { isExchangePacket } from "./exchange/packet.ts";
export { IceAgent } from "./ice/agent.ts";
export type { IceOwnDescription } from "./ice/credentials.ts";
export { defaultCandidate } from "./ice/default-candidate.ts";
export { FirstDraftAgent } from "./ice/first-draft/agent.ts";
export type {
	FirstDraftAddress,
	FirstDraftBase,
	FirstDraftCheck,
	FirstDraftConfig,
	FirstDraftEvent,
	FirstDraftIgnoreReason,
	FirstDraftInput,
	FirstDraftOrigin,
	FirstDraftOutput,
	FirstDraftQvalues,
	FirstDraftStream,
} from "./ice/first-draft/first-draft-io.ts";
export type {
	IceAgentConfig,
	IceAgentInput,
	IceAgentOutput,
	IceAgentWithoutIce,
	IceBase,
	IceCandidateError,
	IceEvent,
	IceFailure,
	IceIgnoreReason,
	IceLocalFacts,
	IcePairReport,
	IcePeer,
	IceRemoteLine,
	IceRewrite,
	IceRole,
	IceState,
	SelectionReason,
} from "./ice/ice-io.ts";
export { iceTrickle, readTrickle } from "./ice/offer-answer/fragment.ts";
export { answersTo, compareIce, iceInputs, readIce } from "./ice/offer-answer/reading.ts";
export { type SelectedVerdict, weighSelected } from "./ice/offer-answer/selected.ts";
export type { IceSide, IceStreamReading, IceSupport, SdpMedia, SdpOrigin } from "./ice/offer-answer/shapes.ts";
export { type IceAnswer, type IceOffer, iceAnswer, iceOffer } from "./ice/offer-answer/writing.ts";
export { IcePacer } from "./ice/pacer.ts";
export type { PairState } from "./ice/pair.ts";
export { type Deadline, type Instant, type Machine, MICROSECOND, MILLISECOND, SECOND } from "./machine.ts";
export { MdnsAgent } from "./mdns/mdns-agent.ts";
export type { MdnsConfig, MdnsEvent, MdnsIgnoreReason, MdnsInput, MdnsOutput } from "./mdns/mdns-io.ts";
export { isMdnsName, nameKey as mdnsNameKey } from "./mdns/resolving.ts";
export type { NodeFacts, NodeInterface } from "./path-node/answer.ts";
export { type JudgeFacts, judgePassage, type NodeVerdict, type PassReason } from "./path-node/judge.ts";
export { type LinkCapacity, LinkMeter, type LinkReading, type LinkState } from "./path-node/link-meter.ts";
export { type Passage, type PassingPacket, readPassage } from "./path-node/passage.ts";
export { routerStatus } from "./path-node/status.ts";
export { mayPointAt } from "./stun/answers.ts";
export type {
	ClassicNatKind,
	Dependence,
	NatBehaviour,
	NatBehaviourConfig,
	NatBehaviourEvent,
	NatBehaviourInput,
	NatBehaviourOutput,
} from "./stun/behaviour/behaviour-io.ts";
export {
	BEHAVIOUR_SOCKETS,
	behaviourSockets,
	NatBehaviourDiscovery,
	nothingFound,
} from "./stun/behaviour/nat-behaviour.ts";
export { FIRST_SCHEDULE } from "./stun/behaviour/test-schedules.ts";
export { StunClient, type StunClientConfig } from "./stun/client.ts";
export type {
	LongTermCredentials,
	ShortTermCredentials,
	StunClientEvent,
	StunClientInput,
	StunClientOutput,
	StunExchange,
	StunFailure,
	StunIgnoreReason,
	StunRequest,
	StunRequestKey,
} from "./stun/client-io.ts";
export {
	CLASSIC_SCHEDULE,
	DATAGRAM_SCHEDULE,
	givenUpAfter,
	STREAM_SCHEDULE,
	type TransmitSchedule,
} from "./stun/schedule.ts";
export { StunServer } from "./stun/server.ts";
export {
	STUN_SERVER_LIMITS,
	type StunServerConfig,
	type StunServerIgnoreReason,
	type StunServerInput,
	type StunServerOutput,
	type StunServerSocket,
} from "./stun/server-io.ts";
export {
	type Arrival,
	type ArrivedPacket,
	ipPacket,
	type PacketFrame,
	quotedProbe,
	replyFromPacket,
	replyFromSegment,
} from "./trace/capture/packets.ts";
export {
	type ChannelInput,
	type ChannelKind,
	type ChannelNeed,
	type ConnectReply,
	type Family,
	type IcmpErrorReply,
	OPENABLE_CHANNELS,
	type OpenableChannel,
	type OpenFailure,
	type PacketReply,
	type ProbePacket,
	type ProbeSend,
	type ProbeTransport,
	type QuotedProbe,
	type Reply,
	type SessionFacts,
	type SystemError,
} from "./trace/channel.ts";
export { type ChannelFacts, channelFacts, channelNeeds, channelOrder } from "./trace/channel-order.ts";
export { type ContextParts, probeContext } from "./trace/context.ts";
export type { TraceEvent } from "./trace/events.ts";
export { extensionJson } from "./trace/extension-json.ts";
export { keepsFlow } from "./trace/graph/flow-kind.ts";
export { pathGraph } from "./trace/graph/graph.ts";
export type { PathGraph, PathGroup, PathLink, PathNode } from "./trace/graph/path-graph.ts";
export type { PathEnds } from "./trace/graph/summary-material.ts";
export { hopsBack } from "./trace/hop-distance.ts";
export type {
	Companion,
	CompanionMoment,
	IgnoreReason,
	Match,
	MethodOption,
	ProbeContext,
	ProbeRequest,
	ReplyKind,
	ReplyMeaning,
	TraceEvidence,
	TraceMethod,
} from "./trace/method.ts";
export { checkMethodOptions, type MethodOptionProblem, parseMethodOptions } from "./trace/method-options.ts";
export { findMethod, TRACE_METHODS } from "./trace/methods/index.ts";
export { tcpOptionsWithSysctl } from "./trace/methods/tcp-asked.ts";
export { UNMARKED } from "./trace/methods/tcp-ecn.ts";
export { type HopNat, hopNat, type PathNat, pathNat } from "./trace/nat-hops.ts";
export { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "./trace/options.ts";
export type {
	PingMessage,
	PingOrder,
	RoundsMessage,
	RoundsOrder,
	RunningTrace,
	TraceFailure,
	TraceMessage,
	TraceOrder,
} from "./trace/order.ts";
export { Ping, type PingConfig, type PingOutput } from "./trace/ping/ping.ts";
export { pingResult } from "./trace/ping/ping-document.ts";
export {
	DEFAULT_LOSS_WINDOW,
	DEFAULT_PING_INTERVAL_NS,
	PING_PORTS,
	type PingOptions,
} from "./trace/ping/ping-options.ts";
export {
	PING_SCHEMA,
	type PingAnswerer,
	type PingEvent,
	type PingResult,
	type PingRoundTrips,
	type PingStopReason,
	type PingTotals,
} from "./trace/ping/ping-result.ts";
export {
	type CompanionResult,
	type ExtensionJson,
	type HopResult,
	type MtuDrop,
	type Place,
	type ProbeResult,
	type StopReason,
	TRACE_SCHEMA,
	type TraceResult,
	type TraceWarning,
} from "./trace/result.ts";
export type { RoundsEvent, RoundsResult, RoundsStopReason } from "./trace/rounds/round-events.ts";
export { Rounds, type RoundsConfig, type RoundsOutput } from "./trace/rounds/rounds.ts";
export { roundsResult } from "./trace/rounds/rounds-document.ts";
export {
	DEFAULT_ROUNDS_INTERVAL_NS,
	LEAST_ROUNDS_INTERVAL_NS,
	REPORT_ROUNDS,
	ROUNDS_SILENT_HOPS,
	type RoundsOptions,
	roundsPorts,
} from "./trace/rounds/rounds-options.ts";
export { type SynAckFacts, synAckFacts } from "./trace/session.ts";
export { PathStatistics, summaryOf } from "./trace/statistics/path-statistics.ts";
export { answerPlace } from "./trace/statistics/place.ts";
export {
	type AnswererSummary,
	CHANGES_KEPT,
	FLOWS_KEPT,
	type FlowSummary,
	type HopSummary,
	type LossMeaning,
	type PathChange,
	type PathSummary,
	type RttSummary,
	SAMPLES_KEPT,
} from "./trace/statistics/summary.ts";
export { type ResultFacts, traceResult } from "./trace/trace-result.ts";
export { Tracer } from "./trace/tracer.ts";
export type { TracerConfig, TracerInput, TracerOutput } from "./trace/tracer-io.ts";
export type {
	TurnAllocated,
	TurnAllocationOptions,
	TurnClientConfig,
	TurnClientEvent,
	TurnClientIgnoreReason,
	TurnClientInput,
	TurnClientOutput,
	TurnRefusal,
} from "./turn/client/client-io.ts";
export type { TurnFailure } from "./turn/client/failure.ts";
export { isDisbelieved } from "./turn/client/outlet.ts";
export { TurnClient } from "./turn/client/turn-client.ts";
export { EarlyTurnClient } from "./turn/early/client/client.ts";
export type {
	EarlyRelayUser,
	EarlyTurnClientConfig,
	EarlyTurnClientEvent,
	EarlyTurnClientIgnoreReason,
	EarlyTurnClientInput,
	EarlyTurnClientOutput,
} from "./turn/early/client/client-io.ts";
export {
	anyRelayUsers,
	earlyRelayUser,
	fixedRelayUsers,
	restRelayUsers,
} from "./turn/early/relay-users.ts";
export { EarlyTurnServer } from "./turn/early/server/server.ts";
export type {
	EarlyBinding,
	EarlyBindingEnd,
	EarlyRelayAddress,
	EarlyRelayCredential,
	EarlyRelayUsers,
	EarlyTurnCounters,
	EarlyTurnIgnoreReason,
	EarlyTurnServerConfig,
	EarlyTurnServerEvent,
	EarlyTurnServerInput,
	EarlyTurnServerOutput,
} from "./turn/early/server/server-io.ts";
export { OneTimeUsers } from "./turn/early/shared-secret/one-time-users.ts";
export { SharedSecretClient } from "./turn/early/shared-secret/shared-secret-client.ts";
export type {
	SharedSecretClientConfig,
	SharedSecretClientInput,
	SharedSecretClientOutput,
	SharedSecretCounters,
	SharedSecretServerConfig,
	SharedSecretServerInput,
	SharedSecretServerOutput,
} from "./turn/early/shared-secret/shared-secret-io.ts";
export { SharedSecretServer } from "./turn/early/shared-secret/shared-secret-server.ts";
export {
	type RestCredentials,
	restCredentials,
	restExpirySeconds,
	restPassword,
	restSecret,
} from "./turn/rest-credentials.ts";
export type {
	AllocationEnd,
	TurnAllocation,
	TurnChannel,
	TurnPermission,
	TurnRelay,
	TurnUsage,
} from "./turn/server/allocation.ts";
export type { TurnCounters } from "./turn/server/counters.ts";
export { type PeerDenial, PeerFilter, type PeerRules } from "./turn/server/peer-filter.ts";
export { TurnServer } from "./turn/server/server.ts";
export {
	TURN_ANSWER_LIMITS,
	TURN_HOLDINGS,
	type TurnAlternate,
	type TurnHoldings,
	type TurnIcmp,
	type TurnIgnoreReason,
	type TurnLedger,
	type TurnRelayAddress,
	type TurnServerConfig,
	type TurnServerEvent,
	type TurnServerInput,
	type TurnServerOutput,
} from "./turn/server/server-io.ts";
export { RELAY_PORTS } from "./turn/server/state.ts";
export type { ByteRate, TokenBucket } from "./turn/server/token-bucket.ts";
export type { PasswordAlgorithm, TurnUserKey, TurnUsers } from "./turn/server/users.ts";
export { parseTurnUsers, type TurnUsersFault } from "./turn/server/users-file.ts";

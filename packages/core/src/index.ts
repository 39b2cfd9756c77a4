export { type Deadline, type Instant, type Machine, MICROSECOND, MILLISECOND, SECOND } from "./machine.ts";
export {
	type Arrival,
	type ArrivedPacket,
	ipPacket,
	type PacketFrame,
	quotedProbe,
	replyFromPacket,
	replyFromSegment,
} from "./trace/capture.ts";
export type {
	ChannelInput,
	ChannelKind,
	ChannelNeed,
	ConnectReply,
	Family,
	IcmpErrorReply,
	OpenFailure,
	PacketReply,
	ProbePacket,
	ProbeSend,
	ProbeTransport,
	QuotedProbe,
	Reply,
	SessionFacts,
	SystemError,
} from "./trace/channel.ts";
export { type ContextParts, channelNeeds, portCount, probeContext } from "./trace/context.ts";
export type { TraceEvent } from "./trace/events.ts";
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
export { type HopNat, hopNat, type PathNat, pathNat } from "./trace/nat-hops.ts";
export { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "./trace/options.ts";
export type { PingMessage, PingOrder, RunningTrace, TraceFailure, TraceMessage, TraceOrder } from "./trace/order.ts";
export { Ping, type PingConfig, type PingOutput } from "./trace/ping.ts";
export { pingResult } from "./trace/ping-document.ts";
export {
	DEFAULT_LOSS_WINDOW,
	DEFAULT_PING_INTERVAL_NS,
	PING_PORTS,
	type PingOptions,
} from "./trace/ping-options.ts";
export {
	PING_SCHEMA,
	type PingAnswerer,
	type PingEvent,
	type PingResult,
	type PingRoundTrips,
	type PingStopReason,
	type PingTotals,
} from "./trace/ping-result.ts";
export {
	type CompanionResult,
	type ExtensionJson,
	type HopResult,
	type MtuDrop,
	type ProbeResult,
	type StopReason,
	TRACE_SCHEMA,
	type TraceResult,
	type TraceWarning,
} from "./trace/result.ts";
export { type SynAckFacts, synAckFacts } from "./trace/session.ts";
export { extensionJson, type ResultFacts, traceResult } from "./trace/trace-result.ts";
export { Tracer } from "./trace/tracer.ts";
export type { TracerConfig, TracerInput, TracerOutput } from "./trace/tracer-io.ts";

/** What a program imports from `whither`. */
export type {
	AnswererSummary,
	ChannelKind,
	ExtensionJson,
	Family,
	FlowSummary,
	HopResult,
	HopSummary,
	IceCandidateError,
	IceEvent,
	IceFailure,
	IceOwnDescription,
	IcePairReport,
	IcePeer,
	IceRemoteLine,
	IceRewrite,
	IceRole,
	IceState,
	LossMeaning,
	PathChange,
	PathSummary,
	PingAnswerer,
	PingEvent,
	PingMessage,
	PingOptions,
	PingOrder,
	PingResult,
	PingRoundTrips,
	PingStopReason,
	PingTotals,
	Place,
	ProbeResult,
	ReplyKind,
	RoundsEvent,
	RoundsMessage,
	RoundsOptions,
	RoundsOrder,
	RoundsResult,
	RoundsStopReason,
	RttSummary,
	RunningTrace,
	SelectionReason,
	StopReason,
	SystemError,
	TraceEvent,
	TraceFailure,
	TraceMessage,
	TraceOptions,
	TraceOrder,
	TraceResult,
	TraceWarning,
} from "@whither/core";
export {
	compareIce,
	type IceAnswer,
	type IceOffer,
	type IceSide,
	type IceStreamReading,
	iceAnswer,
	iceOffer,
	iceTrickle,
	PathStatistics,
	PING_SCHEMA,
	readIce,
	readTrickle,
	type SdpMedia,
	type SdpOrigin,
	summaryOf,
	TRACE_METHODS,
	TRACE_SCHEMA,
} from "@whither/core";
export {
	type HostAddress,
	type IceBaseEnd,
	type IceComponentPlace,
	type IceConnection,
	type IceConnectionEvent,
	type IceDatagram,
	type IceFlow,
	type IceListener,
	type IceOrder,
	type IceRelayLeg,
	type IceRelayServer,
	openIce,
	prepareIce,
} from "@whither/net/ice";
export type {
	IncomingMedia,
	MediaCounters,
	MediaListener,
	MediaSocket,
	MediaSocketOptions,
	OutgoingMedia,
	RefusedMedia,
	TransportAddress,
	UnsentMedia,
} from "@whither/net/media";
export {
	openRelay,
	type Relay,
	type RelayCause,
	type RelayConnection,
	type RelayConnectionListener,
	type RelayCounters,
	type RelayEvent,
	type RelayedDatagram,
	type RelayListener,
	type RelayOrder,
	type RelayOutgoing,
} from "@whither/net/turn-client";
export type { Scenario } from "@whither/sim";
export { DEMO, NAT_KINDS, natWorld } from "@whither/sim";
export {
	type DecodeError,
	formatIceCandidate,
	formatSdp,
	type IceCandidateLine,
	isDecodeError,
	parseIceCandidate,
	parseSdp,
	type SdpDescription,
} from "@whither/wire";
export { type DoctorResult, doctor, type MethodCheck } from "./api/doctor.ts";
export { WhitherError, type WhitherErrorCode } from "./api/error.ts";
export type { FailureDocument } from "./api/failure.ts";
export { live } from "./api/live/live.ts";
export type { LiveRequestOptions } from "./api/live/options.ts";
export { type LiveResult, LiveRun } from "./api/live/run.ts";
export type { MachineFacts } from "./api/machine-facts.ts";
export { openMediaSocket } from "./api/media-socket.ts";
export type { MeetEvent, TracedPath } from "./api/meet/events.ts";
export type { MeetFailureDocument } from "./api/meet/failure.ts";
export { meet } from "./api/meet/meet.ts";
export type { MeetRequestOptions, OpenSignalling } from "./api/meet/options.ts";
export {
	MEET_SCHEMA,
	type MeetCandidate,
	type MeetCandidateError,
	type MeetLocalCandidate,
	type MeetMedia,
	type MeetOutcome,
	type MeetOutcomeCode,
	type MeetPair,
	type MeetPlace,
	type MeetResult,
	type MeetSelected,
	type MeetServers,
	type MeetWarning,
	type MissingPath,
} from "./api/meet/result.ts";
export { MeetRun } from "./api/meet/run.ts";
export { type BlobFailure, blobSentence, type MeetBlob, makeBlob, readBlob } from "./api/meet/signalling/blob.ts";
export type { CallPrecondition, MeetCall, MeetIceKind } from "./api/meet/signalling/call.ts";
export { type CopyPaste, type CopyPasteOrder, copyPaste } from "./api/meet/signalling/copy-paste.ts";
export {
	type CandidatesMessage,
	type DescriptionMessage,
	type MeetMessage,
	readMeetMessage,
} from "./api/meet/signalling/message.ts";
export { askOffers, openRendezvous } from "./api/meet/signalling/open-rendezvous.ts";
export { type Carry, signallingPair } from "./api/meet/signalling/pair.ts";
export {
	type CodeProblem,
	isSignallingFailure,
	type Offered,
	type OfferedRelay,
	type OpenRendezvous,
	type Rendezvous,
	type RendezvousOrder,
	type Signalling,
	type SignallingFailure,
	type SignallingListener,
} from "./api/meet/signalling/signalling.ts";
export { type SimulatedMeetOptions, simulatedMeet } from "./api/meet/simulated.ts";
export type { EndView } from "./api/meet/words/evidence.ts";
export type { MeetIce, MeetWorld } from "./api/meet/world.ts";
export type { MethodOptions } from "./api/method-options.ts";
export type { TraceRequestOptions } from "./api/options.ts";
export type { PingFailureDocument } from "./api/ping/failure.ts";
export type { PingRequestOptions } from "./api/ping/options.ts";
export { ping } from "./api/ping/ping.ts";
export { PingRun } from "./api/ping/run.ts";
export type { AsLookup, AsNameServer, AsServer } from "./api/places/as-server.ts";
export type { AddressFacts, FactsLookup } from "./api/places/facts.ts";
export { sharingLookups } from "./api/places/shared-lookups.ts";
export type { ResolvedTarget } from "./api/resolve.ts";
export { type SimulatedOptions, simulated } from "./api/simulated.ts";
export type { StunFailureDocument } from "./api/stun/failure.ts";
export type { StunRequestOptions } from "./api/stun/options.ts";
export {
	STUN_SCHEMA,
	type StunFamilyResult,
	type StunNoAnswer,
	type StunResult,
	type StunUnknown,
} from "./api/stun/result.ts";
export { type StunEvent, StunRun } from "./api/stun/run.ts";
export { type SimulatedStunOptions, simulatedStun } from "./api/stun/simulated.ts";
export { stun } from "./api/stun/stun.ts";
export type { StunWorld } from "./api/stun/world.ts";
export { type FlowRemote, type FlowTraceOptions, type LentSocket, traceFlow } from "./api/trace/flow.ts";
export { TraceRun } from "./api/trace/run.ts";
export { trace } from "./api/trace/trace.ts";
export type { TurnFailureDocument } from "./api/turn/failure.ts";
export type { TurnRequestOptions } from "./api/turn/options.ts";
export {
	TURN_SCHEMA,
	type TurnCellFailure,
	type TurnCellResult,
	type TurnOffers,
	type TurnRelaying,
	type TurnResult,
	type TurnThroughput,
	type TurnTrace,
	type TurnWay,
} from "./api/turn/result.ts";
export { type TurnEvent, TurnRun } from "./api/turn/run.ts";
export { type SimulatedTurnOptions, simulatedTurn } from "./api/turn/simulated.ts";
export { turn } from "./api/turn/turn.ts";
export type { TriedRelay, TurnWorld } from "./api/turn/world.ts";
export type { WhoisFailureDocument } from "./api/whois/failure.ts";
export type { WhoisRequestOptions } from "./api/whois/options.ts";
export { whois } from "./api/whois/whois.ts";
export { WHOIS_SCHEMA, type WhoisAnswer, type WhoisEntity } from "./api/whois/whois-answer.ts";
export type { World } from "./api/world.ts";
export { formatDoctor } from "./report/doctor.ts";
export { type LiveStyle, MeetLive } from "./report/meet/meet-live.ts";
export { formatMeet, formatMeetJson } from "./report/meet/meet-report.ts";
export { formatPingEvent, formatPingSummary, type PingStyle } from "./report/ping/ping-text.ts";
export { formatStun, formatStunJson } from "./report/stun-report.ts";
export { formatCsvHeader, formatCsvRows } from "./report/trace/csv.ts";
export { hopNews, nothingShown, type Shown } from "./report/trace/hop-news.ts";
export { formatJson } from "./report/trace/json.ts";
export { formatNdjsonEnd, formatNdjsonEvent } from "./report/trace/ndjson.ts";
export { formatSummary } from "./report/trace/summary.ts";
export { formatHopLine, formatText, formatTextEvent, type TextStyle } from "./report/trace/text.ts";
export { type Note, type Verdict, type VerdictCode, verdict } from "./report/trace/verdict.ts";
export { warningSentence } from "./report/trace/warning-words.ts";
export { formatTurn, formatTurnJson } from "./report/turn-report.ts";
export { formatWhois, formatWhoisJson } from "./report/whois-report.ts";
export { type Listening, type RunningServer, serve } from "./server/serve.ts";
export type { ServeOptions } from "./server/serve-options.ts";
export type { SipAccount, SipBody, SipEnd, SipEvent, SipInvitation } from "./sip/agent/agent-io.ts";
export type { CallAgent, OpenCallAgent } from "./sip/call/call-agent.ts";
export { type CallNews, type CallTime, callOptionTags, type SipSignallingOrder } from "./sip/call/call-order.ts";
export { sipSignalling } from "./sip/call/sip-signalling.ts";
export { openSip } from "./sip/open-sip.ts";
export type { SipListener, SipOrder, SipReply, SipUser } from "./sip/sip-io.ts";
export type { SipHop } from "./sip/transport/hop.ts";
export type { SipTransportFailure, SipTransportOrder } from "./sip/transport/transport-io.ts";
export { openSessionStore, type SessionStoreOptions } from "./store/open-session-store.ts";
export type { SessionEntry, SessionQuery, SessionStore, SessionWriter } from "./store/session-store.ts";

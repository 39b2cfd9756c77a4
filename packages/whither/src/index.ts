/** What a program imports from `whither`. */
export type {
	ChannelKind,
	ExtensionJson,
	Family,
	HopResult,
	ProbeResult,
	ReplyKind,
	RunningTrace,
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
export { TRACE_METHODS, TRACE_SCHEMA } from "@whither/core";
export type { Scenario } from "@whither/sim";
export { DEMO } from "@whither/sim";
export { type DoctorResult, doctor, type MethodCheck } from "./api/doctor.ts";
export { WhitherError, type WhitherErrorCode } from "./api/error.ts";
export type { FailureDocument } from "./api/failure.ts";
export type { MachineFacts } from "./api/machine-facts.ts";
export type { MethodOptions } from "./api/method-options.ts";
export type { TraceRequestOptions } from "./api/options.ts";
export type { ResolvedTarget } from "./api/resolve.ts";
export { type SimulatedOptions, simulated } from "./api/simulated.ts";
export { trace } from "./api/trace.ts";
export { TraceRun } from "./api/trace-run.ts";
export type { World } from "./api/world.ts";
export { formatCsvHeader, formatCsvRows } from "./report/csv.ts";
export { formatDoctor } from "./report/doctor.ts";
export { hopNews, nothingShown, type Shown } from "./report/hop-news.ts";
export { formatJson } from "./report/json.ts";
export { formatNdjsonEnd, formatNdjsonEvent } from "./report/ndjson.ts";
export { formatSummary } from "./report/summary.ts";
export { formatHopLine, formatText, formatTextEvent, type TextStyle } from "./report/text.ts";
export { type Note, type Verdict, type VerdictCode, verdict } from "./report/verdict.ts";
export { warningSentence } from "./report/warning-words.ts";

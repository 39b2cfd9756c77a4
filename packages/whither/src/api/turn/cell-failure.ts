/** From what a relay says of its end to what `whither.turn/1` says of it. */

import type { TurnFailure } from "@whither/core";
import type { RelayCause, RelayCounters } from "@whither/net/turn-client";
import type { StunAddress, StunErrorCode } from "@whither/wire";
import type { TurnCellFailure } from "./result.ts";

/** A failure with nothing behind its code. */
export function plainFailure(code: TurnCellFailure["code"]): TurnCellFailure {
	return { code, stunError: null, reason: null, system: null, tls: null, alternate: null };
}

/** What became of whatever a run's end came before; its signal is aborted. */
export function cutShort({ reason }: AbortSignal): TurnCellFailure {
	return plainFailure(reason === "outOfTime" ? "outOfTime" : "stopped");
}

/** Whether a value is one. */
export function isFailure(value: object | null): value is TurnCellFailure {
	return value !== null && "code" in value && "tls" in value;
}

/** What `failed`, `lost` or `refused` said. */
export function failureOf(event: {
	readonly why: TurnFailure;
	readonly error: StunErrorCode | null;
	readonly cause?: RelayCause | null;
	readonly alternate?: StunAddress | null;
}): TurnCellFailure {
	const { why, error, cause = null, alternate = null } = event;
	const told = {
		stunError: error?.code ?? null,
		reason: error === null ? null : withoutEnd(error.reason),
		alternate: alternate === null ? null : { address: alternate.address, port: alternate.port },
	};
	if (cause?.code === "tls") {
		const { reason, about } = cause as Extract<RelayCause, { readonly code: "tls" }>;
		return { ...told, code: "tls", system: null, tls: { reason, about } };
	}
	if (cause?.code === "notStun") return { ...told, code: "notStun", system: null, tls: null };
	const system = cause !== null && "errnoName" in cause ? cause : null;
	const unsent = system !== null && why === "unreachable" && UNSENT.has(system.code);
	return { ...told, code: unsent ? "system" : why, system, tls: null };
}

/** Of these the packets never left this machine. */
const UNSENT: ReadonlySet<string> = new Set([
	"addressNotAvailable",
	"networkDown",
	"noSuchDevice",
	"permissionDenied",
	"prohibited",
	"filteredLocally",
	"tooManyFiles",
	"unsupportedProtocol",
	"unsupportedPlatform",
]);

/** coturn ends some of its words with a NUL. */
function withoutEnd(reason: string): string {
	return reason.replace(/\p{Cc}/gu, "").trim();
}

/** The time for an answer is over: nothing came, or nothing that is one. */
export function noAnswerWithin({ received, ignored, disbelieved }: RelayCounters): TurnCellFailure {
	if (disbelieved > 0) return plainFailure("integrity");
	return plainFailure(received > 0 && ignored >= received ? "notStun" : "timeout");
}

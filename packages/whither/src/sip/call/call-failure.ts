/** Why a call could not be, as signalling's failures have it. Pure. */
import type { CallProblem, SignallingFailure } from "../../api/meet/signalling/signalling.ts";
import type { SipEnd } from "../agent/agent-io.ts";

/** The end of a call or of a registration; `uri`: whose. */
export function callFailure(end: SipEnd, uri: string, what: "call" | "registration"): SignallingFailure {
	switch (end.code) {
		case "hungUp":
			return { code: "sipProtocol", uri, why: "hung up" };
		case "refused":
			return { code: "sipRefused", uri, what, status: end.status, reason: end.reason };
		case "timeout":
			return { code: "sipTimeout", uri, what };
		case "transport":
			return { code: "sipTransport", uri, why: end.why };
		case "notFound":
			return { code: "sipNotFound", uri: end.uri };
		case "unauthorized":
			return { code: "sipUnauthorized", realm: end.realm, shown: end.shown };
		case "protocol":
			return { code: "sipProtocol", uri, why: end.why };
	}
}

/** Of a description that no call can be made of. */
export function descriptionFailure(why: CallProblem): SignallingFailure {
	return { code: "sipDescription", why };
}

/** What the other end said as it went. */
export function reasonWords(end: SipEnd): string {
	if (end.code === "refused") return `${end.status} ${end.reason}`.trim();
	return end.code === "hungUp" && end.reason !== null ? end.reason : "it hung up";
}

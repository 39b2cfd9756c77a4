/** From what a discovery found to what `whither.stun/1` says of one family. */
import type { NatBehaviour, SystemError } from "@whither/core";
import type { StunFindings, StunOrder } from "@whither/net/stun";
import { noAnswerSentence } from "./no-answer.ts";
import { NOTHING_FOUND, type StunFamilyResult, type StunNoAnswer, type StunUnknown } from "./result.ts";
import { behaviourSummary } from "./words.ts";

/** What was asked, as far as it explains what is not known. */
export type AskedStun = Pick<StunOrder, "family" | "server" | "transport" | "lifetime">;

/** The result over one family; `tcp`: what TCP did where UDP went unanswered. */
export function familyResult(asked: AskedStun, findings: StunFindings, tcp: StunFamilyResult["tcp"]): StunFamilyResult {
	const { behaviour, stamps, counters } = findings;
	const { mappedAddress, localAddress, mapping, filtering, hairpin, classic, rttNs, tests, otherAddress } = behaviour;
	const noAnswer = mappedAddress === null ? whyNoAnswer(findings) : null;
	const common = {
		family: asked.family,
		transport: asked.transport,
		server: behaviour.server,
		mappedAddress,
		localAddress: localAddress.address === "" ? null : localAddress,
		mapping,
		filtering,
		hairpin,
		lifetimeSeconds: behaviour.lifetimeSeconds,
		goneAfterSeconds: behaviour.goneAfterSeconds,
		classic,
		rttNs: rttNs === null ? null : Math.round(rttNs),
		stamps: rttNs === null ? null : stamps,
		tests,
		otherAddress,
		noAnswer,
		tcp,
		unknowns: noAnswer === null ? unknownsOf(asked, findings) : [],
		counters,
	};
	const summary = noAnswer === null ? behaviourSummary(common) : noAnswerSentence({ ...common, noAnswer });
	return { ...common, summary };
}

/** The same where nothing could be sent. */
export function unsentResult({ family, server, transport }: AskedStun, error: SystemError): StunFamilyResult {
	const noAnswer = { code: "system", system: error } as const;
	const common = {
		family,
		transport,
		server: { address: server.address, port: server.port },
		...NOTHING_FOUND,
		noAnswer,
	} as const;
	return { ...common, summary: noAnswerSentence(common) };
}

function whyNoAnswer({ behaviour, ended, error }: StunFindings): StunNoAnswer {
	const { failure, error: stunError } = behaviour;
	if (error?.code === "tls") return { code: "tls", reason: error.reason, about: error.about };
	if (failure === null) return { code: ended === "interrupted" ? "stopped" : "outOfTime" };
	if (failure === "timeout" && ended === "timeout") return { code: "outOfTime" };
	return { code: failure, stunError: stunError?.code ?? null, system: error };
}

function unknownsOf({ transport, lifetime }: AskedStun, { behaviour, ended }: StunFindings): readonly StunUnknown[] {
	if (transport !== "udp")
		return [{ what: "filtering", why: "stream" }, ...(behaviour.mapping === "none" ? [] : STREAM)];
	const { mapping, filtering, hairpin, lifetimeSeconds, goneAfterSeconds } = behaviour;
	const cut = ended === "complete" ? null : "outOfTime";
	const untested = behaviour.tests === "none" ? "oneAddress" : null;
	const unknowns: StunUnknown[] = [];
	if (mapping === "unknown") unknowns.push({ what: "mapping", why: cut ?? untested ?? "otherSilent" });
	if (filtering === "unknown") unknowns.push({ what: "filtering", why: cut ?? untested ?? "refused" });
	if (mapping === "none") {
		if (lifetime !== undefined) unknowns.push({ what: "lifetime", why: "notTranslated" });
		return unknowns;
	}
	if (hairpin === null) unknowns.push({ what: "hairpin", why: cut ?? "unanswered" });
	if (lifetime !== undefined && lifetimeSeconds === null && goneAfterSeconds === null)
		unknowns.push({ what: "lifetime", why: cut ?? "refused" });
	return unknowns;
}

const STREAM: readonly StunUnknown[] = [{ what: "mapping", why: "stream" }];

/** What the TCP check of a server that UDP does not reach comes to. */
export function tcpOutcome({ behaviour, error }: StunFindings): NonNullable<StunFamilyResult["tcp"]> {
	if (behaviour.mappedAddress !== null) return "answers";
	if (error !== null && "errnoName" in error && error.errnoName === "ECONNREFUSED") return "refuses";
	const answered: readonly NatBehaviour["failure"][] = ["error", "closed", "unauthorized"];
	return answered.includes(behaviour.failure) ? "accepts" : "silent";
}

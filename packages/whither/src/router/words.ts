/** What the router says: sentences for its failures, the line when it is ready, the figures at its end. Pure. */
import type { PathNodeCounts, QueueFailure } from "@whither/net/path-node";
import { WhitherError } from "../api/error.ts";
import { systemErrorSentence } from "../api/error-words.ts";
import { manualRule, type RuleRequest } from "./rules.ts";

/** Why the queue could not be had, as the error that the command ends with. */
export function queueError(failure: QueueFailure): WhitherError {
	if (failure.code === "queueTaken") {
		const message = `Another program has queue ${failure.queue}; choose another number with --queue`;
		return new WhitherError("queueTaken", message, { queue: failure.queue });
	}
	if (failure.code === "permissionDenied") {
		const needs = "`whither router` needs CAP_NET_ADMIN for the packet queue and CAP_NET_RAW for its answers";
		const message = `${needs}; run it as root (${failure.call}: ${failure.errnoName})`;
		return new WhitherError("permissionDenied", message, { ...failure });
	}
	return new WhitherError(failure.code, systemErrorSentence(failure, null), { ...failure });
}

/** The line on stdout when packets can come. */
export function readyLine({ queue, interface: device }: RuleRequest, isInstalled: boolean): string {
	const where = device === null ? "on every interface" : `on ${device}`;
	const rules = isInstalled ? "rules installed" : "no rules installed";
	return `Ready: enriched ICMP ${where}, IPv4 and IPv6, queue ${queue} (${rules})\n`;
}

/** What to type where no rules were asked for. */
export function ruleAdvice(request: RuleRequest): string {
	const lines = ([4, 6] as const).map((family) => `  ${manualRule(family, request)}`);
	return ["To send it packets (--install does so by itself):", ...lines, ""].join("\n");
}

/** What has been done, for stderr. */
export function formatCounts(counts: PathNodeCounts): string {
	const { seen, answered, rewritten, passed, unsent, overruns, refusedVerdicts, faults, firstFault } = counts;
	const parts = [
		`${seen} STUN packets seen`,
		`${answered} answered`,
		`${rewritten} rewritten`,
		...counted(passed.capped, "over the cap"),
		...counted(passed.noAddress, "without an address to answer from"),
		...counted(passed.unanswerable, "from a sender that may not be answered"),
		...counted(passed.damaged, "damaged"),
		...counted(unsent, "answers not sent"),
		...counted(overruns, "overruns of the queue"),
		...counted(refusedVerdicts, "verdicts too late"),
		...counted(faults, "let go by a bug of ours"),
	];
	return `${parts.join(", ")}\n${firstFault === null ? "" : `${firstFault}\n`}`;
}

function counted(count: number, words: string): readonly string[] {
	return count === 0 ? [] : [`${count} ${words}`];
}

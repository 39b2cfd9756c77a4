/** Why something did not come about, in the server's words. */
import type { Problem } from "../api/client.ts";
import { asSentence, formatDuration } from "../model/words.ts";

const TITLES: Readonly<Partial<Record<Problem["code"], string>>> = {
	targetRefused: "Not a target of this server",
	overBudget: "Used up for now",
	unresolved: "No such host",
	unauthorized: "Token wanted",
	offline: "No answer from the server",
	draining: "The server is shutting down",
	notEnabled: "Not switched on",
	notFound: "Not found",
};

/** A problem, announced when it comes. */
export function ProblemNote({ problem }: { readonly problem: Problem }) {
	const { code, message, retryAfterSeconds } = problem;
	return (
		<div class="problem" role="alert">
			<strong>{TITLES[code] ?? "That did not work"}</strong>
			<p>{problemWords(message, retryAfterSeconds)}</p>
		</div>
	);
}

function problemWords(message: string, retryAfterSeconds: number | null): string {
	const again = retryAfterSeconds === null ? "" : ` Try again in ${formatDuration(retryAfterSeconds)}.`;
	return `${asSentence(message)}${again}`;
}

/** What a reader should know about how a trace was made. */
import type { TraceWarning } from "@whither/core";
import { warningSentence } from "../../../../packages/whither/src/report/trace/warning-words.ts";
import { withoutFlags } from "../model/without-flags.ts";

/** Nothing where there is nothing to say. */
export function Warnings({ warnings }: { readonly warnings: readonly TraceWarning[] }) {
	if (warnings.length === 0) return null;
	return (
		<ul class="warnings" aria-label="Warnings">
			{warnings.map((warning) => (
				<li key={JSON.stringify(warning)}>
					<span aria-hidden="true">! </span>
					{sentenceOf(warning)}
				</li>
			))}
		</ul>
	);
}

/** The command says it behind its name, without a capital. */
function sentenceOf(warning: TraceWarning): string {
	const words = withoutFlags(warningSentence(warning, { changes: true }));
	return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

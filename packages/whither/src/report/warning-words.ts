/** Words for the warnings of a result; a code without words is shown with its data, so that none is lost. */
import type { SystemError, TraceWarning } from "@whither/core";
import { systemErrorSentence } from "../api/error-words.ts";

type Sentence = (warning: TraceWarning) => string;

const SENTENCES: Readonly<Record<string, Sentence>> = {
	methodFallback: (warning) =>
		warning.reason === "permissionDenied"
			? `no privilege for ${warning.from} (it needs CAP_NET_RAW); using ${warning.to}, which needs none`
			: `${warning.from} does not work here (${warning.reason}); using ${warning.to}`,
	shortQuotes: () =>
		"some routers quote too little of a probe to tell which it was; their hops were probed one at a time",
	repliesDropped: (warning) =>
		`the kernel dropped ${warning.count} packets before they could be read; missing answers may be its doing`,
	foreignStorm: (warning) =>
		`${warning.count} packets came that answered no probe of ours; missing answers may have been crowded out by them`,
	channelFault: (warning) => systemErrorSentence(warning.error as SystemError, null),
};

/** One sentence without a full stop. */
export function warningSentence(warning: TraceWarning): string {
	const words = SENTENCES[warning.code];
	if (words !== undefined) return words(warning);
	const { code, ...data } = warning;
	const rest = Object.keys(data).length === 0 ? "" : ` ${JSON.stringify(data)}`;
	return `${code}${rest}`;
}

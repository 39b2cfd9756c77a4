/** Words for the warnings of a result. */
import type { TraceWarning } from "@whither/core";
import { systemErrorSentence } from "../api/error-words.ts";

type WarningByCode = { readonly [Warning in TraceWarning as Warning["code"]]: Warning };
type WarningCode = keyof WarningByCode;

const SENTENCES: { readonly [Code in WarningCode]: (warning: WarningByCode[Code]) => string } = {
	methodFallback: ({ from, to, reason }) =>
		reason === "permissionDenied"
			? `no privilege for ${from} (it needs CAP_NET_RAW); using ${to}, which needs none`
			: `${from} does not work here (${reason}); using ${to}`,
	shortQuotes: () =>
		"some routers quote too little of a probe to tell which it was; their hops were probed one at a time",
	repliesDropped: ({ count }) =>
		`the kernel dropped ${count} packets before they could be read; missing answers may be its doing`,
	foreignStorm: ({ count }) =>
		`${count} packets came that answered no probe of ours; missing answers may have been crowded out by them`,
	notApplied: ({ option, method }) =>
		option === "ecn"
			? `${method} cannot set the ECN bits: Linux keeps them to itself on TCP sockets`
			: `LENGTH does not apply to ${method}: a SYN has the length of its options`,
	channelFault: ({ error }) => systemErrorSentence(error, null),
};

/** One sentence without a full stop; a code of a later version, read from a file, is shown with its data. */
export function warningSentence(warning: TraceWarning): string {
	return Object.hasOwn(SENTENCES, warning.code) ? sentenceOf(warning.code, warning) : withData(warning);
}

function sentenceOf<Code extends WarningCode>(code: Code, warning: WarningByCode[Code]): string {
	return SENTENCES[code](warning);
}

function withData({ code, ...data }: TraceWarning): string {
	const rest = Object.keys(data).length === 0 ? "" : ` ${JSON.stringify(data)}`;
	return `${code}${rest}`;
}

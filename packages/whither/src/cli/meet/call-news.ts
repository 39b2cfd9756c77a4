/** Words for what happens to a call that is waited for, beside the meeting's own. */
import { formatEndpoint } from "@whither/wire";
import { callProblemWords } from "../../api/meet/words/signalling.ts";
import { printable } from "../../report/printable.ts";
import type { CallNews } from "../../sip/call/call-order.ts";
import { parseSipUri } from "../../sip/message/uri.ts";
import type { SipHop } from "../../sip/transport/hop.ts";

/** So that whoever rings without end does not fill a terminal. */
const MOST_NOT_TAKEN = 10;

/** Where we can be called without a registrar. */
export function waitingLines(own: string, local: readonly SipHop[]): readonly string[] {
	const user = parseSipUri(own)?.user ?? null;
	const places = local
		.filter(({ transport }) => transport !== "tls")
		.map((hop) => `  sip:${user === null ? "" : `${user}@`}${formatEndpoint(hop)};transport=${hop.transport}`);
	return ["Waiting for a call to", ...places];
}

/** Says news, a line each; of calls that are not taken the first few. */
export function newsTo(say: (line: string) => void): (news: CallNews) => void {
	let notTaken = 0;
	return (news) => {
		if (news.kind === "notTaken") notTaken++;
		if (notTaken > MOST_NOT_TAKEN + 1 && news.kind === "notTaken") return;
		const isOneTooMany = news.kind === "notTaken" && notTaken > MOST_NOT_TAKEN;
		say(isOneTooMany ? "More calls are not taken, and not told of" : newsWords(news));
	};
}

function newsWords(news: CallNews): string {
	if (news.kind === "registered") return `Registered as ${printable(news.own)}: waiting for a call`;
	return `A call of ${printable(news.from)} was not taken (${news.status}): ${printable(whyWords(news.why))}`;
}

function whyWords(why: string): string {
	const words = callProblemWords(why);
	return words === null ? why : `its phone says ${words}`;
}

/** What we can do, as header fields say it (RFC 3261 §20.1, §20.5, §20.37; RFC 6086 §4.2.1). */
import type { SipHeader } from "../message/message.ts";
import type { SipAgentConfig } from "./agent-io.ts";
import { SDP_TYPE } from "./body.ts";
import { header } from "./made.ts";

/** Methods that we take. */
export const TAKEN = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "PRACK", "UPDATE", "INFO"];
/** Allow. */
export const METHODS: SipHeader = header("Allow", TAKEN.join(", "));
/** Accept. */
export const ACCEPTED: SipHeader = header("Accept", SDP_TYPE);

/** Option tags that we understand. */
export function optionTags({ supported = [] }: SipAgentConfig): readonly string[] {
	return [...new Set(["100rel", ...supported])];
}

/** What we can do, as requests and answers that concern a session say it. */
export function abilitiesOf(config: SipAgentConfig): readonly SipHeader[] {
	const { infoPackages = [] } = config;
	const supported = header("Supported", optionTags(config).join(", "));
	return [METHODS, supported, ...(infoPackages.length === 0 ? [] : [header("Recv-Info", infoPackages.join(", "))])];
}

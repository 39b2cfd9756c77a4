/** The document of a `whois` that came to nothing: the same keys as `WhoisAnswer`, null where nothing is known. */
import type { WhitherError } from "../error.ts";
import { WHOIS_SCHEMA, type WhoisAnswer } from "./whois-answer.ts";

/** `whither.whois/1` without an answer; `error` says why. */
export interface WhoisFailureDocument extends Omit<WhoisAnswer, "kind" | "source"> {
	readonly kind: null;
	readonly source: null;
	readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string };
}

/** What `--json` prints when there is nothing else to print. */
export function whoisFailureDocument(query: string, error: WhitherError): WhoisFailureDocument {
	return {
		schema: WHOIS_SCHEMA,
		query,
		...{ kind: null, source: null, handle: null, name: null, prefixes: [], asns: [], country: null, status: [] },
		...{ registeredAt: null, changedAt: null, expiresAt: null, nameServers: [], entities: [], remarks: [], raw: "" },
		error: { ...error.data, code: error.code, message: error.message },
	};
}

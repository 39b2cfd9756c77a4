/** Who calls us has to show who it is, where the owner wants that (RFC 3261 §22.2). */
import { type Instant, SECOND } from "@whither/core";
import { DigestServer } from "../digest/check.ts";
import { sipFields } from "../message/headers.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { SipAgentConfig } from "./agent-io.ts";
import { header } from "./made.ts";
import type { Reply } from "./replies.ts";

/** What to answer to a request that does not show who it is from; null: it does, or need not. */
export type Authenticate = (request: RequestEnvelope, now: Instant) => Reply | null;

/** Checks callers as the configuration has it. */
export function authentication({ challenge, secret }: SipAgentConfig): Authenticate {
	if (challenge === undefined) return () => null;
	const server = new DigestServer({ secret, ...challenge });
	return ({ message }, now) => {
		const values = sipFields(message, "Authorization");
		const { method, body } = message;
		const verdict = server.check({ values, method, body }, Math.floor(now / SECOND));
		if (verdict.kind === "accepted") return null;
		return { status: 401, headers: verdict.challenges.map((value) => header("WWW-Authenticate", value)) };
	};
}

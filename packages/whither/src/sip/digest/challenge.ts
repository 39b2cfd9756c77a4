/** Digest challenges: WWW-Authenticate and Proxy-Authenticate (RFC 7616 §3.3, RFC 8760). */
import { parseSipAuthorization } from "../message/authorization.ts";
import { quote } from "../message/grammar.ts";
import { sipParameter } from "../message/parameters.ts";
import { type DigestAlgorithm, digestAlgorithm } from "./algorithms.ts";

/** How the body is protected: `auth` not at all, `auth-int` within the digest. */
export type DigestProtection = "auth" | "auth-int";

/** A challenge that can be answered. */
export interface DigestChallenge {
	readonly realm: string;
	readonly nonce: string;
	/** To be sent back as it is. */
	readonly opaque: string | null;
	readonly algorithm: DigestAlgorithm;
	/** What is left of the server's choice; none: RFC 2069's way, without counts. */
	readonly protections: readonly DigestProtection[];
	/** The password was right, the nonce too old. */
	readonly stale: boolean;
}

/** A challenge; null where it is none, or nothing of what it offers is ours. */
export function parseDigestChallenge(text: string | null): DigestChallenge | null {
	const { scheme, parameters } = parseSipAuthorization(text) ?? { scheme: "", parameters: [] };
	const [realm, nonce, opaque, stale, qop] = ["realm", "nonce", "opaque", "stale", "qop"].map((name) =>
		sipParameter(parameters, name),
	);
	const algorithm = digestAlgorithm(sipParameter(parameters, "algorithm"));
	const protections = protectionsOf(qop ?? null);
	if (scheme !== "digest" || realm == null || nonce == null || algorithm === null || protections === null) return null;
	return { realm, nonce, opaque: opaque ?? null, algorithm, protections, stale: stale?.toLowerCase() === "true" };
}

/** Null: what is wanted is not ours. */
function protectionsOf(qop: string | null): readonly DigestProtection[] | null {
	if (qop === null) return [];
	const known = qop.split(",").map((word) => word.trim().toLowerCase());
	const ours = (["auth", "auth-int"] as const).filter((protection) => known.includes(protection));
	return ours.length === 0 ? null : ours;
}

/** The challenge as text. */
export function formatDigestChallenge(challenge: DigestChallenge): string {
	const { realm, nonce, opaque, algorithm, protections, stale } = challenge;
	const parts = [`realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `algorithm=${algorithm}`];
	if (protections.length > 0) parts.push(`qop="${protections.join(",")}"`);
	if (opaque !== null) parts.push(`opaque=${quote(opaque)}`);
	if (stale) parts.push("stale=true");
	return `Digest ${parts.join(", ")}`;
}

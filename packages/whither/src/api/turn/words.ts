/** What became of a leg of a relay, in one sentence each, without capital and full stop. */
import { formatEndpoint } from "@whither/wire";
import { systemErrorSentence } from "../error-words.ts";
import type { CellFindings } from "./cell.ts";
import type { TurnUser } from "./options.ts";
import type { TurnCellFailure } from "./result.ts";

/** Who asked, and when: what explains a refusal. */
export interface AskedTurn {
	readonly user: Pick<TurnUser, "kind" | "expiresAtSeconds">;
	readonly unixSeconds: number;
}

type Failed = Pick<CellFindings, "transport" | "server" | "reachable" | "relayed" | "localAddress">;
type Words = (where: string) => string;

/** The sentence for a leg. */
export function cellSentence(cell: CellFindings, asked: AskedTurn): string {
	const { failure, relaying, transport, redirectedTo } = cell;
	if (failure !== null) return failureSentence(cell, failure, asked);
	const at = redirectedTo === null ? "" : ` at ${formatEndpoint(redirectedTo)}, where it sends us (300)`;
	const over = `${transport.toUpperCase()}${at}`;
	if (relaying === null || relaying.received === 0) return `gives a relayed address over ${over}`;
	const lost = relaying.sent - relaying.received;
	return lost === 0
		? `relays over ${over}`
		: `relays over ${over}${at === "" ? "" : ","} and loses ${lost} of ${relaying.sent} packets`;
}

/** The sentence for a leg that did not relay; `where`: what its server is called there. */
export function failureSentence(
	cell: Failed,
	failure: TurnCellFailure,
	asked: AskedTurn,
	where = formatEndpoint(cell.server),
): string {
	const { alternate, code } = failure;
	if (alternate === null || code === "redirected") return sentenceAt(cell, failure, asked, where);
	return `${where} sends us on (300), and ${sentenceAt(cell, failure, asked, formatEndpoint(alternate))}`;
}

/** `where`: who failed. */
function sentenceAt(cell: Failed, failure: TurnCellFailure, asked: AskedTurn, where: string): string {
	const after = cell.relayed.length > 0 ? AFTER[failure.code] : undefined;
	if (after !== undefined) return after(where);
	switch (failure.code) {
		case "unauthorized":
		case "staleNonce":
			return unauthorizedSentence(where, failure, asked);
		case "forbidden":
			return cell.relayed.length > 0
				? `${where} refuses peers of this kind (403)`
				: `${where} does not let this user have a relay (403)`;
		case "timeout":
			return silenceSentence(cell, where);
		case "unreachable":
			return unreachableSentence(cell, failure, where);
		case "system":
			return systemSentence(failure, where);
		case "noOtherEnd":
			return failure.system === null
				? `${where} gives a relayed address, but there is no other end to send to`
				: `${where} gives a relayed address, but no socket of ours can be its other end: ${systemSentence(failure, where)}`;
		case "tls":
			return tlsSentence(where, failure);
		case "redirected": {
			const to = failure.alternate === null ? "another server" : formatEndpoint(failure.alternate);
			return `${where} sends us to ${to}, which is not followed (300)`;
		}
		case "serverError":
		case "badRequest":
		case "refused":
			return `${where} refuses the request (${failure.stunError ?? failure.code}${failure.reason ? ` ${failure.reason}` : ""})`;
		default:
			return WORDS[failure.code]?.(where) ?? `${where} gives no relay (${failure.code})`;
	}
}

/** Once it has given an allocation. */
const AFTER: Readonly<Partial<Record<TurnCellFailure["code"], Words>>> = {
	timeout: (where) => `${where} gives a relayed address, and does not answer what is asked of it after that`,
	unreachable: (where) => `${where} gave a relayed address, and is not there any more`,
	closed: (where) => `${where} gave a relayed address, and then closed the connection`,
	notStun: (where) => `${where} gave a relayed address, and then said what is not TURN`,
	allocationMismatch: (where) => `${where} gave a relayed address, and then did not know of it (437)`,
};

const WORDS: Readonly<Partial<Record<TurnCellFailure["code"], Words>>> = {
	quotaReached: (where) => `this user has as many allocations as ${where} lets it have: its quota is reached (486)`,
	insufficientCapacity: (where) => `${where} has no relayed address left (508)`,
	familyUnsupported: (where) => `${where} has no relayed addresses of this family (440)`,
	transportUnsupported: (where) => `${where} does not relay this transport (442)`,
	wrongCredentials: (where) => `${where} holds the allocation for another user (441)`,
	allocationMismatch: (where) => `${where} knows our address from another allocation (437)`,
	unsupportedAttributes: (where) => `${where} does not know what it is asked for (420)`,
	familyMismatch: (where) => `${where} refuses a peer whose family is not that of the relayed address (443)`,
	badChallenge: (where) =>
		`${where} asks who we are in a way that nobody could answer: without realm or a nonce in letters`,
	unsupportedAlgorithm: (where) => `${where} wants passwords to be hashed in a way that we do not know`,
	bidDown: (where) => `somebody between us and ${where} has changed what it offers to sign with`,
	badAnswer: (where) => `${where} says that we have a relay, and not where: its answer lacks what it must hold`,
	unknownAttributes: (where) => `${where} answers with something that has to be understood and is not known here`,
	noErrorCode: (where) => `${where} refuses without a reason`,
	expired: (where) => `${where} took the allocation back before its time`,
	challengedOnly: (where) => `${where} asks who we are, and gives whoever says it no answer`,
	stunOnly: (where) => `${where} is a STUN server that does not relay`,
	tlsUnfinished: (where) =>
		`${where} takes the connection, but TLS is never finished: what listens there speaks none, a middlebox stops it, or large packets do not pass`,
	notStun: (where) => `what answers at ${where} does not speak TURN`,
	closed: (where) => `${where} closed the connection without an answer: what listens there does not speak TURN`,
	integrity: (where) => `${where} answers with nothing to be believed: its answers are not signed with this password`,
	nothingBack: (where) => `${where} gives a relayed address, but nothing that goes through it comes back`,
	outOfTime: (where) => `the time was up before ${where} had relayed anything`,
	stopped: (where) => `stopped before ${where} had relayed anything`,
};

function systemSentence({ system }: TurnCellFailure, where: string): string {
	if (system === null) return `nothing could be sent to ${where}`;
	if (system.code === "tooManyFiles")
		return `this process may not open that many sockets; raise \`ulimit -n\`, or try fewer legs with --transport (${system.call}: ${system.errnoName})`;
	return lowerCase(systemErrorSentence(system, null));
}

function unauthorizedSentence(where: string, { stunError }: TurnCellFailure, { user, unixSeconds }: AskedTurn): string {
	const { kind, expiresAtSeconds } = user;
	const code = stunError ?? 401;
	if (code === 438) return `${where} takes none of the nonces that it gives (438)`;
	if (kind === "none") return `${where} wants a user and a password (${code})`;
	if (kind === "rest") return `${where} does not take the secret, or its clock is another than ours (${code})`;
	if (expiresAtSeconds !== null && expiresAtSeconds <= unixSeconds) {
		const when = new Date(expiresAtSeconds * 1000).toISOString().replace(/\.\d+/, "");
		return `these credentials ended at ${when}: ask for new ones (${code})`;
	}
	return `the password is wrong, or ${where} does not know the user (${code})`;
}

function silenceSentence({ transport, reachable, localAddress }: Failed, where: string): string {
	if (transport === "udp") return `no answer from ${where} over UDP: it is filtered, or the server is down`;
	const over = transport.toUpperCase();
	return reachable || localAddress !== null
		? `${where} takes the connection over ${over} and does not answer: what listens there does not speak TURN`
		: `no answer from ${where} over ${over}: it is filtered, or the server is down`;
}

function unreachableSentence({ transport }: Failed, { system }: TurnCellFailure, where: string): string {
	const over = transport.toUpperCase();
	if (system?.errnoName === "ECONNREFUSED") return `${where} refuses ${over}: no TURN server listens there`;
	if (system?.errnoName === "ETIMEDOUT")
		return `no answer from ${where} over ${over}: it is filtered, or the server is down`;
	return `${where} cannot be reached over ${over}${system === null ? "" : ` (${system.errnoName})`}`;
}

function tlsSentence(where: string, { tls }: TurnCellFailure): string {
	const { reason = "", about = "" } = tls ?? {};
	if (reason === "CERT_HAS_EXPIRED") return `the certificate of ${where} has expired`;
	if (reason === "CERT_NOT_YET_VALID") return `the certificate of ${where} is not valid yet, or our clock is slow`;
	if (reason === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate of ${where} is for another name`;
	if (UNTRUSTED.has(reason)) return `nobody that we trust vouches for the certificate of ${where}; --ca names who does`;
	if (NO_TLS.has(reason)) return `what listens at ${where} does not speak TLS`;
	return `TLS with ${where} failed: ${about} (${reason})`;
}

const UNTRUSTED: ReadonlySet<string> = new Set([
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
	"UNABLE_TO_GET_ISSUER_CERT",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);
const NO_TLS: ReadonlySet<string> = new Set([
	"EPROTO",
	"ERR_SSL_WRONG_VERSION_NUMBER",
	"ERR_SSL_PACKET_LENGTH_TOO_LONG",
	"ERR_SSL_UNEXPECTED_MESSAGE",
]);

function lowerCase(sentence: string): string {
	return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** What went wrong with SIP's sockets: names for machines, sentences for people that say what to do. Pure. */
import type { SystemError } from "@whither/core";
import type { StreamFailure } from "@whither/net/transport";
import { formatEndpoint } from "@whither/wire";
import type { SipHop } from "./hop.ts";
import type { SipPlace, SipTransportFailure } from "./transport-io.ts";

/** The system's or TLS's own name for it, such as `ECONNREFUSED` and `CERT_HAS_EXPIRED`. */
export function streamFailureName(failure: StreamFailure): string {
	return "errnoName" in failure ? failure.errnoName : failure.reason;
}

/** Why sockets could not be opened, in a sentence without a full stop. */
export function sipTransportSentence(failure: SipTransportFailure): string {
	switch (failure.code) {
		case "noAddress":
			return "This machine has no address that a call could be answered at; connect it to a network";
		case "noCertificate":
			return `Whoever connects to ${placeText(failure.place)} wants to see a certificate: give one, or leave the place out`;
		case "system":
			return `No sockets can be opened here (${failure.error.call}: ${failure.error.errnoName})`;
		case "cannotListen":
			return listenSentence(failure.place, failure.error);
	}
}

function listenSentence(place: SipPlace, error: SystemError | StreamFailure): string {
	const where = placeText(place);
	const name = streamFailureName(error);
	switch (name) {
		case "EADDRINUSE":
			return `Somebody else listens on ${where}; name another port (--sip-port), or 0 for any`;
		case "EADDRNOTAVAIL":
			return `This machine has no address ${place.address ?? ""}; name one that it has`;
		case "EACCES":
			return `Ports below 1024 are not everybody's: ${where} wants CAP_NET_BIND_SERVICE; name a higher port`;
		default:
			return "errnoName" in error
				? `Nothing can be listened for on ${where} (${error.call}: ${name})`
				: `The certificate for ${where} is of no use (${error.about}); certificate and key have to go together`;
	}
}

function placeText({ transport, address, port }: SipPlace): string {
	const over = transport.toUpperCase();
	return address === null ? `${over} port ${port}` : `${formatEndpoint({ address, port })} over ${over}`;
}

/** Why a hop could not be reached, in words that go behind a colon; `why`: as the transports tell it. */
export function hopSentence({ transport, address, port, serverName }: SipHop, why: string): string {
	const where = `${formatEndpoint({ address, port })} over ${transport.toUpperCase()}`;
	const sentence = HOP_WORDS[why];
	return sentence === undefined ? `${where} cannot be reached (${why})` : sentence(where, serverName ?? address);
}

const UNTRUSTED = (where: string): string =>
	`nobody that we trust vouches for the certificate of ${where}; name who does (a PEM file of authorities)`;
const NO_TLS = (where: string): string => `what listens at ${where} speaks no TLS; is it the right port?`;

const HOP_WORDS: Readonly<Record<string, (where: string, name: string) => string>> = {
	ECONNREFUSED: (where) => `nobody listens at ${where}`,
	ECONNRESET: (where) => `${where} has broken the connection off`,
	defect: (where) => `a message from ${where} was passed over: a mistake of ours was in its way`,
	ETIMEDOUT: (where) => `no answer from ${where}: it is filtered, or the server is down`,
	ENETUNREACH: (where) => `there is no way to ${where}`,
	EHOSTUNREACH: (where) => `there is no way to ${where}`,
	CERT_HAS_EXPIRED: (where) => `the certificate of ${where} has expired`,
	CERT_NOT_YET_VALID: (where) => `the certificate of ${where} is not valid yet, or our clock is slow`,
	ERR_TLS_CERT_ALTNAME_INVALID: (where, name) => `the certificate of ${where} is not for ${name}`,
	DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
	SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
	UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
	EPROTO: NO_TLS,
	ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
	ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** A dialog: what two ends know of each other and of the way between them (RFC 3261 §12). Plain values. */
import { sipFields, sipHeader, sipValues } from "../message/headers.ts";
import type { SipHeader, SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { parseSipNameAddress, sipTag } from "../message/name-address.ts";
import { parseSipCseq } from "../message/sequence.ts";
import { parseSipUri, sipUriParameter } from "../message/uri.ts";

/** One end's view. */
export interface Dialog {
	readonly callId: string;
	readonly localTag: string;
	/** Empty: the other end has none, as RFC 2543 allows. */
	readonly remoteTag: string;
	/** From and To of our requests, tags included. */
	readonly local: string;
	readonly remote: string;
	/** Where the other end is, by its Contact. */
	readonly target: string;
	/** URIs of proxies that want to see all requests, the nearest first. */
	readonly route: readonly string[];
	/** CSeq of our last request, and of theirs; null: none yet. */
	readonly localSeq: number;
	readonly remoteSeq: number | null;
	readonly isSecure: boolean;
}

/** The dialog that an answer to our INVITE makes (§12.1.2); null: it has no tag or Contact that could be used. */
export function dialogOfResponse(request: SipRequest, response: SipResponse): Dialog | null {
	const [callId, local] = [sipHeader(request, "Call-ID"), sipHeader(request, "From")];
	const [remote, target] = [sipHeader(response, "To"), contactOf(response)];
	const cseq = parseSipCseq(sipHeader(request, "CSeq"));
	if (callId === null || local === null || remote === null || target === null || cseq === null) return null;
	const [localTag, remoteTag] = [sipTag(local), sipTag(remote)];
	if (localTag === null || remoteTag === null) return null;
	const route = uris(sipValues(response, "Record-Route")).reverse();
	const isSecure = /^sips:/i.test(request.uri);
	const seqs = { localSeq: cseq.number, remoteSeq: null };
	return { callId, localTag, remoteTag, local, remote, target, route, ...seqs, isSecure };
}

/**
 * The dialog that an INVITE to us makes (§12.1.1), `localTag` being ours; null: its Contact leads nowhere. One of RFC 2543 may
 * have none, and then From is where it is from.
 */
export function dialogOfRequest(request: SipRequest, localTag: string): Dialog | null {
	const [callId, remote] = [sipHeader(request, "Call-ID"), sipHeader(request, "From")];
	const [to, target] = [sipHeader(request, "To"), contactOf(request) ?? senderOf(request)];
	const cseq = parseSipCseq(sipHeader(request, "CSeq"));
	if (callId === null || remote === null || to === null || target === null || cseq === null) return null;
	const route = uris(sipValues(request, "Record-Route"));
	const isSecure = /^sips:/i.test(request.uri);
	const ends = { localTag, remoteTag: sipTag(remote) ?? "", local: withTag(to, localTag), remote };
	return { callId, ...ends, target, route, localSeq: 0, remoteSeq: cseq.number, isSecure };
}

/** The same after a message that may move the other end (§12.2.1.2: target refresh). */
export function refreshTarget(dialog: Dialog, message: SipMessage): Dialog {
	const target = contactOf(message);
	return target === null ? dialog : { ...dialog, target };
}

/** The route that a 2xx has is the one of the confirmed dialog (§13.2.2.4). */
export function confirmedBy(dialog: Dialog, response: SipResponse): Dialog {
	const route = uris(sipValues(response, "Record-Route")).reverse();
	return refreshTarget({ ...dialog, route }, response);
}

/** Where a request within a dialog goes first, and what leads it on from there. */
export interface DialogWay {
	readonly requestUri: string;
	readonly nextHop: string;
	readonly headers: readonly SipHeader[];
}

/** By loose routing, or by a strict router's rules where the first of the route is one (§12.2.1.1). */
export function wayWithin({ target, route }: Dialog): DialogWay {
	const [first] = route;
	if (first === undefined) return { requestUri: target, nextHop: target, headers: [] };
	if (isLoose(first)) return { requestUri: target, nextHop: first, headers: route.map(routeHeader) };
	const headers = [...route.slice(1), target].map(routeHeader);
	return { requestUri: first, nextHop: first, headers };
}

/** Route, of one URI. */
export function routeHeader(uri: string): SipHeader {
	return { name: "Route", value: `<${uri}>` };
}

/** By what messages find their dialog. */
export function dialogKey(callId: string, localTag: string | null, remoteTag: string | null): string {
	return JSON.stringify([callId, localTag ?? "", remoteTag ?? ""]);
}

/** A To without a tag gets this one. */
export function withTag(to: string, tag: string): string {
	return sipTag(to) === null ? `${to};tag=${tag}` : to;
}

function isLoose(uri: string): boolean {
	const parsed = parseSipUri(uri);
	return parsed !== null && sipUriParameter(parsed, "lr") !== null;
}

/** Null: there is none, or it is nowhere that SIP leads. */
function contactOf(message: SipMessage): string | null {
	const uri = uris(sipValues(message, "Contact"))[0];
	const parsed = uri === undefined ? null : parseSipUri(uri);
	return uri === undefined || parsed === null || parsed.headers.length > 0 ? null : uri;
}

function senderOf(request: SipRequest): string | null {
	if (sipFields(request, "Contact").length > 0) return null;
	const uri = uris(sipFields(request, "From"))[0];
	return uri !== undefined && parseSipUri(uri) !== null ? uri : null;
}

function uris(values: readonly string[]): string[] {
	return values.flatMap((value) => parseSipNameAddress(value)?.uri ?? []);
}

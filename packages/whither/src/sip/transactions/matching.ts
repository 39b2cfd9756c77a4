/** By what messages are known to belong to a transaction (RFC 3261 §17.1.3, §17.2.3). */
import type { Envelope, RequestEnvelope } from "./envelope.ts";

/** A client transaction, by its request or by an answer. */
export function clientKey({ branch, cseq }: Envelope): string {
	return `${cseq.method} ${branch ?? ""}`;
}

/**
 * A server transaction, by its request, by the request sent again or by the ACK of a refusal; `method` where another is
 * meant. Of clients that know RFC 2543 alone: all that identifies the request.
 */
export function serverKey(request: RequestEnvelope, method = request.message.method): string {
	const { via, branch, message } = request;
	const sentBy = `${via.host}:${via.port ?? (via.transport === "TLS" ? 5061 : 5060)}`;
	const meant = method === "ACK" ? "INVITE" : method;
	if (branch !== null) return JSON.stringify([meant, branch, sentBy]);
	const { callId, fromTag, cseq } = request;
	return JSON.stringify([meant, "2543", message.uri, callId, fromTag, cseq.number, sentBy, via.parameters]);
}

/** What a request has in common with its copies that came another way (RFC 3261 §8.2.2.2). */
export function originOf({ callId, fromTag, cseq }: RequestEnvelope): string {
	return JSON.stringify([callId, fromTag, cseq.number, cseq.method]);
}

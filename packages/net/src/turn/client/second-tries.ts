/** Where it is worth asking for an allocation again after a server's refusal. */
import { mayPointAt, type TurnClientEvent } from "@whither/core";
import { addressFamily, isSameEndpoint } from "@whither/wire";
import type { TransportAddress } from "../../transport/transport.ts";
import type { RelayOrder } from "./relay-io.ts";

/** Ports that one server is asked from: two that it knows already in a row are no accident any more (RFC 8656 section 7.4). */
const MOST_PORTS = 3;

/**
 * The server to be asked next, from another port; null: none. After 437 it is the same, unless our port was chosen for us.
 * After 300 it is the one that was named, which core's client follows by itself where the same socket will do.
 */
export function placeAfter(
	{ why, alternate, mayFollow }: Extract<TurnClientEvent, { readonly kind: "failed" }>,
	order: RelayOrder,
	asked: readonly TransportAddress[],
): TransportAddress | null {
	const { server, sourcePort = 0 } = order;
	const timesAsked = asked.filter((one) => isSameEndpoint(one, server)).length;
	if (why === "allocationMismatch" && sourcePort === 0 && timesAsked < MOST_PORTS) return server;
	if (why !== "redirected" || alternate === null || !(mayFollow || isTrusted(order))) return null;
	const isNew = !asked.some((one) => isSameEndpoint(one, alternate));
	const servers = new Set(asked.map(({ address, port }) => `${address} ${port}`)).size;
	const inTime = servers <= (order.redirects ?? 1);
	return isNew && inTime && mayPointAt(server, alternate) ? { ...server, ...alternate } : null;
}

/** The order as that server gets it; a certificate is to be for the name that it was sent with (RFC 8489 §10), or its address. */
export function orderAt(
	next: TransportAddress,
	{ why, alternateDomain }: Extract<TurnClientEvent, { readonly kind: "failed" }>,
	order: RelayOrder,
): RelayOrder {
	const named = order.serverName !== undefined && addressFamily(order.serverName) === null ? order.serverName : null;
	const serverName = (why === "redirected" ? alternateDomain : null) ?? named ?? next.address;
	return { ...order, server: next, serverName };
}

/** TLS vouches for what comes through it; over TCP anybody on the way may have said it (RFC 8489 section 14.8). */
function isTrusted({ transport, followUnprotected = false }: RelayOrder): boolean {
	return transport === "tls" || (transport === "tcp" && followUnprotected);
}

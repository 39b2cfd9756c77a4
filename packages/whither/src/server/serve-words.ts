/** Why a place cannot be listened on, in one sentence without a full stop. */
import type { SystemError } from "@whither/core";
import type { StreamFailure, StunPlace } from "@whither/net/stun";
import { formatEndpoint } from "@whither/wire";
import { systemErrorSentence } from "../api/error-words.ts";

/** An address and a port in one word, `192.0.2.1:3478` or `[2001:db8::1]:3478`; null: every address. */
export function placeText(address: string | null, port: number): string {
	return address === null ? `*:${port}` : formatEndpoint({ address, port });
}

/** The sentence. */
export function listenSentence(place: StunPlace, error: SystemError | StreamFailure): string {
	const { transport, address, port } = place;
	const what = `${transport.toUpperCase()} ${placeText(address, port)}`;
	if (error.code === "tls") return `Certificate and key do not make a TLS server (${error.reason}: ${error.about})`;
	const where = `(${error.call}: ${error.errnoName})`;
	if (error.errnoName === "EADDRINUSE")
		return `${what} is taken by another program; stop that one or choose another port ${where}`;
	if (error.code === "permissionDenied")
		return `${what} needs CAP_NET_BIND_SERVICE, as ports below net.ipv4.ip_unprivileged_port_start do ${where}`;
	if (error.code === "addressNotAvailable")
		return `${address ?? "That address"} is no address of this machine; \`ip address\` lists those it has ${where}`;
	return systemErrorSentence(error, null);
}

/** Why the HTTP listener cannot be had, by the errno's name. */
export function httpSentence(
	name: string,
	{ address, port }: { readonly address: string; readonly port: number },
): string {
	const what = `HTTP ${placeText(address, port)}`;
	const where = `(listen: ${name})`;
	if (name === "EADDRINUSE")
		return `${what} is taken by another program; choose another port with --port, or do without (--no-http) ${where}`;
	if (name === "EACCES")
		return `${what} needs CAP_NET_BIND_SERVICE, as ports below net.ipv4.ip_unprivileged_port_start do ${where}`;
	return `${what} cannot be listened on ${where}`;
}

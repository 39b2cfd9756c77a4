/** Transports on a machine that tests move, and what is sent by them. */
import type { SipHop } from "./hop.ts";
import { bytesOf, FakeMachine, type FakeStream } from "./machine.fixture.ts";
import type { SipTransportOrder } from "./transport-io.ts";
import { SipTransports } from "./transports.ts";

/** A message of a stream. */
export const MESSAGE =
	"OPTIONS sip:you@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n";
/** Two empty lines. */
export const PING = "\r\n\r\n";
/** Hops that tests send to. */
export const TCP: SipHop = { transport: "tcp", address: "198.51.100.1", port: 5060 };
export const TLS: SipHop = { transport: "tls", address: "198.51.100.1", port: 5061, serverName: "example.com" };
export const UDP: SipHop = { transport: "udp", address: "198.51.100.1", port: 5060 };

/** Opens transports, and writes down what they tell. */
export async function opened(order: SipTransportOrder = {}, machine = new FakeMachine()) {
	const received: { readonly text: string; readonly from: SipHop }[] = [];
	const failed: { readonly to: SipHop; readonly why: string }[] = [];
	const transports = await SipTransports.open(
		order,
		{
			received: (bytes, from) =>
				received.push({
					from,
					get text() {
						return new TextDecoder().decode(bytes);
					},
				}),
			failed: (to, why) => failed.push({ to, why }),
		},
		machine,
	);
	if ("code" in transports) throw new Error(transports.code);
	return { machine, transports, received, failed };
}

/** Sends the message. */
export function send(transports: SipTransports, to: SipHop): void {
	transports.send(bytesOf(MESSAGE), to);
}
/** A stream comes to stand. */
export function opens(stream: FakeStream | undefined): void {
	const remote = { address: "198.51.100.1", port: 5060 };
	stream?.listener.opened({ local: { address: "192.0.2.1", port: 1 }, remote });
}

/** A stream brings bytes. */
export function hears(stream: FakeStream | undefined, text: string, at = 0): void {
	stream?.listener.received(bytesOf(text), at);
}

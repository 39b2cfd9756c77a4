/** Answers Binding requests on a service's places (core's STUN server), whatever else those serve. */
import { StunServer, type StunServerConfig, type StunServerOutput } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { Backend } from "../backend.ts";
import type {
	DatagramTransport,
	OutgoingDatagram,
	ReceivedDatagram,
	TransportAddress,
} from "../transport/transport.ts";
import type { StunServiceCounts } from "./places-io.ts";

/** What is answered beside RFC 8489. */
export type BindingOrder = Pick<StunServerConfig, "classic" | "limits">;

/** One service's. */
export class BindingAnswers {
	readonly counts = { received: 0, answered: 0, failed: 0, streams: 0 } satisfies StunServiceCounts;
	readonly #backend: Backend;
	readonly #sockets: readonly TransportAddress[];
	readonly #server: StunServer;

	/** `sockets`: the datagram sockets of the service, by their index. */
	constructor(backend: Backend, sockets: readonly TransportAddress[], { classic = false, limits }: BindingOrder) {
		this.#backend = backend;
		this.#sockets = sockets;
		this.#server = new StunServer({
			sockets: sockets.map(({ address, port }) => ({ address: { address, port } })),
			classic,
			...(limits === undefined ? {} : { limits }),
		});
	}

	/** Answers to one look at a socket leave together. */
	received(local: number, datagrams: readonly ReceivedDatagram[], sockets: readonly DatagramTransport[]): void {
		const answers = new Map<number, OutgoingDatagram[]>();
		for (const { bytes, from, to: source } of datagrams) {
			for (const output of this.#step({ bytes, from, local, transport: "datagram" })) {
				if (output.type !== "send") continue;
				const answer = { to: output.to, bytes: output.bytes, from: source };
				const sent = answers.get(output.local);
				if (sent === undefined) answers.set(output.local, [answer]);
				else sent.push(answer);
			}
		}
		for (const [socket, sent] of answers) sockets[socket]?.send(sent);
	}

	/** Answers to a message of a stream, which go back on it. `ours`: our end of the stream. */
	heard(bytes: Uint8Array, from: StunAddress, ours: TransportAddress): readonly Uint8Array[] {
		const local = this.#sockets.findIndex(({ address, port }) => address === ours.address && port === ours.port);
		const outputs = this.#step({ bytes, from, local, transport: "stream" });
		return outputs.flatMap((output) => (output.type === "send" ? [output.bytes] : []));
	}

	#step(input: Omit<Parameters<StunServer["step"]>[0], "type">): readonly StunServerOutput[] {
		this.counts.received++;
		const outputs = this.#server.step({ type: "received", ...input }, this.#backend.clock.now());
		if (outputs.some(({ type }) => type === "send")) this.counts.answered++;
		return outputs;
	}
}

/** Whether a message is of method Binding (RFC 8489 section 5: any class; RFC 3489's looks the same). */
export function isBinding(bytes: Uint8Array): boolean {
	return ((bytes[0] ?? 0xff) & 0xfe) === 0 && ((bytes[1] ?? 0) & 0xef) === 1;
}

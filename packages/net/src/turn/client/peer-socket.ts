/** A socket of our own that a relay sends to, known to it by the address that a STUN server sees. */
import { type Instant, StunClient, type StunClientOutput, type SystemError } from "@whither/core";
import { mappedAddressOf, type StunAddress } from "@whither/wire";
import { openBackend } from "../../backend.ts";
import { DelayedCall } from "../../delayed-call.ts";
import { isSystemError } from "../../errors.ts";
import { drawSecrets } from "../../probe-secrets.ts";
import { openDatagram } from "../../transport/open.ts";
import { sourceAddressFor } from "../../transport/source-address.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import { familyOf } from "./relay-leg.ts";

/** How one is opened. */
export interface PeerOrder {
	/** Whom it asks how it is seen: the relay's own server, of the family that the relay has addresses of. */
	readonly server: TransportAddress;
	/** Our address; null: as routed. */
	readonly source: string | null;
}

/** What it tells. */
export interface PeerListener {
	/** How the server sees it; null: that did not come out. */
	mapped(address: StunAddress | null): void;
	/** `bytes` are the listener's to keep. */
	received(from: StunAddress, bytes: Uint8Array, at: Instant): void;
}

/** An open one. */
export interface PeerSocket {
	readonly local: TransportAddress;
	send(to: StunAddress, bytes: Uint8Array): void;
	close(): void;
}

/** At 0, 0.25 and 0.75 s, given up after 1.75. */
const SCHEDULE = { rtoNs: 250e6, maximumRtoNs: Number.POSITIVE_INFINITY, transmissions: 3, lastWait: 4 } as const;

/** Opens one, or says which call failed. */
export function openPeerSocket({ server, source }: PeerOrder, listener: PeerListener): PeerSocket | SystemError {
	const backend = openBackend();
	if (isSystemError(backend)) return backend;
	const { clock } = backend;
	const family = familyOf(server);
	const address = source ?? sourceAddressFor(backend, { family, ...server });
	if (isSystemError(address)) return address;
	const stun = new StunClient({ secret: drawSecrets(backend).secret, schedule: SCHEDULE });
	const zone = server.zone === undefined ? {} : { zone: server.zone };
	const socket = openDatagram(
		backend,
		{ family, address, port: 0, use: "client", ...zone },
		{
			received: (datagrams) => {
				for (const { bytes, from, at } of datagrams) {
					const place = { address: from.address, port: from.port };
					if (from.address === to.address && from.port === to.port) {
						obey(stun.step({ type: "received", bytes, from: place, at }, clock.now()));
					} else listener.received(place, bytes, at);
				}
			},
			failed: () => {},
		},
	);
	if (isSystemError(socket)) return socket;
	const to = { address: server.address, port: server.port };
	const timer = new DelayedCall(clock, () => obey(stun.step({ type: "timer" }, clock.now())));
	const obey = (outputs: readonly StunClientOutput[]): void => {
		for (const output of outputs) {
			if (output.type === "send") socket.send([{ to: { ...output.to, ...zone }, bytes: output.bytes }]);
			else if (output.type === "event") {
				listener.mapped(output.event.kind === "success" ? mappedAddressOf(output.event.message) : null);
			}
		}
		timer.arm(stun.deadline?.at ?? null);
	};
	queueMicrotask(() => obey(stun.step({ type: "request", request: { key: 0, to, method: "binding" } }, clock.now())));
	return {
		local: socket.local,
		send: (peer, bytes) => socket.send([{ to: { ...peer, ...zone }, bytes }]),
		close: () => {
			timer.arm(null);
			socket.close();
		},
	};
}

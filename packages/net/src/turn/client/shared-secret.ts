/** A name and a password for one binding of an early relay, from its Shared Secret server over TLS (RFC 3489 section 9.2). */
import {
	type EarlyRelayUser,
	SharedSecretClient,
	type SharedSecretClientInput,
	type SharedSecretClientOutput,
} from "@whither/core";
import { openBackend } from "../../backend.ts";
import { DelayedCall } from "../../delayed-call.ts";
import { isSystemError } from "../../errors.ts";
import { drawSecrets } from "../../probe-secrets.ts";
import { StreamMessages } from "../../serving/stream-messages.ts";
import { openStreamToServer } from "../../transport/stream-to-server.ts";
import type { StreamFailure, StreamTransport, TransportAddress } from "../../transport/transport.ts";

/** Whom to ask, and as whom. */
export interface SharedSecretOrder {
	readonly server: TransportAddress;
	/** That TLS vouches for; the address where absent. */
	readonly serverName?: string;
	/** Certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string;
	/** A user of the server's realm. */
	readonly user: EarlyRelayUser;
	/** 10 s when absent. */
	readonly timeoutMs?: number;
}

/** Why none was given; `failure`: what became of the stream, where that is why. */
export type SharedSecretRefusal = Extract<SharedSecretClientOutput, { readonly type: "failed" }> & {
	readonly failure: StreamFailure | null;
};

/** Asks once; never rejects. */
export function askSharedSecret(order: SharedSecretOrder): Promise<EarlyRelayUser | SharedSecretRefusal> {
	const backend = openBackend();
	if (isSystemError(backend))
		return Promise.resolve({ type: "failed", why: "closed", error: null, failure: backend } as const);
	const { server, serverName, authorities, user, timeoutMs } = order;
	const { secret } = drawSecrets(backend);
	const client = new SharedSecretClient({ secret, user, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
	const messages = new StreamMessages({ channelData: false, classic: true });
	const { clock } = backend;
	return new Promise((resolve) => {
		let stream: StreamTransport | null = null;
		const timer = new DelayedCall(clock, () => step({ type: "timer" }));
		const end = (result: EarlyRelayUser | SharedSecretRefusal) => {
			timer.arm(null);
			stream?.destroy();
			resolve(result);
		};
		const step = (input: SharedSecretClientInput, failure: StreamFailure | null = null) => {
			for (const output of client.step(input, clock.now())) {
				if (output.type === "send") stream?.send(output.bytes);
				else end(output.type === "given" ? output.user : { ...output, failure });
			}
			timer.arm(client.deadline?.at ?? null);
		};
		const listener = {
			opened: () => step({ type: "opened" }),
			received: (bytes: Uint8Array) => {
				for (const message of messages.push(bytes)) step({ type: "received", bytes: message });
				if (messages.broken) step({ type: "closed" });
			},
			closed: (failure: StreamFailure | null) => step({ type: "closed" }, failure),
		};
		step({ type: "timer" });
		const names = {
			...(serverName === undefined ? {} : { serverName }),
			...(authorities === undefined ? {} : { authorities }),
		};
		stream = openStreamToServer({ server, transport: "tls", ...names }, listener, clock);
	});
}

/** Whether none was given. */
export function isSharedSecretRefusal(value: EarlyRelayUser | SharedSecretRefusal): value is SharedSecretRefusal {
	return "why" in value;
}

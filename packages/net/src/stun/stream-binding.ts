/** One Binding request over TCP or TLS: the address that streams come from, as the server sees it. */
import {
	type NatBehaviour,
	nothingFound,
	StunClient,
	type StunClientInput,
	type StunClientOutput,
} from "@whither/core";
import { attributeOf, mappedAddressOf, type StunAddress } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { DelayedCall } from "../delayed-call.ts";
import { defectText } from "../errors.ts";
import { drawSecrets } from "../probe-secrets.ts";
import { StreamMessages } from "../serving/stream-messages.ts";
import { openStreamToServer } from "../transport/stream-to-server.ts";
import type { StreamEnds, StreamFailure, StreamTransport } from "../transport/transport.ts";
import type { RunningStun, StunFindings, StunOrder, StunRunMessage } from "./discovery-io.ts";

/** For connecting, TLS and the answer together, where the order sets no limit. */
const PATIENCE_MS = 10_000;

/** Our end of a stream that never stood. */
const UNKNOWN: StunAddress = { address: "", port: 0 };

/** Starts it; messages begin after this has returned. */
export function runStreamBinding(
	backend: Backend,
	order: StunOrder,
	on: (message: StunRunMessage) => void,
): RunningStun {
	const run = new StreamRun(backend, order, on);
	queueMicrotask(() => run.start());
	return { stop: () => run.end({ ended: "interrupted" }) };
}

/** What is to be said at the end. */
type Ending = Partial<Pick<StunFindings, "ended" | "error">> & { readonly behaviour?: Partial<NatBehaviour> };

class StreamRun {
	readonly #backend: Backend;
	readonly #order: StunOrder;
	readonly #on: (message: StunRunMessage) => void;
	readonly #client: StunClient;
	readonly #messages = new StreamMessages({ channelData: false });
	readonly #limit: DelayedCall;
	readonly #counters = { sent: 0, received: 0, foreign: 0 };
	#stream: StreamTransport | null = null;
	#ends: StreamEnds | null = null;
	#over = false;

	constructor(backend: Backend, order: StunOrder, on: (message: StunRunMessage) => void) {
		this.#backend = backend;
		this.#order = order;
		this.#on = on;
		this.#client = new StunClient({ secret: drawSecrets(backend).secret, transport: "stream" });
		const ended = order.timeoutMs === null ? "complete" : "timeout";
		this.#limit = new DelayedCall(backend.clock, () => this.end({ ended, behaviour: { failure: "timeout" } }));
	}

	start(): void {
		if (this.#over) return;
		const { timeoutMs } = this.#order;
		const { clock } = this.#backend;
		this.#limit.arm(clock.now() + (timeoutMs ?? PATIENCE_MS) * 1e6);
		const listener = {
			opened: (ends: StreamEnds) => this.#opened(ends),
			received: (bytes: Uint8Array, at: number) => this.#received(bytes, at),
			closed: (failure: StreamFailure | null) => this.#closed(failure),
		};
		this.#stream = openStreamToServer(this.#order, listener, clock);
	}

	/** Closes the stream and tells the result. */
	end({ ended = "complete", error = null, behaviour = {} }: Ending): void {
		const { address, port } = this.#ends?.local ?? UNKNOWN;
		const found = { ...nothingFound(this.#server, { address, port }), ...behaviour };
		const findings: StunFindings = {
			behaviour: found,
			ended,
			error,
			stamps: "user",
			backend: this.#backend.name,
			counters: { ...this.#counters },
		};
		this.#finish({ type: "result", findings });
	}

	#finish(message: StunRunMessage): void {
		if (this.#over) return;
		this.#over = true;
		this.#limit.arm(null);
		this.#stream?.destroy();
		this.#on(message);
	}

	#opened(ends: StreamEnds): void {
		this.#ends = ends;
		this.#step({ type: "request", request: { key: 0, to: this.#server, method: "binding" } });
	}

	#received(bytes: Uint8Array, at: number): void {
		for (const message of this.#messages.push(bytes)) {
			this.#counters.received++;
			this.#step({ type: "received", bytes: message, from: this.#server, at });
		}
		if (this.#messages.broken) this.end({ behaviour: { failure: "closed" } });
	}

	#closed(failure: StreamFailure | null): void {
		this.end({ error: failure, behaviour: { failure: this.#ends === null ? "unreachable" : "closed" } });
	}

	#step(input: StunClientInput): void {
		try {
			for (const output of this.#client.step(input, this.#backend.clock.now())) this.#take(output);
		} catch (defect) {
			this.#finish({ type: "failed", error: { code: "internal", where: "stun", about: defectText(defect) } });
		}
	}

	#take(output: StunClientOutput): void {
		if (output.type === "send") {
			this.#counters.sent++;
			this.#stream?.send(output.bytes);
			return;
		}
		if (output.type === "ignored") {
			this.#counters.foreign++;
			return;
		}
		const { event } = output;
		if (event.kind === "failed") this.end({ behaviour: { failure: event.why, error: event.error } });
		else if (event.kind === "error") this.end({ behaviour: { failure: "error", error: event.error } });
		else if (event.kind === "success") {
			const { message, rttNs } = event;
			const mapped = mappedAddressOf(message);
			this.#answered(mapped, attributeOf(message, "otherAddress") ?? null, rttNs);
		}
	}

	#answered(mappedAddress: StunAddress | null, otherAddress: StunAddress | null, rttNs: number | null): void {
		if (mappedAddress === null) {
			this.end({ behaviour: { failure: "error", rttNs } });
			return;
		}
		this.#on({ type: "event", event: { kind: "mapped", mappedAddress, rttNs } });
		const { address, port } = this.#ends?.local ?? UNKNOWN;
		const mapping = mappedAddress.address === address && mappedAddress.port === port ? "none" : "unknown";
		this.end({ behaviour: { mappedAddress, otherAddress, rttNs, mapping } });
	}

	get #server(): StunAddress {
		const { address, port } = this.#order.server;
		return { address, port };
	}
}

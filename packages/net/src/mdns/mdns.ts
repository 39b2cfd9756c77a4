/** Multicast DNS on the links of this machine (RFC 6762): others' names are looked up, and random ones of ours published. */
import { isMdnsName, MdnsAgent, type MdnsInput, mdnsNameKey, type SystemError } from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import { DelayedCall } from "../delayed-call.ts";
import { isSystemError } from "../errors.ts";
import { addressesInUse, type GatherOptions, type HostAddress } from "../interfaces/host-address.ts";
import { hostAddressesBy } from "../interfaces/host-addresses.ts";
import { type HostAddressWatch, watchHostAddresses } from "../interfaces/watch.ts";
import { type MdnsLink, MdnsLinks } from "./mdns-links.ts";

/** On which links it is spoken, and how; without the loopback where there are others, unless that is asked for. */
export interface MdnsOrder extends GatherOptions {
	/** How long a name is asked for; 3500 when absent. */
	readonly timeoutMs?: number;
	/** Links that come and go are heeded; true when absent. */
	readonly watch?: boolean;
}

/** Multicast DNS, from `openMdns` to `close`; until then the process is kept alive. */
export interface Mdns {
	/** The links that it is spoken on now. */
	readonly links: readonly MdnsLink[];
	/**
	 * A new name for an address of ours, a UUID below `.local`, for whoever asks on any link from now on
	 * (draft-ietf-mmusic-mdns-ice-candidates section 3.1.1). Null: port 5353 cannot be had on any link, so nobody would be
	 * answered. Throws RangeError for what is no address.
	 */
	publish(address: string): string | null;
	/** It stands for nothing any more. */
	withdraw(name: string): void;
	/** The address of a name, without a zone; null: nobody has said in time, or it is no name of one label below `.local`. */
	resolve(name: string): Promise<string | null>;
	/** Says that our names are gone, and gives up what is asked for. */
	close(): void;
}

/**
 * Begins to speak. An error is one of the system as a whole: that a link cannot be spoken on, or none, is none, for it may
 * come to be.
 */
export function openMdns(order: MdnsOrder = {}, backend: Backend | SystemError = openBackend()): Mdns | SystemError {
	if (isSystemError(backend)) return backend;
	const run = new MdnsRun(order, backend);
	const failed = run.begin();
	if (failed === null) return run;
	run.close();
	return failed;
}

class MdnsRun implements Mdns {
	readonly #order: MdnsOrder;
	readonly #backend: Backend;
	readonly #agent: MdnsAgent;
	readonly #links: MdnsLinks;
	readonly #timer: DelayedCall;
	/** Who waits for a name. */
	readonly #waiting = new Map<string, ((address: string | null) => void)[]>();
	#watch: HostAddressWatch | null = null;
	#open = true;

	constructor(order: MdnsOrder, backend: Backend) {
		this.#order = order;
		this.#backend = backend;
		this.#agent = new MdnsAgent(order.timeoutMs === undefined ? {} : { timeoutMs: order.timeoutMs });
		this.#timer = new DelayedCall(backend.clock, () => this.#step({ type: "timer" }));
		this.#links = new MdnsLinks(backend, {
			opened: (socket, use) => this.#step({ type: "opened", socket, use }),
			received: (socket, from, bytes) => this.#step({ type: "received", socket, from, bytes }),
			closed: (socket) => this.#step({ type: "closed", socket }),
		});
	}

	begin(): SystemError | null {
		if (this.#order.watch !== false) {
			const watch = watchHostAddresses({ changed: ({ all }) => this.#change(all) }, this.#backend);
			if (isSystemError(watch)) return watch;
			this.#watch = watch;
		}
		const all = this.#watch?.addresses ?? hostAddressesBy(this.#backend);
		if (isSystemError(all)) return all;
		this.#change(all);
		return null;
	}

	get links(): readonly MdnsLink[] {
		return this.#links.list;
	}

	publish(address: string): string | null {
		if (!this.#open || !this.links.some(({ use }) => use === "full")) return null;
		const name = `${crypto.randomUUID()}.local`;
		this.#step({ type: "publish", name, address });
		return name;
	}

	withdraw(name: string): void {
		this.#step({ type: "withdraw", name });
	}

	resolve(name: string): Promise<string | null> {
		if (!this.#open || !isMdnsName(name)) return Promise.resolve(null);
		return new Promise((resolve) => {
			const key = mdnsNameKey(name);
			this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
			this.#step({ type: "resolve", name });
		});
	}

	close(): void {
		if (!this.#open) return;
		this.#step({ type: "close" });
		this.#open = false;
		this.#timer.arm(null);
		this.#watch?.close();
		this.#links.close();
	}

	#change(all: readonly HostAddress[]): void {
		if (this.#open) this.#links.change(addressesInUse(all, this.#order));
	}

	#step(input: MdnsInput): void {
		if (!this.#open) return;
		for (const output of this.#agent.step(input, this.#backend.clock.now())) {
			if (output.type === "send") this.#links.send(output.socket, output.to, output.bytes);
			else if (output.type === "event") this.#resolved(output.event.name, output.event.address);
		}
		this.#timer.arm(this.#agent.deadline?.at ?? null);
	}

	#resolved(name: string, address: string | null): void {
		const key = mdnsNameKey(name);
		const waiting = this.#waiting.get(key) ?? [];
		this.#waiting.delete(key);
		for (const resolve of waiting) resolve(address);
	}
}

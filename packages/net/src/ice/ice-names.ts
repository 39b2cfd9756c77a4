/** Names instead of addresses: those that the peer tells are looked up, and ours are told where addresses are not to be. */
import type { SystemError } from "@whither/core";
import { isSystemError } from "../errors.ts";
import type { Mdns } from "../mdns/mdns.ts";
import type { IceOrder } from "./ice-io.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** Those of one connection. Multicast DNS is spoken from the first use to `close`. */
export class IceNames {
	readonly #order: IceOrder;
	readonly #machine: Pick<IceSurroundings, "resolve" | "openMdns">;
	readonly #published = new Map<string, string>();
	/** An error where it could not be had. */
	#mdns: Mdns | SystemError | null = null;

	constructor(order: IceOrder, machine: Pick<IceSurroundings, "resolve" | "openMdns">) {
		this.#order = order;
		this.#machine = machine;
	}

	/**
	 * What is told instead of an address of ours; null: the address itself. Where nobody can be answered it is a name all the
	 * same (draft-ietf-mmusic-mdns-ice-candidates section 3.1): whoever wants it hidden would rather not be reached there.
	 */
	nameOf(address: string): string | null {
		if (this.#order.mdns !== "publish") return null;
		const known = this.#published.get(address);
		if (known !== undefined) return known;
		const mdns = this.#open();
		const name = (isSystemError(mdns) ? null : mdns.publish(address)) ?? `${crypto.randomUUID()}.local`;
		this.#published.set(address, name);
		return name;
	}

	/** The address of a name; null: there is none. */
	async resolve(name: string): Promise<string | null> {
		if (!/\.local\.?$/i.test(name)) return this.#machine.resolve(name);
		if (this.#order.mdns === "off") return null;
		for (const [address, ours] of this.#published) if (ours === name) return address;
		const mdns = this.#open();
		return isSystemError(mdns) ? null : mdns.resolve(name);
	}

	close(): void {
		if (this.#mdns !== null && !isSystemError(this.#mdns)) this.#mdns.close();
	}

	#open(): Mdns | SystemError {
		const { families, loopback = false, allowInterface, watch = true } = this.#order;
		this.#mdns ??= this.#machine.openMdns({
			...{ loopback, watch },
			...(families === undefined ? {} : { families }),
			...(allowInterface === undefined ? {} : { allowInterface }),
		});
		return this.#mdns;
	}
}

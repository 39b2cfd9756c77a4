import type { StunAddress } from "@whither/wire";
import type { FirstDraftBase } from "./first-draft-io.ts";

/** RTP, or anything that is no RTCP; and RTCP. */
export type Component = 1 | 2;

/** A socket of the driver's. */
export interface Base {
	readonly number: number;
	readonly place: StunAddress;
	readonly component: Component;
}

/** Where a stream can be had at: its socket, and where it is RTP a second one for RTCP at the same address. */
export interface Site {
	readonly stream: number;
	/** By component. */
	readonly bases: readonly Base[];
	/** RTP's base. */
	readonly base: Base;
	readonly vpn: boolean;
}

interface Known {
	readonly base: Base;
	readonly at: FirstDraftBase;
	readonly stream: number;
	site: Site | null;
}

/** The driver's sockets, put together as sites. One that waits for RTCP's is none yet. */
export class Sites {
	readonly #streams: readonly { readonly rtcp: boolean }[];
	readonly #known = new Map<number, Known>();

	constructor(streams: readonly { readonly rtcp: boolean }[]) {
		this.#streams = streams;
	}

	/** The site that is whole by this socket; null: none. A number that was used before, or a stream that is none, is no socket. */
	add(number: number, at: FirstDraftBase): Site | null {
		const { stream = 0, component = 1, address, port } = at;
		const kind = this.#streams[stream];
		if (kind === undefined || this.#known.has(number) || (component === 2 && !kind.rtcp)) return null;
		const base: Base = { number, place: { address, port }, component };
		const known: Known = { base, at, stream, site: null };
		this.#known.set(number, known);
		return kind.rtcp ? this.#join(known) : this.#settle([known]);
	}

	/** The site that is no more. */
	remove(number: number): Site | null {
		const known = this.#known.get(number);
		this.#known.delete(number);
		for (const other of this.#known.values()) if (known?.site === other.site) other.site = null;
		return known?.site ?? null;
	}

	has(number: number): boolean {
		return this.#known.has(number);
	}

	base(number: number): Base | null {
		return this.#known.get(number)?.base ?? null;
	}

	/** The stream of a socket; 0 of none. */
	streamOf(number: number): number {
		return this.#known.get(number)?.stream ?? 0;
	}

	/** Whether a stream is RTP. */
	isRtp(stream: number): boolean {
		return this.#streams[stream]?.rtcp === true;
	}

	/** Of a stream, in the order that the driver told them. */
	of(stream: number): readonly Site[] {
		const sites = [...this.#known.values()].filter((known) => known.stream === stream && known.base.component === 1);
		return sites.flatMap(({ site }) => site ?? []);
	}

	/** With the first that waits at the same address for the other component. */
	#join(one: Known): Site | null {
		for (const other of this.#known.values()) {
			const fits = other.site === null && other.stream === one.stream && other.at.address === one.at.address;
			if (!fits || other.base.component === one.base.component) continue;
			return this.#settle(one.base.component === 1 ? [one, other] : [other, one]);
		}
		return null;
	}

	#settle(parts: readonly [Known, ...Known[]]): Site {
		const [{ base, stream, at }] = parts;
		const site: Site = { stream, base, bases: parts.map((part) => part.base), vpn: at.vpn === true };
		for (const part of parts) part.site = site;
		return site;
	}
}

/** Whether it is an IPv6 address; sockets and servers are asked of each other within one family. */
export function isIpv6({ address }: StunAddress): boolean {
	return address.includes(":");
}

/** One address, as text for maps. */
export function placeKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}

/** The place above, where RTCP is unless something else is said; null: there is none. */
export function portAbove({ address, port }: StunAddress): StunAddress | null {
	return port < 0xffff ? { address, port: port + 1 } : null;
}

import { type HmacKey, isSameEndpoint, type SdpAlt, type StunAddress, shortTermKey } from "@whither/wire";
import { CheckMemory } from "./check-memory.ts";
import type { FirstDraftAddress, FirstDraftOrigin } from "./first-draft-io.ts";
import type { Outlet } from "./outlet.ts";
import type { Secrets } from "./secrets.ts";
import { type Component, portAbove, type Site } from "./sites.ts";

/** Addresses of ours at most: what STUN servers and peers say to us makes new ones. */
const MOST_ADDRESSES = 64;

/** What an address of ours is made of. */
export interface OwnAddressParts {
	readonly site: Site;
	readonly origin: FirstDraftOrigin;
	/** By component. */
	readonly places: readonly StunAddress[];
	readonly q: number;
	/** The peer's address that it was learned from. */
	readonly derivedFrom?: string;
	readonly server?: StunAddress;
}

/** A transport address of ours. */
export class OwnAddress {
	readonly parts: OwnAddressParts;
	readonly alt: SdpAlt;
	/** What checks of it are signed with. */
	readonly key: HmacKey;
	readonly memory = new CheckMemory();
	/** Components that a check has come to. */
	readonly heard = new Set<Component>();
	told = false;
	freed = false;

	constructor(parts: OwnAddressParts, alt: SdpAlt) {
		this.parts = parts;
		this.alt = alt;
		this.key = shortTermKey(alt.password);
	}

	get site(): Site {
		return this.parts.site;
	}

	get stream(): number {
		return this.parts.site.stream;
	}

	/** A check of each component has come. */
	get reached(): boolean {
		return this.heard.size === this.site.bases.length;
	}

	/** Checks that came from these places count again, whoever has been there in between. */
	recall(places: readonly StunAddress[]): void {
		for (const { number, component } of this.site.bases)
			if (this.memory.hasHeard(number, places)) this.heard.add(component);
	}

	report(): FirstDraftAddress {
		const { stream, alt, freed, reached, parts } = this;
		const { origin, site, server = null } = parts;
		return { stream, alt, origin, base: site.base.number, server, freed, reached };
	}
}

/** All addresses of ours, of all streams. */
export class Addresses {
	readonly #outlet: Outlet;
	readonly #secrets: Secrets;
	#all: OwnAddress[] = [];
	readonly #byUsername = new Map<string, OwnAddress>();
	#lastId = 0;

	constructor(outlet: Outlet, secrets: Secrets) {
		this.#outlet = outlet;
		this.#secrets = secrets;
	}

	get all(): readonly OwnAddress[] {
		return this.#all;
	}

	/** Those that are not given back. */
	of(stream: number): readonly OwnAddress[] {
		return this.#all.filter((address) => address.stream === stream && !address.freed);
	}

	withUsername(username: string): OwnAddress | null {
		return this.#byUsername.get(username) ?? null;
	}

	/** One that the peer has been told, by its id. */
	told(stream: number, id: string): OwnAddress | null {
		return this.of(stream).find(({ alt, told }) => told && alt.id === id) ?? null;
	}

	/** Whether a stream is known to be had here, or to have been (rules 1 and 16). */
	isKnown(stream: number, component: Component, place: StunAddress): boolean {
		return this.#all.some((own) => {
			const at = own.parts.places[component - 1];
			return own.stream === stream && at !== undefined && isSameEndpoint(at, place);
		});
	}

	/** A new one; null: we have it already, or have too many. */
	add(parts: OwnAddressParts): OwnAddress | null {
		const { stream } = parts.site;
		const isNew = parts.places.some((place, index) => !this.isKnown(stream, index === 0 ? 1 : 2, place));
		if (!isNew || this.#all.length >= MOST_ADDRESSES) return null;
		const address = new OwnAddress(parts, this.#alt(parts));
		this.#all.push(address);
		this.#byUsername.set(address.alt.username, address);
		this.#outlet.tell({ kind: "address", address: address.report() });
		return address;
	}

	/** Its sockets are gone, and what they had is not known any more. */
	removeSite(site: Site): void {
		for (const address of this.#all) if (address.site === site) this.free(address);
		this.#all = this.#all.filter((address) => address.site !== site);
	}

	/** It answers no more. */
	free(address: OwnAddress): void {
		if (address.freed) return;
		address.freed = true;
		this.#byUsername.delete(address.alt.username);
		this.#outlet.tell({ kind: "freed", address: address.report() });
	}

	#alt({ places: [at, rtcp], q, derivedFrom }: OwnAddressParts): SdpAlt {
		if (at === undefined) throw new RangeError("an address without a place");
		const above = portAbove(at);
		const isAbove = rtcp === undefined || (above !== null && isSameEndpoint(rtcp, above));
		const named = { id: String(++this.#lastId), q, derivedFrom: derivedFrom ?? null, ...this.#secrets.credentials() };
		return { ...named, at, rtcp: isAbove ? null : rtcp };
	}
}

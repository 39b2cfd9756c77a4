import { isSameEndpoint, type StunAddress } from "@whither/wire";
import { type Check, mayReach, placesOf } from "./check.ts";
import type { Checks } from "./checks.ts";
import type { FirstDraftStream } from "./first-draft-io.ts";
import type { Ground } from "./ground.ts";
import { comparePriority } from "./qvalues.ts";
import type { Site } from "./sites.ts";

/** Where a stream's media goes. */
interface Way {
	readonly site: Site;
	/** By component. */
	readonly places: readonly StunAddress[];
	/** What has shown that it arrives; null: nothing, it is what `m=` and `c=` say. */
	readonly check: Check | null;
}

/** Where media is sent: to `m=` and `c=` at first, then to ever better addresses and never to a lesser one again (rules 18 to 20). */
export class Sending {
	readonly #ground: Ground;
	readonly #checks: Checks;
	/** What the peer has said last, of streams that it takes. */
	readonly #described = new Map<number, FirstDraftStream>();
	readonly #ways = new Map<number, Way>();
	/** The best that was ever used: below it nothing is. */
	readonly #floors = new Map<number, Check>();

	constructor(ground: Ground, checks: Checks) {
		this.#ground = ground;
		this.#checks = checks;
	}

	way(stream: number): Way | null {
		return this.#ways.get(stream) ?? null;
	}

	/** What the peer's description says; null: it has refused the stream. */
	describe(stream: number, described: FirstDraftStream | null): void {
		const wasSent = this.#ways.has(stream);
		if (described !== null) this.#follow(stream, described);
		else {
			this.#described.delete(stream);
			this.#ways.delete(stream);
		}
		if (wasSent) this.#tellSilence(stream);
	}

	#follow(stream: number, described: FirstDraftStream): void {
		this.#described.set(stream, described);
		this.#leaveWithdrawn(stream);
		// A check that has succeeded is worth more than anything that is only told.
		if (this.#floors.has(stream)) this.restore(stream);
		else this.#begin(stream, described);
	}

	/**
	 * Deviation: §5.6 never lets media turn to a lesser address. Where the one that it goes to is told no more, as of a peer that has moved or
	 * another that has taken its call, nobody may be there any longer: the best of what is told takes its place.
	 */
	#leaveWithdrawn(stream: number): void {
		const floor = this.#floors.get(stream);
		if (floor === undefined || this.#checks.at(stream, floor.peer.alt.at) !== null) return;
		this.#floors.delete(stream);
		this.#ways.delete(stream);
		for (const check of this.#checks.succeeded(stream)) this.verified(check);
	}

	/**
	 * One more address works. Deviation: until its own check has succeeded, what `m=` and `c=` say is less than any that has, whatever its
	 * q-value (§5.6 compares those alone): where it does not work at all, it must not keep media from an address that does.
	 */
	verified(check: Check): void {
		const { stream, alt } = check.peer;
		const floor = this.#floors.get(stream);
		const gain = floor === undefined ? 1 : comparePriority(alt, floor.peer.alt);
		const isTaken = gain > 0 || (gain === 0 && !this.#ways.has(stream));
		if (!isTaken || !this.#described.has(stream) || !this.#checks.isUsable(check)) return;
		this.#floors.set(stream, check);
		this.#go(stream, { site: check.site, places: check.peer.places, check });
	}

	/** Where nothing is sent to and something could be: by what has been used last, or is as good; at the beginning to `m=` and `c=`. */
	restore(stream: number): void {
		if (this.#ways.has(stream)) return;
		const [floor, described] = [this.#floors.get(stream), this.#described.get(stream)];
		if (floor !== undefined) for (const check of [floor, ...this.#checks.succeeded(stream)]) this.verified(check);
		else if (described !== undefined) this.#begin(stream, described);
	}

	/** A socket is gone. Another that reaches as good an address takes its place; else there is none (rule 19). */
	removeSite(site: Site): void {
		const { stream } = site;
		if (this.#ways.get(stream)?.site !== site) return;
		this.#ways.delete(stream);
		this.restore(stream);
		this.#tellSilence(stream);
	}

	end(): void {
		this.#ways.clear();
		this.#described.clear();
	}

	#begin(stream: number, described: FirstDraftStream): void {
		const { destination: at, rtcp } = described;
		const site = at === null ? null : this.#siteFor(stream, at);
		if (at === null || site === null) {
			this.#ways.delete(stream);
			return;
		}
		const places = placesOf({ at, rtcp }, this.#ground.sites.isRtp(stream));
		// RTCP that can go nowhere keeps no media back.
		this.#go(stream, { site, places: mayReach(site, places) ? places : [at], check: null });
	}

	/** Rule 18: where the same address is told as an alternative too, media leaves where its check does. */
	#siteFor(stream: number, destination: StunAddress): Site | null {
		const same = this.#checks.at(stream, destination);
		const [checked] = same === null ? [] : this.#checks.sitesFor(same);
		if (checked !== undefined) return checked;
		return this.#ground.sites.of(stream).find((site) => mayReach(site, [destination])) ?? null;
	}

	#tellSilence(stream: number): void {
		if (!this.#ways.has(stream)) this.#ground.outlet.tell({ kind: "silent", stream });
	}

	#go(stream: number, way: Way): void {
		const before = this.#ways.get(stream);
		this.#ways.set(stream, way);
		const [to] = way.places;
		const alt = way.check?.peer.alt ?? null;
		if (to === undefined || (before !== undefined && isSameWay(before, way))) return;
		this.#ground.outlet.tell({ kind: "sending", stream, base: way.site.base.number, to, alt });
	}
}

function isSameWay(one: Way, other: Way): boolean {
	const isThere = one.places.every((place, index) => {
		const same = other.places[index];
		return same !== undefined && isSameEndpoint(place, same);
	});
	return isThere && one.site === other.site && one.check?.peer === other.check?.peer;
}

import type { StunAddress } from "@whither/wire";
import type { Deadline, Instant } from "../../machine.ts";
import { mappedBy } from "../../stun/answers.ts";
import { type Ground, gatherTimeoutNs } from "./ground.ts";
import { qvalueOf } from "./qvalues.ts";
import type { Answer } from "./requests.ts";
import { type Base, isIpv6, type Site } from "./sites.ts";

/** A STUN server that a site asks, from each of its sockets. */
interface Asked {
	readonly site: Site;
	readonly server: StunAddress;
	readonly endsAt: Instant;
	/** By base. */
	readonly keys: Map<number, number>;
	/** By component. */
	readonly mapped: (StunAddress | undefined)[];
}

/** Finds how STUN servers see our sockets (rule 1), and says when all is found. */
export class Gathering {
	readonly #ground: Ground;
	readonly #asked = new Set<Asked>();
	/** Whether a relay is still waited for. */
	readonly #awaitsRelays: () => boolean;
	#basesComplete = false;
	#isTold = false;

	constructor(ground: Ground, awaitsRelays: () => boolean) {
		this.#ground = ground;
		this.#awaitsRelays = awaitsRelays;
	}

	/** Nobody is waited for any more, and that has been told. */
	get isComplete(): boolean {
		return this.#isTold;
	}

	get deadline(): Deadline | null {
		let at = Number.POSITIVE_INFINITY;
		for (const { endsAt } of this.#asked) at = Math.min(at, endsAt);
		return at === Number.POSITIVE_INFINITY ? null : { at, why: "gathering" };
	}

	begin(site: Site, now: Instant): void {
		this.#isTold = false;
		const family = isIpv6(site.base.place);
		for (const server of this.#ground.config.stunServers ?? [])
			if (isIpv6(server) === family) this.#ask(site, server, now);
	}

	basesComplete(): void {
		this.#basesComplete = true;
	}

	remove(site: Site, now: Instant): void {
		for (const each of this.#asked) if (each.site === site) this.#end(each, now);
	}

	end(now: Instant): void {
		for (const each of this.#asked) this.#end(each, now);
	}

	overdue(now: Instant): void {
		for (const each of this.#asked) if (each.endsAt <= now) this.#fail(each, each.site.base, "timeout", now);
	}

	/** Tells once when nobody is waited for any more. */
	conclude(): void {
		if (this.#isTold || !this.#basesComplete || this.#asked.size > 0 || this.#awaitsRelays()) return;
		this.#isTold = true;
		this.#ground.outlet.tell({ kind: "gathered" });
	}

	#ask(site: Site, server: StunAddress, now: Instant): void {
		const endsAt = now + gatherTimeoutNs(this.#ground.config);
		const asked: Asked = { site, server, endsAt, keys: new Map(), mapped: [] };
		this.#asked.add(asked);
		for (const base of site.bases) {
			const ended = (answer: Answer, at: Instant) => this.#ended(asked, base, answer, at);
			const key = this.#ground.requests.ask({ base: base.number, to: server }, { ended }, now);
			asked.keys.set(base.number, key);
		}
	}

	#ended(asked: Asked, base: Base, answer: Answer, now: Instant): void {
		asked.keys.delete(base.number);
		if (!this.#asked.has(asked)) return;
		const mapped = answer.kind === "success" ? mappedBy(asked.server, answer.message) : null;
		if (mapped === null) {
			const why = answer.kind === "error" ? String(answer.code) : answer.kind === "failed" ? answer.why : "badAddress";
			this.#fail(asked, base, why, now);
			return;
		}
		asked.mapped[base.component - 1] = mapped;
		if (asked.keys.size === 0) this.#found(asked, now);
	}

	#found(asked: Asked, now: Instant): void {
		this.#end(asked, now);
		const { site, server, mapped } = asked;
		const places = mapped.filter((place) => place !== undefined);
		const q = qvalueOf(this.#ground.qvalues, site, "stun");
		this.#ground.addresses.add({ site, origin: "stun", places, q, server });
	}

	/** An address without its RTCP is none. */
	#fail(asked: Asked, base: Base, why: string, now: Instant): void {
		this.#end(asked, now);
		this.#ground.outlet.tell({ kind: "serverFailed", base: base.number, server: asked.server, why });
	}

	#end(asked: Asked, now: Instant): void {
		this.#asked.delete(asked);
		for (const key of asked.keys.values()) this.#ground.requests.cancel(key, now);
		asked.keys.clear();
	}
}

import { isSameEndpoint, type StunAddress, type TransportPreferences } from "@whither/wire";
import { type Deadline, earliest, type Instant } from "../../machine.ts";
import { EarlyTurnClient } from "../../turn/early/client/client.ts";
import type { EarlyTurnClientEvent, EarlyTurnClientInput } from "../../turn/early/client/client-io.ts";
import type { OwnAddress } from "./addresses.ts";
import type { FirstDraftRelay } from "./first-draft-io.ts";
import { type Ground, gatherTimeoutNs } from "./ground.ts";
import { qvalueOf } from "./qvalues.ts";
import type { Secrets } from "./secrets.ts";
import { type Base, isIpv6, type Site } from "./sites.ts";

type Allocated = Extract<EarlyTurnClientEvent, { readonly kind: "allocated" }>;

/** The client on one socket of a site. */
interface Link {
	readonly base: Base;
	readonly client: EarlyTurnClient;
	relayed: readonly StunAddress[];
	isOpen: boolean;
}

/** What one relay does for one site: a port, and where the stream is RTP the one above it. All of its addresses lead to the same ports. */
export interface Binding {
	readonly site: Site;
	readonly relay: FirstDraftRelay;
	/** By component. */
	readonly links: Link[];
	readonly endsAt: Instant;
	state: "allocating" | "allocated" | "released";
	readonly addresses: OwnAddress[];
	/** When the peer last sent by it. */
	heardAt: Instant;
}

/** Asks for relays, one for each site, and gives them back. Peers' packets leave and come as they are, to and from the relay's own address (rule 26). */
export class Relays {
	readonly #ground: Ground;
	readonly #secrets: Secrets;
	readonly #bindings = new Set<Binding>();
	/** Bindings that were asked for so far, by relay. */
	readonly #asked = new Map<FirstDraftRelay, number>();

	constructor(ground: Ground, secrets: Secrets) {
		this.#ground = ground;
		this.#secrets = secrets;
	}

	get deadline(): Deadline | null {
		const clients = [...this.#bindings].flatMap(({ links }) => links.filter(({ isOpen }) => isOpen));
		const waits = [...this.#bindings].filter(({ state }) => state === "allocating");
		return earliest([
			...clients.map(({ client }) => client.deadline),
			...waits.map(({ endsAt }) => ({ at: endsAt, why: "relay" })),
		]);
	}

	/** Those that are in use, or could be. */
	get allocated(): readonly Binding[] {
		return [...this.#bindings].filter(({ state }) => state === "allocated");
	}

	/** Whether an answer is still waited for. */
	get isAwaited(): boolean {
		return [...this.#bindings].some(({ state }) => state === "allocating");
	}

	/** Whether any has still to be given back. */
	get isOpen(): boolean {
		return [...this.#bindings].some(({ links }) => links.some(({ isOpen }) => isOpen));
	}

	begin(site: Site, now: Instant): void {
		const { config } = this.#ground;
		for (const relay of config.relays ?? []) {
			if (isIpv6(relay.server) !== isIpv6(site.base.place)) continue;
			const endsAt = now + gatherTimeoutNs(config);
			const binding: Binding = {
				...{ site, relay, endsAt, links: [], addresses: [], heardAt: 0 },
				state: "allocating",
			};
			this.#bindings.add(binding);
			const isRtp = site.bases.length > 1;
			this.#allocate(binding, site.base, { port: isRtp ? "even" : "any", next: isRtp }, now);
		}
	}

	/** What came from a relay; false: it is not about the relay itself, but a peer's. */
	received(base: number, from: StunAddress, bytes: Uint8Array, at: Instant, now: Instant): boolean {
		const found = this.#find(base, from);
		return found !== null && this.#step(found.binding, found.link, { type: "received", bytes, from, at }, now);
	}

	/** A peer's packet has come from there, or goes there. */
	passed(base: number, server: StunAddress, isHeard: boolean, now: Instant): void {
		const found = this.#find(base, server);
		if (found === null) return;
		if (isHeard) found.binding.heardAt = now;
		this.#step(found.binding, found.link, { type: "active" }, now);
	}

	unreachable(base: number, to: StunAddress, code: string, now: Instant): void {
		const found = this.#find(base, to);
		if (found !== null) this.#step(found.binding, found.link, { type: "unreachable", to, code }, now);
	}

	overdue(now: Instant): void {
		for (const binding of this.#bindings) {
			for (const link of binding.links)
				if ((link.client.deadline?.at ?? Number.POSITIVE_INFINITY) <= now)
					this.#step(binding, link, { type: "timer" }, now);
			if (binding.state === "allocating" && binding.endsAt <= now) this.#fail(binding, "timeout", now);
		}
	}

	/** Gives it back. */
	release(binding: Binding, now: Instant): void {
		if (binding.state === "released") return;
		binding.state = "released";
		for (const address of binding.addresses) this.#ground.addresses.free(address);
		for (const link of binding.links) if (link.isOpen) this.#step(binding, link, { type: "release" }, now);
	}

	/** Its sockets are gone, and nothing can be said to the relay any more. */
	removeSite(site: Site): void {
		for (const binding of this.#bindings) {
			if (binding.site !== site) continue;
			binding.state = "released";
			this.#bindings.delete(binding);
		}
	}

	end(now: Instant): void {
		for (const binding of this.#bindings) this.release(binding, now);
	}

	#find(base: number, server: StunAddress): { readonly binding: Binding; readonly link: Link } | null {
		for (const binding of this.#bindings) {
			const link = binding.links.find((each) => each.isOpen && isOf(each, base, server));
			if (link !== undefined) return { binding, link };
		}
		return null;
	}

	#allocate(binding: Binding, base: Base, preferences: TransportPreferences, now: Instant): void {
		const { server } = binding.relay;
		const user = this.#nextUser(binding.relay);
		const client = new EarlyTurnClient({ secret: this.#secrets.bytes(), server, user, preferences });
		const link: Link = { base, client, relayed: [], isOpen: true };
		binding.links.push(link);
		this.#step(binding, link, { type: "allocate" }, now);
	}

	#nextUser(relay: FirstDraftRelay): FirstDraftRelay["user"] {
		const before = this.#asked.get(relay) ?? 0;
		this.#asked.set(relay, before + 1);
		return before === 0 ? relay.user : (relay.furtherUsers?.[before - 1] ?? relay.user);
	}

	#step(binding: Binding, link: Link, input: EarlyTurnClientInput, now: Instant): boolean {
		let heard = true;
		for (const output of link.client.step(input, now))
			if (output.type === "send") this.#ground.outlet.send(link.base.number, output.to, output.bytes);
			else if (output.type === "ignored") heard = output.reason !== "notMine" && output.reason !== "closed";
			else this.#hear(binding, link, output.event, now);
		return heard;
	}

	#hear(binding: Binding, link: Link, event: EarlyTurnClientEvent, now: Instant): void {
		if (event.kind === "allocated") this.#allocated(binding, link, event, now);
		else if (event.kind === "closed") link.isOpen = false;
		else if (event.kind === "failed" || event.kind === "lost") {
			link.isOpen = false;
			this.#fail(binding, event.error === null ? event.why : String(event.error.code), now);
		}
	}

	#allocated(binding: Binding, link: Link, { relayed, next }: Allocated, now: Instant): void {
		if (binding.state === "released") return;
		link.relayed = relayed;
		const rtcp = binding.site.bases[binding.links.length];
		if (rtcp === undefined) this.#complete(binding);
		else if (next === null) this.#fail(binding, "noNextPort", now);
		else this.#allocate(binding, rtcp, { port: "preallocated", at: next }, now);
	}

	/** Each address of RTP's with the same one of RTCP's. */
	#complete(binding: Binding): void {
		binding.state = "allocated";
		const { site, relay, links } = binding;
		const { server } = relay;
		const count = Math.min(...links.map(({ relayed }) => relayed.length));
		for (let index = 0; index < count; index++) {
			const places = links.flatMap(({ relayed }) => relayed[index] ?? []);
			const q = qvalueOf(this.#ground.qvalues, site, index > 0 ? "privateRelay" : count > 1 ? "relay" : "loneRelay");
			const parts = { site, origin: "relay", places, q, server } as const;
			const address = this.#ground.addresses.add(parts);
			if (address !== null) binding.addresses.push(address);
		}
	}

	#fail(binding: Binding, why: string, now: Instant): void {
		if (binding.state === "released") return;
		this.release(binding, now);
		const { site, relay } = binding;
		this.#ground.outlet.tell({ kind: "serverFailed", base: site.base.number, server: relay.server, why });
	}
}

/** Whether data to or from this address of a relay's is this link's. */
export function isOf({ base, client }: Link, number: number, server: StunAddress): boolean {
	return base.number === number && isSameEndpoint(client.server, server);
}

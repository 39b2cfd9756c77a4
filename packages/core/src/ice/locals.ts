import { type IceCandidateType, isSameEndpoint, type StunAddress } from "@whither/wire";
import { familyOf } from "./address.ts";
import { candidateLine, type LocalCandidate } from "./candidate.ts";
import type { IceAgentConfig, IceBase, IceEvent, IceRewrite } from "./ice-io.ts";
import type { Outlet } from "./outlet.ts";
import { candidatePriority, localPreference } from "./priority.ts";

/** A socket or a relay, and what peers are told of it. */
export interface Base {
	readonly number: number;
	readonly at: IceBase;
	readonly stream: number;
	readonly component: number;
	readonly localPreference: number;
}

/** How many reflexive candidates of a base are kept from one server, or from peers. */
const MOST_SEEN = 16;

/** What distinguishes a candidate from others of its base. */
interface Found {
	readonly type: IceCandidateType;
	readonly address: string;
	readonly port: number;
	readonly related: StunAddress | null;
	readonly server: StunAddress | null;
}

/** Our side's sockets, relays and candidates (RFC 8445 §5.1.1). */
export class LocalCandidates {
	readonly bases = new Map<number, Base>();
	readonly #config: IceAgentConfig;
	readonly #outlet: Outlet;
	readonly #foundations = new Map<string, string>();
	#all: readonly LocalCandidate[] = [];
	/** What peers see and no server has told: no pairs are made with it, and nobody is told. */
	#seen: readonly LocalCandidate[] = [];

	constructor(config: IceAgentConfig, outlet: Outlet) {
		this.#config = config;
		this.#outlet = outlet;
	}

	/** Those that may be used, the oldest first. */
	get all(): readonly LocalCandidate[] {
		return this.#all;
	}

	/** A new base with its own candidates; those that are told come back. Throws RangeError where there is no such component. */
	addBase(number: number, at: IceBase): readonly LocalCandidate[] {
		const { stream = 0, component = 1 } = at;
		if (component < 1 || component > ((this.#config.streams ?? [1])[stream] ?? 0))
			throw new RangeError(`there is no component ${component} of stream ${stream}`);
		const base = this.#baseOf(number, at);
		this.bases.set(number, base);
		const own = { address: at.address, port: at.port };
		if (at.relay !== undefined) {
			const { server, mapped } = at.relay;
			return this.#tell(base, [{ type: "relay", ...own, related: mapped ?? own, server }]);
		}
		const rules = (this.#config.rewrites ?? []).filter((rule) => concerns(rule, at));
		const replaced = rules.find(({ mode }) => mode === "replace")?.external;
		const host: Found = { type: "host", ...own, address: replaced ?? at.address, related: null, server: null };
		const appended = rules
			.filter(({ mode }) => mode === "append")
			.map(({ external }): Found => ({ type: "srflx", address: external, port: at.port, related: own, server: null }));
		return this.#tell(base, [host, ...appended]);
	}

	/** What a server sees a base by; nothing comes back where that is known. */
	addReflexive(number: number, mapped: StunAddress, server: StunAddress): readonly LocalCandidate[] {
		const base = this.bases.get(number);
		if (base === undefined || base.at.relay !== undefined) return [];
		const { address, port } = base.at;
		const fresh = this.#tell(base, [{ type: "srflx", ...mapped, related: { address, port }, server }]);
		// A NAT that maps anew each time leaves the older ones behind.
		this.#all = keepLast(
			this.#all,
			(each) =>
				each.type === "srflx" && each.base === number && each.server !== null && isSameEndpoint(each.server, server),
		);
		return fresh;
	}

	/**
	 * The candidate that a peer sees a base by: one that is known, or a peer-reflexive one (RFC 8445 §7.2.5.3.1). What a relay
	 * sends stays relayed, whatever address it comes from.
	 */
	seenAs(base: Base, mapped: StunAddress, priority: number): LocalCandidate {
		const isIt = (each: LocalCandidate) => each.base === base.number && isSameEndpoint(each, mapped);
		const known = this.#all.find(isIt) ?? this.#seen.find(isIt);
		if (known !== undefined) return known;
		const { address, port, relay } = base.at;
		const type = relay === undefined ? "prflx" : "relay";
		const found: Found = { type, ...mapped, related: { address, port }, server: relay?.server ?? null };
		const seen = { ...this.#candidate(base, found), priority };
		this.#seen = keepLast([...this.#seen, seen], ({ base: number }) => number === base.number);
		return seen;
	}

	/** What pairs of a base are made with: the best of its candidates that may be used (RFC 8445 §6.1.2.4); null: none may. */
	ofBase(number: number): LocalCandidate | null {
		let best: LocalCandidate | null = null;
		for (const candidate of this.#all)
			if (candidate.base === number && (best === null || candidate.priority > best.priority)) best = candidate;
		return best;
	}

	/** PRIORITY of checks from a base (RFC 8445 §7.1.1). */
	checkPriority({ component, localPreference: preference, at }: Base): number {
		const { transport = "udp", tcpType = null } = at;
		return candidatePriority({ type: "prflx", transport, tcpType, component, localPreference: preference });
	}

	removeBase(number: number): void {
		this.bases.delete(number);
		this.#all = this.#all.filter(({ base }) => base !== number);
		this.#seen = this.#seen.filter(({ base }) => base !== number);
	}

	/** For a new generation: what was found by asking is asked for anew, the rest is told again. */
	begin(): void {
		this.#all = this.#all.filter(({ type }) => type === "host" || type === "relay");
		for (const candidate of this.#all) this.#outlet.tell(this.#eventOf(candidate));
	}

	#baseOf(number: number, at: IceBase): Base {
		const { stream = 0, component = 1, cost = 0 } = at;
		const others = [...this.bases.values()].filter(
			(base) =>
				base.stream === stream &&
				base.component === component &&
				(base.at.transport ?? "udp") === (at.transport ?? "udp"),
		);
		const family = familyOf(at);
		const preference = localPreference({
			family,
			cost: Math.min(31, cost + legCost(at)),
			taken: new Set(others.map((base) => base.localPreference)),
			before: others.filter((base) => familyOf(base.at) === family && (base.at.cost ?? 0) === cost).length,
		});
		return { number, at, stream, component, localPreference: preference };
	}

	#tell(base: Base, found: readonly Found[]): readonly LocalCandidate[] {
		const fresh: LocalCandidate[] = [];
		for (const each of found) {
			const candidate = this.#candidate(base, each);
			const known = this.#all.find((one) => one.base === base.number && isSameEndpoint(one, each));
			if (known !== undefined) this.#outlet.ignore("redundant");
			else if (!this.#mayBe(base, candidate)) this.#outlet.ignore("policy");
			else fresh.push(candidate);
		}
		for (const candidate of fresh) {
			this.#all = [...this.#all, candidate];
			this.#outlet.tell(this.#eventOf(candidate));
		}
		return fresh;
	}

	#mayBe(base: Base, candidate: LocalCandidate): boolean {
		if (this.#config.policy === "relay" && candidate.type !== "relay") return false;
		const facts = { ...candidateLine(candidate, false), interface: base.at.interface ?? null };
		return this.#config.allowLocal?.(facts) ?? true;
	}

	#candidate(base: Base, { type, address, port, related, server }: Found): LocalCandidate {
		const { transport = "udp", tcpType = null, name = null } = base.at;
		const { number, stream, component, localPreference: preference } = base;
		return {
			...{ stream, component, type, transport, tcpType, address, port, related, base: number, server, name },
			localPreference: preference,
			priority: candidatePriority({ type, transport, tcpType, component, localPreference: preference }),
			foundation: this.#foundation([type, base.at.address, server?.address ?? "", transport].join(" ")),
		};
	}

	/** RFC 8445 §5.1.1.3. */
	#foundation(key: string): string {
		const known = this.#foundations.get(key);
		if (known !== undefined) return known;
		const foundation = String(this.#foundations.size + 1);
		this.#foundations.set(key, foundation);
		return foundation;
	}

	#eventOf(candidate: LocalCandidate): IceEvent {
		const { stream, base, server } = candidate;
		const line = candidateLine(candidate, this.#config.policy === "relay");
		return { kind: "candidate", stream, base, line, server, interface: this.bases.get(base)?.at.interface ?? null };
	}
}

/** Leaves out the oldest of those from one source where there are too many. */
function keepLast(
	candidates: readonly LocalCandidate[],
	isAlike: (candidate: LocalCandidate) => boolean,
): readonly LocalCandidate[] {
	const alike = candidates.filter(isAlike);
	const gone = new Set(alike.slice(0, Math.max(0, alike.length - MOST_SEEN)));
	return gone.size === 0 ? candidates : candidates.filter((each) => !gone.has(each));
}

/** A relay that is reached by TCP carries packets later than one by UDP. */
function legCost({ relay }: IceBase): number {
	if (relay === undefined || relay.leg === "udp") return 0;
	return relay.leg === "tls" ? 3 : relay.leg === "tcp" ? 2 : 1;
}

function concerns(rule: IceRewrite, at: IceBase): boolean {
	if (familyOf({ address: rule.external }) !== familyOf(at)) return false;
	return (
		(rule.address === undefined || rule.address === at.address) &&
		(rule.interface === undefined || rule.interface === at.interface)
	);
}

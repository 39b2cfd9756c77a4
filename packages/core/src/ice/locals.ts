import type { IceCandidateType, StunAddress } from "@whither/wire";
import { candidateLine, familyOf, type LocalCandidate } from "./candidate.ts";
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
	#all: LocalCandidate[] = [];

	constructor(config: IceAgentConfig, outlet: Outlet) {
		this.#config = config;
		this.#outlet = outlet;
	}

	/** Those that may be used, the oldest first. */
	get all(): readonly LocalCandidate[] {
		return this.#all;
	}

	/** A new base with its own candidates; those that are told come back. */
	addBase(number: number, at: IceBase): readonly LocalCandidate[] {
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
		return this.#tell(base, [{ type: "srflx", ...mapped, related: { address, port }, server }]);
	}

	/** The candidate that a peer sees a base by: one that is known, or a peer-reflexive one (RFC 8445 §7.2.5.3.1). */
	seenAs(base: Base, mapped: StunAddress, priority: number): LocalCandidate {
		const known = this.#all.find((each) => each.base === base.number && isAt(each, mapped));
		if (known !== undefined) return known;
		const { address, port } = base.at;
		const candidate = this.#candidate(base, { type: "prflx", ...mapped, related: { address, port }, server: null });
		const reflexive = { ...candidate, priority };
		this.#all.push(reflexive);
		return reflexive;
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
			const known = this.#all.find((one) => one.base === base.number && isAt(one, each));
			// The peer does not know of what a check has found before the server told it.
			if (known?.type === "prflx") this.#all.splice(this.#all.indexOf(known), 1);
			if (known !== undefined && known.type !== "prflx") this.#outlet.ignore("redundant");
			else if (!this.#mayBe(base, candidate)) this.#outlet.ignore("policy");
			else fresh.push(candidate);
		}
		for (const candidate of fresh) {
			this.#all.push(candidate);
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

/** A relay that is reached by TCP carries packets later than one by UDP. */
function legCost({ relay }: IceBase): number {
	if (relay === undefined || relay.leg === "udp") return 0;
	return relay.leg === "tls" ? 3 : relay.leg === "tcp" ? 2 : 1;
}

function isAt(candidate: LocalCandidate, { address, port }: StunAddress): boolean {
	return candidate.address === address && candidate.port === port;
}

function concerns(rule: IceRewrite, at: IceBase): boolean {
	if (familyOf({ address: rule.external }) !== familyOf(at)) return false;
	return (
		(rule.address === undefined || rule.address === at.address) &&
		(rule.interface === undefined || rule.interface === at.interface)
	);
}

import { isDecodeError, parseAddress, type StunAddress } from "@whither/wire";
import {
	type AddressClass,
	type AddressRange,
	compileRanges,
	NAT64_PREFIX,
	rangeOf,
	SPECIAL_RANGES,
	wordsOf,
} from "./address-ranges.ts";
import { embeddedIpv4 } from "./embedded-ipv4.ts";

/** Whom a relay may be used to reach, besides everybody with a global address. Texts are addresses or `address/bits`. */
export interface PeerRules {
	/** Ranges allowed that are denied by default. */
	readonly allow?: readonly string[];
	/** Ranges denied. Of two rules for an address the one of the longer prefix holds; of equal ones the denial. */
	readonly deny?: readonly string[];
	/**
	 * Addresses at which this host, or what belongs to it, serves: denied, but for the relay ports of relay addresses.
	 * Only a rule for the whole address allows one.
	 */
	readonly own?: readonly string[];
	/** How peers know our relays: always allowed, at `relayPorts`. */
	readonly relays?: readonly string[];
	readonly relayPorts?: { readonly first: number; readonly last: number };
}

/** Why a peer is denied: what its address is, or holds; `own`: ours; `rule`: denied by name; `malformed`: no address. */
export type PeerDenial = AddressClass | "own" | "rule" | "malformed";

/** No rule allows these: nobody is there, or everybody. */
const NEVER: ReadonlySet<PeerDenial> = new Set(["unspecified", "multicast", "broadcast", "embedded"]);

const SPECIAL = compileRanges(SPECIAL_RANGES);
const NAT64 = compileRanges([[NAT64_PREFIX, "nat64"]]);

/** Verdicts kept, by address: those that Send and channels ask for again and again. */
const MOST_KEPT = 4096;

interface Kept {
	/** Without a look at the port. */
	readonly denial: PeerDenial | null;
	readonly relay: boolean;
}

/**
 * Whom relays may send to: the perimeter of whatever network the server stands in. An address is judged by itself and by
 * every IPv4 address that it may stand for, and all of them must be allowed. Never throws on input.
 */
export class PeerFilter {
	readonly #rules: readonly AddressRange<"allow" | "rule">[];
	readonly #own: readonly AddressRange<"own">[];
	readonly #relays: readonly AddressRange<"relay">[];
	readonly #ports: { readonly first: number; readonly last: number };
	#kept = new Map<string, Kept>();

	/** Throws RangeError for a rule that is no range of addresses. */
	constructor({ allow = [], deny = [], own = [], relays = [], relayPorts }: PeerRules = {}) {
		const denied = deny.map((text) => [text, "rule"] as const);
		this.#rules = compileRanges([...denied, ...allow.map((text) => [text, "allow"] as const)]);
		this.#own = compileRanges(own.map((text) => [text, "own"] as const));
		this.#relays = compileRanges(relays.map((text) => [text, "relay"] as const));
		this.#ports = relayPorts ?? { first: 0, last: 65_535 };
	}

	/** Why nothing may be sent to this address and port; null: it may. Port 0 is nobody's. */
	judge({ address, port }: StunAddress): PeerDenial | null {
		const kept = this.#keptOf(address);
		if (kept.denial !== null) return kept.denial;
		if (port === 0) return "malformed";
		return kept.relay && (port < this.#ports.first || port > this.#ports.last) ? "own" : null;
	}

	/** Why there may be no permission for this address at all; null: there may. */
	judgeAddress(address: string): PeerDenial | null {
		return this.#keptOf(address).denial;
	}

	#keptOf(address: string): Kept {
		const known = this.#kept.get(address);
		if (known !== undefined) return known;
		const kept = this.#judged(address);
		if (this.#kept.size >= MOST_KEPT) this.#kept = new Map();
		this.#kept.set(address, kept);
		return kept;
	}

	#judged(address: string): Kept {
		const bytes = parseAddress(address);
		if (isDecodeError(bytes)) return { denial: "malformed", relay: false };
		const candidates = [wordsOf(bytes)];
		if (bytes.length === 16) for (const ipv4 of embeddedIpv4(bytes)) candidates.push(Int32Array.of(ipv4));
		let relay = false;
		// What an address leads to says more than its clothes do.
		for (const candidate of candidates.reverse()) {
			const verdict = this.#judgeWords(candidate);
			if (verdict === "relay") relay = true;
			else if (verdict !== null) return { denial: verdict, relay: false };
		}
		return { denial: null, relay };
	}

	#judgeWords(words: Int32Array): PeerDenial | "relay" | null {
		const special = rangeOf(NAT64, words) === null ? (rangeOf(SPECIAL, words)?.value ?? null) : null;
		if (special !== null && NEVER.has(special)) return special;
		const rule = rangeOf(this.#rules, words);
		if (rule?.value === "rule") return "rule";
		const whole = rule !== null && rule.bits === 32 * words.length;
		if (whole) return null;
		if (rangeOf(this.#relays, words) !== null) return "relay";
		if (rangeOf(this.#own, words) !== null) return "own";
		return rule === null ? special : null;
	}
}

/** What a server may be asked to send packets to. */
import { PeerFilter } from "@whither/core";
import { WhitherError } from "../../api/error.ts";
import { literalTarget, type ResolvedTarget } from "../../api/resolve.ts";

/** What its operator says. Rules are addresses, `address/bits` or names. */
export interface TargetRules {
	/** Whether only the public internet may be reached, as from a server that strangers can ask. */
	readonly restricted: boolean;
	readonly allow?: readonly string[] | undefined;
	readonly deny?: readonly string[] | undefined;
	/** Addresses of this machine, as they are now. */
	readonly own?: () => readonly string[];
}

/** Why a target is refused, in one sentence. */
export type TargetRefusal = { readonly message: string };

/** Judges targets by the address that will be traced, and by every other that their name has. */
export class TargetPolicy {
	readonly #rules: { readonly allow: readonly string[]; readonly deny: readonly string[] };
	readonly #own: () => readonly string[];
	readonly #allowed: ReadonlySet<string>;
	readonly #denied: ReadonlySet<string>;
	readonly #restricted: boolean;
	#known = { own: "", filter: new PeerFilter() };

	/** Throws `WhitherError` with code `badOption` for a rule that is none. */
	constructor({ restricted, allow = [], deny = [], own = () => [] }: TargetRules) {
		const [allowed, denied] = [splitRules("allowTargets", allow), splitRules("denyTargets", deny)];
		this.#restricted = restricted;
		this.#allowed = new Set(allowed.names);
		this.#denied = new Set(denied.names);
		const everybody = restricted ? [] : ["0.0.0.0/0", "::/0"];
		this.#rules = { allow: [...everybody, ...allowed.ranges], deny: denied.ranges };
		this.#own = restricted ? own : () => [];
		this.#known = { own: "", filter: new PeerFilter(this.#rules) };
	}

	/** Null: it may be traced. `found`: all that the name stands for. */
	judge(name: string, found: readonly ResolvedTarget[]): TargetRefusal | null {
		const plain = plainName(name);
		if (this.#denied.has(plain)) return refusal(`${name} may not be traced from this server`);
		// Whoever names it on the command line knows where it leads.
		if (this.#allowed.has(plain)) return null;
		for (const { address, zone } of found) {
			const why = this.#judgeAddress(address, zone);
			if (why !== null) return refusal(`${address === name ? name : `${name} (${address})`} ${why}`);
		}
		return null;
	}

	/** Made anew when this machine has other addresses. */
	#filter(): PeerFilter {
		const own = this.#own();
		const key = own.join(" ");
		if (key !== this.#known.own) this.#known = { own: key, filter: new PeerFilter({ ...this.#rules, own }) };
		return this.#known.filter;
	}

	#judgeAddress(address: string, zone: string | null): string | null {
		const denial = this.#filter().judgeAddress(address);
		// On its own machine everybody may ask for everything that is not denied by name.
		if (!this.#restricted) return denial === "rule" ? "may not be traced from this server" : null;
		if (denial === null && zone === null) return null;
		if (denial === "rule") return "may not be traced from this server";
		if (denial === "own") return "is this server itself; its operator can allow it with --allow-target";
		return `is not on the public internet (${denial ?? "zone"}); the server's operator can allow it with --allow-target`;
	}
}

function refusal(message: string): TargetRefusal {
	return { message };
}

function splitRules(option: string, rules: readonly string[]): { readonly ranges: string[]; readonly names: string[] } {
	const [ranges, names]: [string[], string[]] = [[], []];
	for (const rule of rules) {
		if (/^[0-9a-f.:]+(\/\d+)?$/i.test(rule) && literalTarget(rule.replace(/\/.*$/, "")) !== null) ranges.push(rule);
		else names.push(plainName(rule));
		checkRule(option, rule);
	}
	return { ranges, names };
}

function checkRule(option: string, rule: string): void {
	const isName = /^(?=.*[a-z])[a-z0-9._-]{1,253}$/i.test(rule);
	try {
		if (!isName) new PeerFilter({ allow: [rule] });
	} catch {
		const sentence = `"${rule}" is no address, no range of addresses such as 10.0.0.0/8 and no name`;
		throw new WhitherError("badOption", sentence, { option, value: rule });
	}
}

/** Names are the same whatever their case, and with or without the root's dot. */
function plainName(name: string): string {
	return name.toLowerCase().replace(/\.$/, "");
}

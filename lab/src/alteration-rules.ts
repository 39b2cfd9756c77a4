/** What a middlebox does to packets that it forwards, as rules of nftables for the hook `forward`. */
import type { RouterSpec, StripSpec } from "@whither/sim";
import { TCP_OPTIONS } from "@whither/wire";
import type { NodeAddresses } from "./rules.ts";

const BLEACHES = {
	dscp: ["ip dscp set cs0", "ip6 dscp set cs0"],
	ecn: ["ip ecn set not-ect", "ip6 ecn set not-ect"],
} as const;

const DROPS_ECN = {
	marked: ["ip ecn != not-ect drop", "ip6 ecn != not-ect drop"],
	negotiating: ["tcp flags & (syn | ack | ecn | cwr) == syn | ecn | cwr drop"],
} as const;

/** A SYN or a SYN/ACK. */
const IS_SYN = "tcp flags & syn == syn";

function stripRules({ options, way }: StripSpec, { v4, v6 }: NodeAddresses): string[] {
	const where = {
		out: [`ip daddr { ${v4.join(", ")} } `, `ip6 daddr { ${v6.join(", ")} } `],
		back: [`ip daddr != { ${v4.join(", ")} } `, `ip6 daddr != { ${v6.join(", ")} } `],
		both: [""],
	}[way ?? "both"];
	return options.flatMap((name) => {
		// By number, which nftables takes for all of them; "reset" writes no-operations over the option.
		const kind = Object.entries(TCP_OPTIONS).find(([known]) => known === name)?.[1].kind;
		// Blocks never stand in a SYN.
		const which = name === "sack" ? "" : `${IS_SYN} `;
		return kind === undefined ? [] : where.map((match) => `${match}${which}reset tcp option ${kind}`);
	});
}

/** The rules of one router, in the order in which the simulated one acts; `target`: addresses of the traced node. */
export function alterationRules(router: RouterSpec, target: NodeAddresses): readonly string[] {
	const { dropsEcn, bleaches, strips, clampsMss } = router;
	const parts = bleaches === "tos" ? (["dscp", "ecn"] as const) : bleaches === undefined ? [] : [bleaches];
	const larger = `${IS_SYN} tcp option maxseg size > ${clampsMss} tcp option maxseg size set ${clampsMss}`;
	return [
		...(dropsEcn === undefined ? [] : DROPS_ECN[dropsEcn]),
		...parts.flatMap((part) => BLEACHES[part]),
		...(strips === undefined ? [] : stripRules(strips, target)),
		...(clampsMss === undefined ? [] : [larger]),
	];
}

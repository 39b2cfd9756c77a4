/** Source routes: from the names that packets are to pass to addresses. */
import type { Family } from "@whither/core";
import { WhitherError } from "./error.ts";
import { literalTarget, type ResolvedTarget } from "./resolve.ts";

/**
 * IPv4: what there is room for in IP options, and as many as traceroute(8) takes. IPv6: a routing header has room for 127
 * addresses (RFC 8200 section 4.4), and the target is one of them.
 */
const MOST: Readonly<Record<Family, number>> = { 4: 8, 6: 126 };

/**
 * The gateways' addresses in order, each name resolved like a target's. Rejects with `badOption` where there are too many
 * or one is of the other family than the trace, and as `resolve` does.
 */
export async function resolveGateways(
	names: readonly string[],
	target: ResolvedTarget,
	resolve: (name: string, family: Family | null) => Promise<ResolvedTarget>,
): Promise<readonly string[]> {
	const { family } = target;
	if (names.length > MOST[family]) {
		throw badGateways(
			`An IPv${family} source route (-g) takes at most ${MOST[family]} gateways, not ${names.length}`,
			names,
		);
	}
	for (const name of names) {
		const literal = literalTarget(name);
		if (literal === null || literal.family === family) continue;
		const words = `is an IPv${literal.family} address, but ${target.name} is traced over IPv${family}`;
		throw badGateways(`The gateway ${name} ${words}`, names);
	}
	return (await Promise.all(names.map((name) => resolve(name, family)))).map(({ address }) => address);
}

function badGateways(sentence: string, value: readonly string[]): WhitherError {
	return new WhitherError("badOption", sentence, { option: "gateways", value });
}

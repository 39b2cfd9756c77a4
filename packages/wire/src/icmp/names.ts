import { ICMPV4_TYPES } from "./names-v4.ts";
import { ICMPV6_TYPES } from "./names-v6.ts";
import type { IcmpTypeRow } from "./type-row.ts";

/** All assigned types of a family's ICMP, by number. */
export const ICMP_TYPES: Readonly<Record<4 | 6, Readonly<Record<number, IcmpTypeRow>>>> = {
	4: ICMPV4_TYPES,
	6: ICMPV6_TYPES,
};

/** The registry's name of a type; `Type 200` where none is assigned. */
export function icmpTypeName(family: 4 | 6, type: number): string {
	return ICMP_TYPES[family][type]?.name ?? `Type ${type}`;
}

/** The registry's name of a code of a type; `Code 7` where none is assigned. */
export function icmpCodeName(family: 4 | 6, type: number, code: number): string {
	return ICMP_TYPES[family][type]?.codes[code] ?? `Code ${code}`;
}

import type { StunAttributeRow, StunHead } from "./attribute-row.ts";
import { BASE_ATTRIBUTES } from "./attributes-base.ts";
import { DISCUSS_ATTRIBUTES } from "./attributes-discuss.ts";
import { EARLY_TURN_ATTRIBUTES } from "./attributes-early-turn.ts";
import { ICE_ATTRIBUTES } from "./attributes-ice.ts";
import { PATH_ATTRIBUTES } from "./attributes-path.ts";
import { TURN_ATTRIBUTES } from "./attributes-turn.ts";

/** Every attribute with a meaning of its own, one row each; types from IANA's STUN Attributes. */
export const STUN_ATTRIBUTES = {
	...BASE_ATTRIBUTES,
	// Before those that have its numbers now: its rows fit classic messages alone.
	...EARLY_TURN_ATTRIBUTES,
	...TURN_ATTRIBUTES,
	...PATH_ATTRIBUTES,
	...DISCUSS_ATTRIBUTES,
	...ICE_ATTRIBUTES,
} as const;

type Rows = typeof STUN_ATTRIBUTES;

/** An attribute's name in our values. */
export type StunAttributeName = keyof Rows;

/** The value of the attribute of this name, which follows from its row. */
export type StunAttributeValue<Name extends StunAttributeName> =
	Rows[Name] extends StunAttributeRow<infer Value> ? Value : never;

/**
 * One attribute as it was read. `protected`: it stands before the message's first integrity attribute, which covers it
 * (whether that one is right, `verifyIntegrity` says). What stands behind it is to be ignored, but for integrity,
 * fingerprint (RFC 8489 §14.5) and what routers write.
 */
export type StunAttribute = { readonly type: number; readonly protected: boolean } & (
	| {
			readonly [Name in StunAttributeName]: { readonly name: Name; readonly value: StunAttributeValue<Name> };
	  }[StunAttributeName]
	/** A type without a row, or with bytes that do not fit its row. */
	| { readonly name: "unknown"; readonly value: Uint8Array }
);

/** The rows as one type, for code that does not know which it has. */
export type AnyRow = StunAttributeRow<unknown>;

const ROWS_BY_TYPE: ReadonlyMap<number, readonly (readonly [name: string, row: AnyRow])[]> = byType();

function byType(): Map<number, (readonly [string, AnyRow])[]> {
	const rows = new Map<number, (readonly [string, AnyRow])[]>();
	for (const [name, row] of Object.entries<AnyRow>(STUN_ATTRIBUTES)) {
		const others = rows.get(row.type);
		if (others === undefined) rows.set(row.type, [[name, row]]);
		else others.push([name, row]);
	}
	return rows;
}

/** The attribute of this type and value: that of the first row that the bytes fit. */
export function decodeAttribute(type: number, bytes: Uint8Array, head: StunHead, isProtected: boolean): StunAttribute {
	for (const [name, row] of ROWS_BY_TYPE.get(type) ?? []) {
		const value = row.decode(bytes, head);
		if (value !== null) return { name, type, value, protected: isProtected } as StunAttribute;
	}
	return { name: "unknown", type, value: bytes, protected: isProtected };
}

/** Whether a receiver that does not know this type must refuse the request (RFC 8489 §14). */
export function isComprehensionRequired(type: number): boolean {
	return type < 0x8000;
}

/** Whether any row has this type: one that fits messages with a cookie, or in `classic` ones any. */
export function isKnownAttribute(type: number, classic = false): boolean {
	const rows = ROWS_BY_TYPE.get(type) ?? [];
	return classic ? rows.length > 0 : rows.some(([, row]) => row.classicAlone !== true);
}

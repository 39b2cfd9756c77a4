import { requireRange, viewOf } from "../bytes.ts";
import { IDENTIFICATION_OBJECT } from "./object-identification.ts";
import { INTERFACE_OBJECT } from "./object-interface.ts";
import { MPLS_OBJECT } from "./object-mpls.ts";
import { NODE_OBJECT } from "./object-node.ts";
import type { ObjectRow } from "./object-row.ts";
import { STUN_OBJECT } from "./object-stun.ts";

/** RFC 8883: where in the packet the error is, for ICMPv6 errors without a pointer of their own. In bytes. */
const EXTENDED_INFORMATION_OBJECT: ObjectRow<4, { readonly pointer: number }> = {
	class: 4,
	meaning: "Extended Information",
	decode: (type, payload) => (type === 1 && payload.length === 4 ? { pointer: viewOf(payload).getUint32(0) } : null),
	encode({ pointer }) {
		requireRange("pointer", pointer, 0xffffffff);
		const bytes = new Uint8Array(4);
		viewOf(bytes).setUint32(0, pointer);
		return { type: 1, bytes };
	},
};

/**
 * Every extension object with a meaning of its own, one row each; classes from IANA's ICMP Extension Object Classes, but
 * for `stun`, whose class is one of those for private use.
 */
export const EXTENSION_OBJECTS = {
	mpls: MPLS_OBJECT,
	interface: INTERFACE_OBJECT,
	interfaceIdentification: IDENTIFICATION_OBJECT,
	extendedInformation: EXTENDED_INFORMATION_OBJECT,
	node: NODE_OBJECT,
	stun: STUN_OBJECT,
} as const;

type Rows = typeof EXTENSION_OBJECTS;
type FieldsOf<Row> = Row extends ObjectRow<number, infer Fields> ? Fields : never;

/**
 * One RFC 4884 object; its type follows from its row in `EXTENSION_OBJECTS`. Every one keeps its class, its C-Type and
 * the raw bytes after the object header; `unknown` also stands for a known class whose bytes do not fit it.
 */
export type IcmpExtension =
	| {
			readonly [Kind in keyof Rows]: {
				readonly kind: Kind;
				readonly class: Rows[Kind]["class"];
				readonly type: number;
				readonly bytes: Uint8Array;
			} & FieldsOf<Rows[Kind]>;
	  }[keyof Rows]
	| { readonly kind: "unknown"; readonly class: number; readonly type: number; readonly bytes: Uint8Array };

/** An object told by its fields alone; class, C-Type and bytes follow from them. */
export type IcmpExtensionFields = {
	readonly [Kind in keyof Rows]: { readonly kind: Kind } & FieldsOf<Rows[Kind]>;
}[keyof Rows];

const ROW_BY_CLASS: ReadonlyMap<number, readonly [kind: string, row: ObjectRow<number, object>]> = new Map(
	Object.entries<ObjectRow<number, object>>(EXTENSION_OBJECTS).map(([kind, row]) => [row.class, [kind, row]]),
);

/** The object with this class, C-Type and payload. */
export function decodeObject(classNumber: number, type: number, bytes: Uint8Array): IcmpExtension {
	const found = ROW_BY_CLASS.get(classNumber);
	const fields = found?.[1].decode(type, bytes) ?? null;
	if (found === undefined || fields === null) return { kind: "unknown", class: classNumber, type, bytes };
	return { kind: found[0], class: classNumber, type, bytes, ...fields } as IcmpExtension;
}

/** A whole object from its fields. Throws RangeError for fields that do not fit. */
export function icmpExtension(fields: IcmpExtensionFields): IcmpExtension {
	const row: ObjectRow<number, object> = EXTENSION_OBJECTS[fields.kind];
	const { type, bytes } = row.encode(fields);
	return { ...fields, class: row.class, type, bytes } as IcmpExtension;
}

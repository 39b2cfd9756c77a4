import { decodeParts, encodeParts, type ObjectParts } from "./object-parts.ts";
import type { ObjectRow } from "./object-row.ts";

/** What part the interface played for the packet (RFC 5837 §4.1), in the order of the two role bits. */
export type InterfaceRole = "incoming" | "subIp" | "outgoing" | "nextHop";

const ROLES: readonly InterfaceRole[] = ["incoming", "subIp", "outgoing", "nextHop"];

/**
 * Interface Information Object (RFC 5837 §4). The C-Type says what is inside:
 *
 *     bit   0    1    2    3    4        5        6      7
 *         +---------+---------+--------+--------+------+-----+
 *         | role    | reserved| ifIndex| IPAddr | name | MTU |
 *         +---------+---------+--------+--------+------+-----+
 */
export const INTERFACE_OBJECT: ObjectRow<2, { readonly role: InterfaceRole } & ObjectParts> = {
	class: 2,
	meaning: "Interface Information Object",
	decode(type, payload) {
		const parts = decodeParts(type & 0x0f, payload);
		return parts === null ? null : { role: ROLES[type >> 6] ?? "incoming", ...parts };
	},
	encode(fields) {
		const role = ROLES.indexOf(fields.role);
		if (role < 0) throw new RangeError(`not an interface role: ${fields.role}`);
		const { flags, bytes } = encodeParts(fields);
		return { type: (role << 6) | flags, bytes };
	},
};

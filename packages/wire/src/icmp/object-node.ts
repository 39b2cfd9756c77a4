import { decodeParts, encodeParts, PART } from "./object-parts.ts";
import type { ObjectRow } from "./object-row.ts";

/**
 * Node Identification Object (draft-ietf-intarea-extended-icmp-nodeid §3): who the node is, whatever address the ICMP
 * message came from. The C-Type's bits are those of interface information, of which only two are used:
 *
 *     bit   0 ... 4             5        6      7
 *         +-------------------+--------+------+----------+
 *         | reserved          | IPAddr | name | reserved |
 *         +-------------------+--------+------+----------+
 */
export const NODE_OBJECT: ObjectRow<5, { readonly address: string | null; readonly name: string | null }> = {
	class: 5,
	meaning: "Node Identification Object",
	decode(type, payload) {
		const parts = decodeParts(type & (PART.address | PART.name), payload);
		return parts === null ? null : { address: parts.address, name: parts.name };
	},
	encode({ address, name }) {
		const { flags, bytes } = encodeParts({ index: null, address, name, mtu: null });
		return { type: flags, bytes };
	},
};

import { concatBytes, encodeUint } from "../bytes.ts";
import type { ItemFormat } from "../item-list.ts";

/**
 * How SCTP writes parameters and error causes (RFC 9260 §3.2.1, §3.3.10): the length counts the head of 4 bytes but
 * not the padding, and the last one's padding belongs to the chunk.
 *
 *     +---------------------+---------------------+----------------------------
 *     | type (16)           | length (16)         | value, zero padded to 4
 *     +---------------------+---------------------+----------------------------
 */
export const SCTP_TYPE_LENGTH: ItemFormat = {
	readHead: (reader) => ({ type: reader.uint16(), length: reader.uint16() - 4 }),
	writeHead: (item, length) => concatBytes([encodeUint("type", item.type, 2), encodeUint("length", length + 4, 2)]),
	alignment: 4,
	padLast: false,
};

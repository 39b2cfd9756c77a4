import { formatAddress, requireAddress } from "../address.ts";
import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type ItemOf, type ItemRow, itemCodec } from "../item-list.ts";
import { SCTP_TYPE_LENGTH } from "./items.ts";

function addressParameter(type: number, meaning: string, family: 4 | 6): ItemRow<string> {
	return {
		type,
		meaning,
		decode: (bytes) => (bytes.length === (family === 4 ? 4 : 16) ? formatAddress(bytes) : null),
		encode: (address) => requireAddress(address, family),
	};
}

function bytesItem(type: number, meaning: string): ItemRow<Uint8Array> {
	return { type, meaning, decode: (bytes) => bytes, encode: (value) => value };
}

function flagItem(type: number, meaning: string): ItemRow<true> {
	return { type, meaning, decode: (bytes) => (bytes.length === 0 ? true : null), encode: () => new Uint8Array(0) };
}

/** Numbers of 16 bits, one behind the other. */
const ADDRESS_TYPES: ItemRow<readonly number[]> = {
	type: 12,
	meaning: "Supported Address Types",
	decode(bytes) {
		if (bytes.length % 2 !== 0) return null;
		const reader = new ByteReader(bytes);
		const types: number[] = [];
		while (reader.remaining > 0) types.push(reader.uint16());
		return types;
	},
	encode: (types) => concatBytes(types.map((type) => encodeUint("address type", type, 2))),
};

/** Parameters of INIT and INIT ACK (RFC 9260 §3.3.2.1, §3.3.3.1; RFC 3758 §3.1), one row each. */
export const SCTP_PARAMETERS = {
	ipv4Address: addressParameter(5, "IPv4 Address", 4),
	ipv6Address: addressParameter(6, "IPv6 Address", 6),
	stateCookie: bytesItem(7, "State Cookie"),
	unrecognized: bytesItem(8, "Unrecognized Parameter"),
	cookiePreservative: bytesItem(9, "Cookie Preservative"),
	supportedAddressTypes: ADDRESS_TYPES,
	forwardTsnSupported: flagItem(0xc000, "Forward TSN supported"),
} as const;

/** Causes in ABORT and ERROR (RFC 9260 §3.3.10), one row each; those with fields that nobody reads stay bytes. */
export const SCTP_CAUSES = {
	invalidStreamIdentifier: bytesItem(1, "Invalid Stream Identifier"),
	missingMandatoryParameter: bytesItem(2, "Missing Mandatory Parameter"),
	staleCookie: bytesItem(3, "Stale Cookie"),
	outOfResource: flagItem(4, "Out of Resource"),
	unresolvableAddress: bytesItem(5, "Unresolvable Address"),
	unrecognizedChunkType: bytesItem(6, "Unrecognized Chunk Type"),
	invalidMandatoryParameter: flagItem(7, "Invalid Mandatory Parameter"),
	unrecognizedParameters: bytesItem(8, "Unrecognized Parameters"),
	noUserData: bytesItem(9, "No User Data"),
	cookieReceivedWhileShuttingDown: flagItem(10, "Cookie Received While Shutting Down"),
	restartWithNewAddresses: bytesItem(11, "Restart of an Association with New Addresses"),
	userInitiatedAbort: bytesItem(12, "User-Initiated Abort"),
	protocolViolation: bytesItem(13, "Protocol Violation"),
} as const;

/** One parameter, or one cause, as a value; its type follows from its row. */
export type SctpParameter = ItemOf<typeof SCTP_PARAMETERS>;
export type SctpCause = ItemOf<typeof SCTP_CAUSES>;

/** Codecs of both lists. */
export const PARAMETERS = itemCodec(SCTP_PARAMETERS, SCTP_TYPE_LENGTH);
export const CAUSES = itemCodec(SCTP_CAUSES, SCTP_TYPE_LENGTH);

import { attributeOf, type StunAddress, type StunMessage } from "@whither/wire";

/** The address that a response says it goes to; servers of RFC 3489 tell it plain. Null: it says none. */
export function mappedAddressOf(message: StunMessage): StunAddress | null {
	return attributeOf(message, "xorMappedAddress") ?? attributeOf(message, "mappedAddress") ?? null;
}

/** Arbitrary numbers, bytes and addresses for the laws. */
import fc from "fast-check";
import { formatAddress } from "./index.ts";

export const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
/** Every length as likely as any other: the default would hardly leave the short ones. */
export const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: "max" });
export const address4 = bytes(4, 4).map(formatAddress);
export const address6 = bytes(16, 16).map(formatAddress);
export const family = fc.constantFrom<4 | 6>(4, 6);
export const addressPair = (version: 4 | 6) => {
	const address = version === 4 ? address4 : address6;
	return fc.record({ source: address, destination: address });
};

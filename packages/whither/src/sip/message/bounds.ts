/** What is taken of a message at the most; ours, far above what telephones send. */
export const SIP_BOUNDS = {
	/** Bytes of a message, its body included: more than a datagram holds. */
	messageLength: 0x10000,
	/** Header fields, folded lines counted once. */
	headers: 200,
	/** Parameters of one value or URI. */
	parameters: 100,
	/** Values of one header field that may have several. */
	values: 400,
} as const;

import {
	bytesRow,
	presenceRow,
	type StunAttributeRow,
	textRow,
	uint16sOf,
	uint32Row,
	uint64Row,
	uintAt,
} from "./attribute-row.ts";

const GOOG_NETWORK_INFO: StunAttributeRow<{ readonly networkId: number; readonly networkCost: number }> = {
	type: 0xc057,
	meaning: "GOOG-NETWORK-INFO",
	decode: (bytes) => (bytes.length === 4 ? { networkId: uintAt(bytes, 0, 2), networkCost: uintAt(bytes, 2, 2) } : null),
	write(writer, { networkId, networkCost }) {
		writer.uint16("network id", networkId);
		writer.uint16("network cost", networkCost);
	},
};

const GOOG_MISC_INFO: StunAttributeRow<readonly number[]> = {
	type: 0xc059,
	meaning: "GOOG-MISC-INFO",
	decode: uint16sOf,
	write(writer, value) {
		for (const number of value) writer.uint16("number", number);
	},
};

/** ICE (RFC 8445 §16.1), and what browsers say besides. */
export const ICE_ATTRIBUTES = {
	priority: uint32Row(0x0024, "PRIORITY"),
	useCandidate: presenceRow(0x0025, "USE-CANDIDATE"),
	/** The tie-breaker. */
	iceControlled: uint64Row(0x8029, "ICE-CONTROLLED"),
	iceControlling: uint64Row(0x802a, "ICE-CONTROLLING"),
	/** draft-johnston-tram-stun-origin. */
	origin: textRow(0x802f, "ORIGIN", 763),
	ciscoStunFlowdata: bytesRow(0xc000, "CISCO-STUN-FLOWDATA"),
	/** draft-thatcher-ice-renomination, on a number that the registry gives to ENF-FLOW-DESCRIPTION: told apart by length. */
	nomination: uint32Row(0xc001, "NOMINATION"),
	googNetworkInfo: GOOG_NETWORK_INFO,
	googLastIceCheckReceived: bytesRow(0xc058, "GOOG-LAST-ICE-CHECK-RECEIVED"),
	googMiscInfo: GOOG_MISC_INFO,
	googObsolete1: bytesRow(0xc05a, "GOOG-OBSOLETE-1"),
	googConnectionId: bytesRow(0xc05b, "GOOG-CONNECTION-ID"),
	googDelta: bytesRow(0xc05c, "GOOG-DELTA"),
	googDeltaAck: bytesRow(0xc05d, "GOOG-DELTA-ACK"),
	/** HMAC-SHA1 cut to four bytes. */
	googMessageIntegrity32: bytesRow(0xc060, "GOOG-MESSAGE-INTEGRITY-32", { minimum: 4, maximum: 4 }),
	/** One DTLS record or several (draft-hancke-webrtc-sped). */
	dtlsInStun: bytesRow(0xc070, "DTLS-IN-STUN"),
	dtlsInStunAcknowledgement: bytesRow(0xc071, "DTLS-IN-STUN-ACKNOWLEDGEMENT"),
	retransmitCount: uint32Row(0xff00, "RETRANSMIT-COUNT"),
} as const;

import { type StunAttributeRow, uint64At, uintAt } from "./attribute-row.ts";

/**
 * DISCUSS (draft-martinsen-tram-discuss-02). Deviation: it never got code points: 0x8050 to 0x8052 are those of its authors'
 * software, the others are this project's choice, all in the range that receivers may ignore.
 */

/** What a stream carries: any of these, and how it is used. */
export interface StunStreamType {
	readonly audio: boolean;
	readonly video: boolean;
	readonly data: boolean;
	readonly other: boolean;
	/** 0 undefined, 1 one way, 2 interactive. */
	readonly interactivity: number;
}

const STREAM_TYPE: StunAttributeRow<StunStreamType> = {
	type: 0x8050,
	meaning: "STREAM-TYPE",
	/** The authors' software leaves the spare byte out. */
	decode(bytes) {
		if (bytes.length !== 4 && bytes.length !== 3) return null;
		const mask = bytes[1] ?? 0;
		return {
			audio: (mask & 1) !== 0,
			video: (mask & 2) !== 0,
			data: (mask & 4) !== 0,
			other: (mask & 8) !== 0,
			interactivity: bytes[2] ?? 0,
		};
	},
	write(writer, { audio, video, data, other, interactivity }) {
		writer.uint16("stream type", (audio ? 1 : 0) | (video ? 2 : 0) | (data ? 4 : 0) | (other ? 8 : 0));
		writer.uint8("interactivity", interactivity);
		writer.zeros(1);
	},
};

/** What a stream will use, in kbit/s. */
export interface StunBandwidthUsage {
	readonly averageKbps: number;
	readonly maximumKbps: number;
}

const BANDWIDTH_USAGE: StunAttributeRow<StunBandwidthUsage> = {
	type: 0x8052,
	meaning: "BANDWIDTH-USAGE",
	decode: (bytes) =>
		bytes.length === 4 ? { averageKbps: uintAt(bytes, 0, 2), maximumKbps: uintAt(bytes, 2, 2) } : null,
	write(writer, { averageKbps, maximumKbps }) {
		writer.uint16("average bandwidth", averageKbps);
		writer.uint16("maximum bandwidth", maximumKbps);
	},
};

/** How a session's streams rank among each other. */
export interface StunStreamPriority {
	/** 255 is the highest. */
	readonly priority: number;
	readonly delaySensitive: boolean;
	readonly streamIndex: number;
	readonly sessionId: number;
}

const STREAM_PRIORITY: StunAttributeRow<StunStreamPriority> = {
	type: 0x8053,
	meaning: "STREAM-PRIORITY",
	decode: (bytes) =>
		bytes.length === 8
			? {
					priority: bytes[0] ?? 0,
					delaySensitive: ((bytes[1] ?? 0) & 0x80) !== 0,
					streamIndex: uintAt(bytes, 2, 2),
					sessionId: uintAt(bytes, 4, 4),
				}
			: null,
	write(writer, { priority, delaySensitive, streamIndex, sessionId }) {
		writer.uint8("stream priority", priority);
		writer.uint8("flags", delaySensitive ? 0x80 : 0);
		writer.uint16("stream index", streamIndex);
		writer.uint32("session id", sessionId);
	},
};

/** The same about one stream of several on a transport address; RTP's transport id is its SSRC. */
function subRow<Value extends object>(
	type: number,
	whole: StunAttributeRow<Value>,
	length: number,
): StunAttributeRow<Value & { readonly transportId: bigint }> {
	return {
		type,
		meaning: `SUB-${whole.meaning}`,
		decode(bytes, head) {
			const value = bytes.length === length + 8 ? whole.decode(bytes.subarray(0, length), head) : null;
			return value === null ? null : { ...value, transportId: uint64At(bytes, length) };
		},
		write(writer, value, head) {
			whole.write(writer, value, head);
			writer.uint64("transport id", value.transportId);
		},
	};
}

/** What routers on the way say. A hint: nothing protects it where it can be changed. */
export interface StunNetworkStatus {
	/** Some router on the way is congested. */
	readonly congested: boolean;
	/** Routers that said something; 255 for that many or more. */
	readonly nodeCount: number;
	/** The least bandwidth in the direction that the packet travels, in kbit/s; 0 where nobody said one. */
	readonly upKbps: number;
	/** The same against that direction. */
	readonly downKbps: number;
}

/** As an endpoint offers it: no router has said anything yet. */
export const NO_NETWORK_STATUS: StunNetworkStatus = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 };

/** The layout that NETWORK-STATUS and its successor share. */
function networkStatusRow(type: number, meaning: string): StunAttributeRow<StunNetworkStatus> {
	return {
		type,
		meaning,
		decode: (bytes) =>
			bytes.length === 8
				? {
						congested: ((bytes[0] ?? 0) & 0x80) !== 0,
						nodeCount: bytes[1] ?? 0,
						upKbps: uintAt(bytes, 4, 2),
						downKbps: uintAt(bytes, 6, 2),
					}
				: null,
		write(writer, { congested, nodeCount, upKbps, downKbps }) {
			writer.uint8("flags", congested ? 0x80 : 0);
			writer.uint8("node count", nodeCount);
			writer.zeros(2);
			writer.uint16("up bandwidth", upKbps);
			writer.uint16("down bandwidth", downKbps);
		},
	};
}

/** Type of stream in the high four bits, then its maximum bandwidth: what later software of the same authors sends. */
const ENF_FLOW_DESCRIPTION: StunAttributeRow<{ readonly streamType: number; readonly maximumKbps: number }> = {
	type: 0xc001,
	meaning: "ENF-FLOW-DESCRIPTION",
	decode: (bytes) =>
		bytes.length === 3 ? { streamType: (bytes[0] ?? 0) >> 4, maximumKbps: uintAt(bytes, 1, 2) } : null,
	write(writer, { streamType, maximumKbps }) {
		writer.uint8("stream type", streamType * 16);
		writer.uint16("maximum bandwidth", maximumKbps);
	},
};

/** DISCUSS, and what its authors registered afterwards. */
export const DISCUSS_ATTRIBUTES = {
	streamType: STREAM_TYPE,
	networkStatus: networkStatusRow(0x8051, "NETWORK-STATUS"),
	bandwidthUsage: BANDWIDTH_USAGE,
	streamPriority: STREAM_PRIORITY,
	subStreamType: subRow(0x8058, STREAM_TYPE, 4),
	subBandwidthUsage: subRow(0x8059, BANDWIDTH_USAGE, 4),
	subStreamPriority: subRow(0x805a, STREAM_PRIORITY, 8),
	enfFlowDescription: ENF_FLOW_DESCRIPTION,
	enfNetworkStatus: networkStatusRow(0xc002, "ENF-NETWORK-STATUS"),
} as const;

/** What a WebRTC implementation is asked to do through a relay, and what came of it: plain data, whoever it is. */

/** A relay server as `RTCIceServer` has it. */
export interface RelayServer {
	/** `turn:ADDRESS:PORT?transport=udp`, or `turns:`. */
	readonly urls: string;
	readonly username: string;
	readonly credential: string;
}

/** Two peers of one process, which may use relays alone, open a data channel; one sends, the other sends everything back. */
export interface WebrtcOrder {
	readonly library: "werift" | "node-datachannel";
	readonly server: RelayServer;
	/** PEM of whom to believe about a server's certificate. */
	readonly authority?: string;
	readonly messages: number;
	/** Bytes of each message. */
	readonly bytes: number;
}

/** A candidate of the selected pair. */
export interface WebrtcCandidate {
	readonly type: string;
	readonly address: string | null;
	/** Of the leg to the relay, where it is told. */
	readonly relayProtocol?: string;
}

/** What the sender saw. */
export interface WebrtcResult {
	/** Messages that came back as they were sent. */
	readonly echoed: number;
	readonly local: WebrtcCandidate;
	readonly remote: WebrtcCandidate;
}

/** node-datachannel, which is libdatachannel on libjuice: a connection with one data channel, of which ICE is what counts. */
import { type IceServer, PeerConnection } from "node-datachannel";
import type { IcePeerEnd, IcePeerInput, IcePeerOrder, IcePeerProgram, IcePeerSay } from "./lines.ts";
import { descriptionOf, sdpOf } from "./sdp.ts";
import { packageVersion } from "./werift.ts";

/** One connection after the other. */
export function nodeDatachannelPeer(say: IcePeerSay): IcePeerProgram {
	let session: Session | null = null;
	return {
		facts: {
			...{ name: "node-datachannel", version: packageVersion("node-datachannel") },
			...{ trickles: true, carriesData: false, restarts: false, canBeLite: false },
		},
		hear(line) {
			if (line.order !== undefined) session = new Session(line.order, say);
			else session?.hear(line);
			if (line.close === true) session = null;
		},
	};
}

class Session {
	readonly #connection: PeerConnection;
	readonly #say: IcePeerSay;
	readonly #role: IcePeerOrder["role"];

	constructor(order: IcePeerOrder, say: IcePeerSay) {
		this.#say = say;
		this.#role = order.role;
		const { policy = "all" } = order;
		this.#connection = new PeerConnection(order.role, { iceServers: serversOf(order), iceTransportPolicy: policy });
		this.#connection.onLocalDescription((sdp) => say({ description: descriptionOf(sdp, false) }));
		this.#connection.onLocalCandidate((candidate) => say({ candidate: candidate.replace(/^a=/, "") }));
		this.#connection.onGatheringStateChange((state) => {
			if (state === "complete") say({ gathered: true });
		});
		this.#connection.onIceStateChange((state) => this.#tellState(state));
		if (order.role === "controlling") this.#connection.createDataChannel("lab");
	}

	hear({ description, candidate, askPairs, close, ...line }: IcePeerInput): void {
		if (description !== undefined) {
			const type = this.#role === "controlling" ? "answer" : "offer";
			this.#connection.setRemoteDescription(sdpOf(description, type === "offer" ? "actpass" : "active"), type);
		} else if (candidate !== undefined) this.#connection.addRemoteCandidate(candidate, "0");
		else if (askPairs === true) {
			this.#tellSelected();
			this.#say({ pairs: null });
		} else if (close === true) {
			this.#connection.close();
			this.#say({ closed: true });
		} else if (line.endOfCandidates !== true) this.#say({ error: "that is not what it does" });
	}

	#tellState(state: string): void {
		if (state === "connected" || state === "completed") this.#tellSelected();
		this.#say({ state: state as "connected" });
	}

	#tellSelected(): void {
		const pair = this.#connection.getSelectedCandidatePair();
		if (pair !== null) this.#say({ selected: { local: endOf(pair.local), remote: endOf(pair.remote) } });
	}
}

function endOf({ type, address, port }: { type: string; address: string; port: number }): IcePeerEnd {
	return { type, address, port, transport: "udp" };
}

function serversOf({ stun = [], turn = [] }: IcePeerOrder): IceServer[] {
	return [
		...stun.slice(0, 1).map(({ address, port }) => ({ hostname: address, port })),
		...turn.map(({ address, port, username, password }) => ({
			...{ hostname: address, port, username, password },
			relayType: "TurnUdp" as const,
		})),
	];
}

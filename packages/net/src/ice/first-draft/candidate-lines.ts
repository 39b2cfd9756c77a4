/** Addresses of the first draft of ICE in the words of the later ones, for whoever shows both. */
import type { FirstDraftAddress, FirstDraftOrigin } from "@whither/core";
import type { IceCandidateLine, IceCandidateType, SdpAlt, StunAddress } from "@whither/wire";

/** The name of the extension of a candidate's line that has its q-value. */
export const Q_EXTENSION = "q";

const TYPES: Readonly<Record<FirstDraftOrigin, IceCandidateType>> = {
	local: "host",
	stun: "srflx",
	relay: "relay",
	peer: "prflx",
};

/** What q-values of the draft's examples (§9) stand for: an address says of itself only how good it is. */
const LOCAL_Q = 0.9;
const STUN_Q = 0.6;

/** One of ours, as it stands in a candidate's line; its base is that of RTP. */
export function ownLine({ alt, origin }: FirstDraftAddress, base: StunAddress): IceCandidateLine {
	return lineOf(alt, TYPES[origin], 1, origin === "local" ? null : base);
}

/** One of the peer's, with what it probably is. */
export function peerLine(alt: SdpAlt, component: 1 | 2): IceCandidateLine {
	const type = alt.derivedFrom !== null ? "prflx" : alt.q >= LOCAL_Q ? "host" : alt.q >= STUN_Q ? "srflx" : "relay";
	return lineOf(alt, type, component, null);
}

/** A place of which nothing is known but that it is there. */
export function bareLine(at: StunAddress, type: IceCandidateType, component: 1 | 2): IceCandidateLine {
	const { address, port } = at;
	return {
		...{ foundation: "1", component, transport: "udp", priority: 0, address, port, type },
		...{ related: null, tcpType: null, extensions: [] },
	};
}

/** Where RTCP goes (§7): to the port above, where nothing else is said. */
export function placeOf({ at, rtcp }: Pick<SdpAlt, "at" | "rtcp">, component: 1 | 2): StunAddress {
	return component === 1 ? at : (rtcp ?? { address: at.address, port: at.port + 1 });
}

function lineOf(alt: SdpAlt, type: IceCandidateType, component: 1 | 2, related: StunAddress | null): IceCandidateLine {
	return {
		...bareLine(placeOf(alt, component), type, component),
		...{ foundation: alt.id, priority: thousandths(alt.q), related },
		extensions: [{ name: Q_EXTENSION, value: String(alt.q) }],
	};
}

/** A q-value as an integer. */
export function thousandths(q: number): number {
	return Math.round(q * 1000);
}

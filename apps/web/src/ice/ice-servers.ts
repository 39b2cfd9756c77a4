/** What a server lends, as browsers want to have it named. Pure. */
import type { Offered } from "../../../../packages/whither/src/api/meet/signalling/signalling.ts";

/** For `RTCPeerConnection`: STUN first, then each way to each relay. */
export function iceServersOf({ stun, turn }: Offered): RTCIceServer[] {
	return [
		...stun.map(({ host, port }) => ({ urls: `stun:${bracketed(host)}:${port}` })),
		...turn.flatMap(({ host, legs, username, password }) =>
			legs.map(({ transport, port }) => ({
				urls: `${transport === "tls" ? "turns" : "turn"}:${bracketed(host)}:${port}?transport=${transport === "udp" ? "udp" : "tcp"}`,
				...{ username, credential: password },
			})),
		),
	];
}

function bracketed(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}

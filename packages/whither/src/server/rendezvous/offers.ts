/** What a rendezvous lends to those who meet there: this server's own STUN and TURN, with credentials for a while. Pure. */
import { restCredentials, restSecret } from "@whither/core";
import type { HmacKey } from "@whither/wire";
import type { OfferedJson } from "../../api/meet/signalling/rendezvous-protocol.ts";

/** A place that listens, of either role. */
export interface OfferedPlace {
	readonly role: "stun" | "turn";
	readonly transport: "udp" | "tcp" | "tls";
	readonly port: number;
}

/** How long credentials are good, in seconds; as long as two may use a room. */
const CREDENTIAL_SECONDS = 3_600;
const LEGS = ["udp", "tcp", "tls"] as const;

/** Makes what one participant gets: credentials of its own. */
export class Offers {
	readonly #places: readonly OfferedPlace[];
	readonly #secret: HmacKey;

	/** `secret`: one of those that TURN makes passwords with. */
	constructor(places: readonly OfferedPlace[], secret: string) {
		this.#places = places;
		this.#secret = restSecret(secret);
	}

	/** `id`: the participant's name, new for each. Hosts are left to the client, who knows by which name it came here. */
	offer(unixSeconds: number, id: string): OfferedJson {
		const first = (role: OfferedPlace["role"], transport: OfferedPlace["transport"]) =>
			this.#places.find((place) => place.role === role && place.transport === transport);
		const stun = first("stun", "udp");
		const legs = LEGS.flatMap((transport) => {
			const place = first("turn", transport);
			return place === undefined ? [] : [{ transport, port: place.port }];
		});
		const expires = unixSeconds + CREDENTIAL_SECONDS;
		const credentials = restCredentials(this.#secret, expires, id);
		return {
			stun: stun === undefined ? [] : [{ host: null, port: stun.port }],
			turn:
				legs.length === 0
					? []
					: [{ host: null, legs, ...credentials, expiresAt: new Date(Math.floor(expires) * 1_000).toISOString() }],
		};
	}
}

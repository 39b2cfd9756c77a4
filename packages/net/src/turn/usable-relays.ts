/** Which of the addresses to relay from this machine has. */
import { addressFamily } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import type { StunServiceFailure } from "../serving/places-io.ts";
import { openDatagram } from "../transport/open.ts";
import type { TurnRelayPlace } from "./service-io.ts";

/** Tries an address of each, so that whoever runs the service hears of it, and not its clients. */
export function usableRelays<Place extends TurnRelayPlace>(
	backend: Backend,
	relays: readonly Place[],
): readonly Omit<Place, "optional">[] | StunServiceFailure {
	const usable: Omit<Place, "optional">[] = [];
	for (const { optional, ...relay } of relays) {
		const place = { family: addressFamily(relay.address) ?? 4, address: relay.address, port: 0 };
		const socket = openDatagram(backend, { ...place, use: "relay" }, NOBODY);
		if (!isSystemError(socket)) socket.close();
		else if (optional !== true) return { place: { transport: "udp", ...place }, error: socket };
		else continue;
		usable.push(relay);
	}
	return usable;
}

/** Hears nothing. */
export const NOBODY = { received: () => {}, failed: () => {} };

/** Who may use relays of before TURN had its name (draft-rosenberg-midcom-turn-01 §8.1): whoever a Shared Secret server gives a name for it. */
import { type EarlyRelayUser, earlyRelayUser } from "@whither/core";
import type { FirstDraftOrder, IceRelayServer } from "@whither/net/ice";
import type { SharedSecretOrder, SharedSecretRefusal } from "@whither/net/turn-client";

/** Relays of the first draft of ICE. */
export type EarlyRelays = NonNullable<FirstDraftOrder["relays"]>;

/** Asks a Shared Secret server once; never rejects. */
export type AskSharedSecret = (order: SharedSecretOrder) => Promise<EarlyRelayUser | SharedSecretRefusal>;

/** Each name is good for one binding, and each of three addresses of this machine's wants two: RTP's and RTCP's. */
const BINDINGS = 6;
const ASKED_MS = 3000;

/**
 * Those that are reached over UDP and IPv4, each with the user that it was named with; where the same server is reached over
 * TLS too and gives names for bindings out there, with those.
 */
export async function earlyRelays(relays: readonly IceRelayServer[], ask?: AskSharedSecret): Promise<EarlyRelays> {
	const found = await Promise.all(relays.map((relay) => earlyRelay(relay, ask)));
	return found.flatMap((relay) => relay ?? []);
}

async function earlyRelay(
	{ legs, credentials }: IceRelayServer,
	ask: AskSharedSecret | undefined,
): Promise<EarlyRelays[number] | null> {
	const udp = legs.find(({ transport, server }) => transport === "udp" && !server.address.includes(":"));
	const tls = legs.find(({ transport, server }) => transport === "tls" && !server.address.includes(":"));
	if (udp === undefined || credentials === undefined || !("password" in credentials)) return null;
	const { username, password } = credentials;
	const { address, port } = udp.server;
	const server = { address, port };
	const given = tls === undefined || ask === undefined ? [] : await askAll(tls, { username, password }, ask);
	const [user, ...furtherUsers] = given;
	return user === undefined ? { server, user: earlyRelayUser({ username, password }) } : { server, user, furtherUsers };
}

/** As many as are given out; one that is refused is worth no more asking. */
async function askAll(
	{ server, serverName, authorities }: IceRelayServer["legs"][number],
	user: EarlyRelayUser,
	ask: AskSharedSecret,
): Promise<readonly EarlyRelayUser[]> {
	const order: SharedSecretOrder = {
		...{ server, user, timeoutMs: ASKED_MS },
		...(serverName === undefined ? {} : { serverName }),
		...(authorities === undefined ? {} : { authorities }),
	};
	const first = await ask(order);
	if ("why" in first) return [];
	const others = await Promise.all(Array.from({ length: BINDINGS - 1 }, () => ask(order)));
	return [first, ...others.filter((one): one is EarlyRelayUser => !("why" in one))];
}

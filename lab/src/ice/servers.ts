/** Servers of STUN and TURN that ICE agents of the lab are given. */
import { coturnObstacle, openCoturn } from "../peers/coturn.ts";
import type { RunningServer } from "../peers/running-server.ts";
import { openServe } from "../peers/whither-serve.ts";
import { commandObstacle } from "../run.ts";

/** Whom servers relay for: long-term credentials. */
export const ICE_USER = { name: "alice", password: "wonderland", realm: "lab.example" } as const;
/** UDP and TCP of the server at address 0. */
export const ICE_PORT = 3478;
/** TLS of the server at address 0; UDP and TCP of the one at address 1. */
export const HTTPS_PORT = 443;
/** Where relays may send: to the lab's links, which are private networks, and to its public addresses, which are for documentation. */
const PEERS = ["10.0.0.0/8", "fd00::/8", "203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"];

/** A kind of server. */
export interface IceServerKind {
	readonly name: string;
	readonly obstacle: string | null;
	open(order: ServerOrder): Promise<RunningServer>;
}

interface ServerOrder {
	readonly namespace: string;
	readonly addresses: readonly string[];
	readonly port: number;
	readonly tls: { readonly port: number; readonly certificate: string; readonly key: string } | null;
	readonly options: readonly string[];
}

/** Ours, and the one that most others run. */
export const ICE_SERVERS: readonly [whither: IceServerKind, coturn: IceServerKind] = [
	{
		name: "whither serve",
		obstacle: commandObstacle(),
		open: ({ tls, options, ...listen }) => {
			const access = ["--realm", ICE_USER.realm, "--user", `${ICE_USER.name}:${ICE_USER.password}`];
			const peers = PEERS.flatMap((range) => ["--allow-peer", range]);
			const secure = tls === null ? [] : [`--tls-port=${tls.port}`, "--cert", tls.certificate, "--key", tls.key];
			const http = options.some((option) => option.startsWith("--port")) ? [] : ["--no-http"];
			return openServe({ ...listen, options: [...http, ...access, ...peers, ...secure, ...options] });
		},
	},
	{
		name: "coturn",
		obstacle: coturnObstacle(),
		open: ({ tls, ...listen }) => openCoturn({ ...listen, user: ICE_USER, ...(tls !== null && { tls }) }),
	},
];

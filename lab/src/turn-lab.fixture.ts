/** What tests of relays with others' programs share: the place, both kinds of servers in it, and a peer that echoes. */
import type { Family } from "@whither/core";
import { natKind, natWorld, nodeAddress, publicAddresses } from "@whither/sim";
import { type Certificates, certificatesObstacle, makeCertificates } from "./peers/certificates.ts";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { openServe, type ServeOptions } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

/** Long-term credentials that servers know, and the secret that REST credentials are made of. */
export const USER = { name: "alice", password: "wonderland", realm: "lab.example" };
export const SECRET = "north";
export const PORT = 3478;
export const TLS_PORT = 5349;

/** Relays may send into the lab's own networks, which are private ones. */
const PEERS = ["10.0.0.0/8", "fd00::/8"];

/** A relay server with listeners for UDP, TCP and TLS in both families, and clients around it. */
export interface TurnLab {
	readonly lab: Lab;
	readonly certificates: Certificates;
	/** Where a server is to run. */
	readonly namespace: string;
	/** The server's address. */
	server(family: Family): string;
	/** A client whose address nobody changes, or one behind a NAT. */
	client(kind: "open" | "behindNat"): { readonly namespace: string; address(family: Family): string };
	/** A host for `turnutils_peer`. */
	readonly peer: { readonly namespace: string; address(family: Family): string };
	close(): Promise<void>;
}

/** Builds it: `lanA` and `lanA2` have their own addresses, `lanB` is behind a port-restricted NAT, all have a default route. */
export async function openTurnLab(): Promise<TurnLab> {
	const scenario = natWorld({ a: natKind("no NAT"), b: natKind("port-restricted") });
	const lab = await openLab(scenario);
	const server = (family: Family) => publicAddresses(scenario, "srv", family)[0] ?? "";
	const certificates = makeCertificates([server(4), server(6)]);
	const host = (node: string) => ({
		namespace: lab.namespaceOf(node),
		address: (family: Family) => nodeAddress(scenario, node, family),
	});
	return {
		lab,
		certificates,
		namespace: lab.namespaceOf("srv"),
		server,
		client: (kind) => host(kind === "open" ? "lanA" : "lanB"),
		peer: host("lanA2"),
		close: async () => {
			await lab.close();
			certificates.remove();
		},
	};
}

/** A kind of relay server. */
export interface TurnServerKind {
	readonly name: string;
	readonly obstacle: string | null;
	/** Its sockets can be told not to have datagrams fragmented. */
	readonly setsDontFragment: boolean;
	/** Takes long-term credentials, or REST ones where this is asked for; ours takes both at once. */
	open(place: TurnLab, credentials?: "longTerm" | "rest"): Promise<RunningServer>;
}

function listenOf({ namespace, server, certificates }: TurnLab) {
	const { certificate, key } = certificates;
	return { namespace, addresses: [server(4), server(6)], port: PORT, tls: { port: TLS_PORT, certificate, key } };
}

const coturn: TurnServerKind = {
	name: "coturn",
	setsDontFragment: true,
	obstacle: labObstacle() ?? certificatesObstacle() ?? coturnObstacle(),
	open: (place, credentials = "longTerm") => {
		const rest = ["--use-auth-secret", `--static-auth-secret=${SECRET}`, `--realm=${USER.realm}`];
		const options = ["--mobility", ...(credentials === "rest" ? rest : [])];
		return openCoturn({ ...listenOf(place), user: USER, options });
	},
};

function whither(name: string, { options = [], env = {} }: Pick<ServeOptions, "options" | "env"> = {}): TurnServerKind {
	return {
		name,
		setsDontFragment: env.WHITHER_BACKEND !== "portable",
		obstacle: labObstacle() ?? certificatesObstacle() ?? commandObstacle(),
		open: (place) => {
			const { tls, ...listen } = listenOf(place);
			const access = ["--realm", USER.realm, "--user", `${USER.name}:${USER.password}`, "--secret", SECRET];
			const peers = PEERS.flatMap((range) => ["--allow-peer", range]);
			const security = ["--cert", tls.certificate, "--key", tls.key];
			return openServe({ ...listen, env, options: ["--no-http", ...access, ...peers, ...security, ...options] });
		},
	};
}

/** The one that shows what a good run looks like, and ours: UDP in threads that wait in the kernel. */
export const TURN_SERVERS: readonly TurnServerKind[] = [coturn, whither("whither serve")];

/** Ours where UDP goes the way of streams: in the main thread, on the kernel's sockets or on Node's. */
export const OTHER_DRIVERS: readonly TurnServerKind[] = [
	whither("whither serve --workers=0", { options: ["--workers=0"] }),
	whither("whither serve on Node's sockets", { env: { WHITHER_BACKEND: "portable" } }),
];

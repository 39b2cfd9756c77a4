/** coturn in a namespace: a STUN server of RFC 5780 and RFC 3489, and a TURN server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../requirements.ts";
import { startTool } from "../run.ts";
import { awaitServer, type RunningServer, SERVER_MS } from "./running-server.ts";

/** How coturn is started. */
export interface CoturnOptions {
	readonly namespace: string;
	/** To listen on: two of a family make it a server of RFC 5780 for that family. The first of each relays. */
	readonly addresses: readonly string[];
	/** Default 3478; its other port is the next. */
	readonly port?: number;
	/** Long-term credentials for TURN; default: STUN alone. */
	readonly user?: { readonly name: string; readonly password: string; readonly realm: string };
	/** Files of a certificate and its key (PEM), with which it serves TLS on this port; default: no TLS. */
	readonly tls?: { readonly port: number; readonly certificate: string; readonly key: string };
	/** Further options of `turnserver`. */
	readonly options?: readonly string[];
}

/** Null where coturn is installed, else what is missing. */
export function coturnObstacle(): string | null {
	return findProgram("turnserver") === null ? "the server is coturn (Debian package coturn)" : null;
}

function commandLine(
	{ addresses, port = 3478, user, tls, options = [] }: CoturnOptions,
	folder: string,
): readonly string[] {
	const relays = ["v4", "v6"].flatMap(
		(family) => addresses.find((text) => text.includes(":") === (family === "v6")) ?? [],
	);
	const access =
		user === undefined
			? ["--stun-only", "--no-auth"]
			: ["--lt-cred-mech", "--user", `${user.name}:${user.password}`, "--realm", user.realm];
	const secure =
		tls === undefined
			? ["--no-tls"]
			: [`--tls-listening-port=${tls.port}`, `--cert=${tls.certificate}`, `--pkey=${tls.key}`];
	return [
		findProgram("turnserver") ?? "turnserver",
		...secure,
		...["-n", "--no-cli", "--no-dtls", "-m", "1", "--log-file", "stdout", "--simple-log"],
		...["--pidfile", join(folder, "pid"), "--userdb", join(folder, "db")],
		...addresses.map((address) => `--listening-ip=${address}`),
		...relays.map((address) => `--relay-ip=${address}`),
		`--listening-port=${port}`,
		...access,
		...options,
	];
}

/** Starts coturn; resolves when it answers on every address. It rejects, and nothing is left, when it does not. */
export async function openCoturn(options: CoturnOptions): Promise<RunningServer> {
	const { namespace, addresses, port = 3478 } = options;
	const folder = await mkdtemp(join(tmpdir(), "whither-coturn-"));
	const tool = startTool(commandLine(options, folder), { namespace, timeoutMs: SERVER_MS });
	const cleanUp = () => rm(folder, { recursive: true, force: true });
	return awaitServer(tool, { namespace, addresses, port, cleanUp });
}

/** `whither serve`: runs until a signal. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { WhitherError } from "../../api/error.ts";
import { type RunningServer, serve } from "../../server/serve.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import { placeText } from "../../server/serve-words.ts";
import { openSessionStore } from "../../store/open-session-store.ts";
import { parseOptions } from "../arguments/parse.ts";
import { EXIT } from "../exit-codes.ts";
import { complain, hasTerminal, print } from "../output.ts";
import { readPem } from "../read-pem.ts";
import { watchSignals } from "../signals.ts";
import { apiOptions } from "./api-options.ts";
import { readUsers } from "./read-users.ts";
import { SERVE_OPTIONS, type ServeFlags } from "./serve-options.ts";
import { storeOptions } from "./store-options.ts";

/** Of --drain. */
const DRAIN_SECONDS = 30;

/** Run the command; resolves with the exit code when the server has ended. */
export async function serveCommand(args: readonly string[]): Promise<number> {
	const { options: flags } = parseOptions(args, SERVE_OPTIONS);
	let server: RunningServer | null = null;
	const signals = watchSignals(() => {
		if (server !== null) endInOrder(server, flags, signals.exitCode());
	});
	const running = await serve({ ...serveOptions(flags), ...(await keeping(flags)) });
	server = running;
	// Whoever reads the lines below may send one right away.
	reloadAtHangUp(running, flags);
	for (const { role, transport, address, port } of running.listening) {
		print(`${role} ${transport} ${placeText(address, port)}\n`);
	}
	tellMore(running, flags);
	// One may have come before there was anything to end.
	if (signals.exitCode() !== null) endInOrder(running, flags, signals.exitCode());
	await running.closed;
	return signals.exitCode() ?? EXIT.ok;
}

/** Where sessions are kept, and what was asked for is written down. */
async function keeping(flags: ServeFlags): Promise<ServeOptions> {
	const order = flags["no-http"] === true ? null : storeOptions(flags);
	const given = { complain, ...(flags.audit === undefined ? {} : { audit: flags.audit }) };
	if (order === null) return given;
	try {
		const store = await openSessionStore({ ...order, remark: complain });
		return { audit: join(order.folder, "audit.ndjson"), ...given, store };
	} catch (thrown) {
		// Nobody asked for that folder: a second server on this machine, or one without a home, serves all the same.
		if (flags.data !== undefined || !(thrown instanceof WhitherError) || thrown.code !== "storeFailed") throw thrown;
		complain(`${thrown.message}; until then sessions are kept in memory alone`);
		return given;
	}
}

/** SIGTERM lets allocations go on for a while; Ctrl-C does not. */
function endInOrder(server: RunningServer, flags: ServeFlags, code: number | null): void {
	const { drain: seconds = DRAIN_SECONDS, "alternate-server": alternate = [] } = flags;
	const drained = code === EXIT.terminated ? server.drain({ seconds, alternate }) : Promise.resolve();
	void drained.then(async () => {
		const { stun, turn, early } = await server.counters();
		const sent = stun.failed > 0 ? `, ${stun.failed} not sent` : "";
		complain(`${stun.received} messages received, ${stun.answered} answered${sent}`);
		if (turn !== null && turn.server.allocationsOpened > 0) {
			const { usage, allocationsOpened } = turn.server;
			const packets = usage.sentPackets + usage.receivedPackets;
			complain(`${allocationsOpened} allocations relayed ${packets} packets`);
		}
		if (early !== null && early.server.bindingsOpened > 0) {
			const { usage, bindingsOpened } = early.server;
			complain(`${bindingsOpened} early relays passed on ${usage.sentPackets + usage.receivedPackets} packets`);
		}
		await server.close();
	});
}

function tellMore(server: RunningServer, flags: ServeFlags): void {
	const two = server.behaviourDiscovery;
	if (two.length > 0) complain(`behaviour discovery (RFC 5780) is answered on ${two.join(" and ")}`);
	const { user, users, secret, token } = flags;
	const http = flags["no-http"] !== true;
	if (server.relays.length > 0 && user === undefined && users === undefined && secret === undefined)
		complain(
			`nobody may relay yet${http ? " but those who meet here" : ""}; give users with --user NAME:PASSWORD or --users FILE, or a --secret`,
		);
	tellOfEarlyRelays(server, flags);
	if (server.token !== null && token === undefined) complain(`HTTP wants the token ${server.token}`);
}

/** What was asked for and comes to nothing. */
function tellOfEarlyRelays({ listening }: RunningServer, flags: ServeFlags): void {
	const { user, users, classic, "early-relay-port": port = 0 } = flags;
	const has = (role: RunningServer["listening"][number]["role"]) => listening.some((place) => place.role === role);
	if (!has("early-relay") && port !== 0)
		complain(`--early-relay-port does nothing ${classic === true ? "with --no-turn" : "without --classic"}`);
	if (has("early-relay") && !has("shared-secret") && (user !== undefined || users !== undefined))
		complain(
			"users of --user and --users get no early relays: they are asked for a password by TLS alone; give --cert and --key",
		);
}

/** Where there is nothing to read again a terminal that goes takes the server with it, and whoever has none is told. */
function reloadAtHangUp(server: RunningServer, flags: ServeFlags): void {
	const hasFiles = flags.users !== undefined || flags.cert !== undefined;
	if (!hasFiles && hasTerminal()) return;
	process.on("SIGHUP", () => {
		server.reopenLogs();
		if (hasFiles) reload(server, flags);
		else complain("there is nothing to read again but the audit log: neither --users nor --cert");
	});
}

/** All of it or nothing. */
function reload(server: RunningServer, flags: ServeFlags): void {
	const { users, cert, key } = flags;
	try {
		const listed = users === undefined ? null : usersOf(flags);
		const renewed = cert === undefined || key === undefined || server.renew(...pemsOf(cert, key));
		if (renewed && listed !== null) server.setUsers(listed);
		complain(
			renewed ? "read users, certificate and key again" : "certificate and key do not go together; kept what there was",
		);
	} catch (thrown) {
		complain(`${thrown instanceof Error ? thrown.message : thrown}; kept what there was`);
	}
}

function pemsOf(cert: string, key: string): [certificate: string, key: string] {
	return [readPem(cert, "--cert"), readPem(key, "--key")];
}

/** Without any, a secret that nobody has: what this server gives out by itself will be made with it. */
function usersOf({ user = [], users, secret = [] }: ServeFlags): NonNullable<ServeOptions["users"]> {
	const listed = users === undefined ? { passwords: [], keys: [] } : readUsers(users);
	const nobody = user.length === 0 && users === undefined && secret.length === 0;
	return {
		...listed,
		passwords: [...listed.passwords, ...user],
		restSecrets: nobody ? [randomBytes(32).toString("base64url")] : secret,
	};
}

function serveOptions(flags: ServeFlags): ServeOptions {
	const { listen = [], alternate = [], cert, key, classic, "no-turn": noTurn, "no-http": noHttp } = flags;
	if (listen.length === 0 && alternate.length > 0)
		throw new WhitherError("usage", "--alternate is the second address; name the first with --listen");
	return {
		listen: [...listen, ...alternate],
		stunPort: flags["stun-port"],
		alternatePort: flags["alternate-port"],
		tlsPort: flags["tls-port"],
		classic,
		earlyRelayPort: flags["early-relay-port"],
		certificate: cert === undefined ? undefined : readPem(cert, "--cert"),
		key: key === undefined ? undefined : readPem(key, "--key"),
		http: noHttp !== true,
		port: flags.port,
		token: flags.token,
		insecure: flags.insecure,
		codeSeconds: flags["code-lifetime"],
		turn: noTurn !== true,
		users: usersOf(flags),
		...relayOptions(flags),
		...apiOptions(flags),
	};
}

function relayOptions(flags: ServeFlags): ServeOptions {
	return {
		realm: flags.realm,
		relayAddresses: flags["relay-address"],
		relayPorts: flags["relay-ports"],
		allowPeers: flags["allow-peer"],
		denyPeers: flags["deny-peer"],
		maxAllocations: flags["max-allocations"],
		maxPerUser: flags["max-per-user"],
		maxBytesPerSecond: flags["max-bandwidth"],
		workers: flags.workers,
	};
}

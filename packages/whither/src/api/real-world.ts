/** This machine's network as a world: one prober for all traces, in a thread of its own that keeps no process alive. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { PingMessage, RoundsMessage, TraceFailure, TraceMessage } from "@whither/core";
import type { Prober } from "@whither/net";
import { hostsName, readHosts } from "./hosts-file.ts";
import type { AsLookup, AsNameServer, AsServer, RouteLookup } from "./places/as-server.ts";
import type { FactsLookup } from "./places/facts.ts";
import { resolveTarget } from "./resolve.ts";
import type { World } from "./world.ts";

/** Set by the bundler: the file, beside the bundle, that is the prober's worker. Absent when run from source. */
declare const WHITHER_WORKER_FILE: string | undefined;

/** A reverse look-up is given up after so long, and asked once. */
const REVERSE_TIMEOUT_MS = 2_000;

/** For IPv6 as well (Linux, Documentation/networking/ip-sysctl). */
const TCP_ECN = "/proc/sys/net/ipv4/tcp_ecn";

/** What is asked of this machine and of its servers: everything but the probes themselves. */
export const LOOKUPS: Pick<World, "resolve" | "reverse" | "origins" | "routes" | "asNames" | "places" | "tcpEcn"> = {
	resolve: resolveTarget,
	reverse: reverseName,
	origins: openOrigins,
	routes: openRoutes,
	asNames: openNamesOfSystems,
	places: openPlaces,
	tcpEcn: readTcpEcn,
};

let world: Promise<World> | null = null;

/** This machine's network; starts the prober's thread, so calling it early saves time. */
export function openRealWorld(): Promise<World> {
	world ??= openProber().then((prober) => ({
		...LOOKUPS,
		start: (order, on) => prober.trace(order, watched(on)),
		ping: (order, on) => prober.ping(order, watched(on)),
		rounds: (order, on) => prober.rounds(order, watched(on)),
	}));
	return world;
}

/**
 * The same network, traced in this thread: for a short-lived program that does little else, since it saves starting
 * another. Round trips are the kernel's in either case.
 */
export async function openRealWorldHere(): Promise<World> {
	const { runPing, runRounds, runTrace } = await import("@whither/net");
	return { ...LOOKUPS, start: runTrace, ping: runPing, rounds: runRounds };
}

/** A prober whose thread has died serves nobody: the next run gets a new one. */
function watched<Message extends TraceMessage | PingMessage | RoundsMessage>(on: (message: Message) => void) {
	return (message: Message): void => {
		if (message.type === "failed" && isDeadWorker(message.error)) world = null;
		on(message);
	};
}

async function openProber(): Promise<Prober> {
	const { startProber } = await import("@whither/net");
	const file = typeof WHITHER_WORKER_FILE === "string" ? WHITHER_WORKER_FILE : null;
	// In the command's bundle a path stands for this file, and not its URL.
	const here = import.meta.url;
	const base = here.startsWith("file:") ? here : pathToFileURL(here);
	return startProber(file === null ? {} : { workerUrl: new URL(file, base) });
}

function isDeadWorker(failure: TraceFailure): boolean {
	return failure.code === "internal" && failure.where === "worker";
}

type Resolver = import("node:dns/promises").Resolver;
let hosts: ReadonlyMap<string, string> | null = null;
let resolver: Promise<Resolver> | null = null;

/** The name of an address by /etc/hosts, else by DNS; its own resolver, since the system's would hold up the process's end. */
async function reverseName(address: string): Promise<string | null> {
	hosts ??= readHosts();
	const known = hostsName(hosts, address);
	if (known !== null) return known;
	resolver ??= import("node:dns/promises").then((dns) => new dns.Resolver({ timeout: REVERSE_TIMEOUT_MS, tries: 1 }));
	const names = await (await resolver).reverse(address).catch(() => []);
	return names[0] ?? null;
}

/** Few traces want origins, and what asks for them takes time to load. */
async function openOrigins(server: AsServer): Promise<AsLookup> {
	const { openAsLookup } = await import("./places/as-lookup.ts");
	return openAsLookup(server);
}

async function openRoutes(server: AsServer): Promise<RouteLookup> {
	const { openRouteLookup } = await import("./places/as-lookup.ts");
	return openRouteLookup(server);
}

async function openNamesOfSystems(server: AsNameServer): Promise<(asn: string) => Promise<string | null>> {
	const { openAsNames } = await import("./places/as-lookup.ts");
	return openAsNames(server);
}

async function openPlaces(files: readonly string[]): Promise<FactsLookup> {
	const [{ openDataSet }, { askAll }] = await Promise.all([
		import("./places/data-set.ts"),
		import("./places/facts.ts"),
	]);
	return askAll(await Promise.all(files.map(openDataSet)));
}

function readTcpEcn(): number {
	try {
		return Number(readFileSync(TCP_ECN, "utf8"));
	} catch {
		return 0;
	}
}

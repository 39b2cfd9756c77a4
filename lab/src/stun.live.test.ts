import { existsSync } from "node:fs";
import type { Family, NatBehaviour } from "@whither/core";
import { NAT_KINDS, type NatKind, natAddress, natKind, natWorld, nodeAddress, publicAddresses } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import { CLASSIC_WORDS, classicStun, natDiscovery, stunClient, stunClientsObstacle } from "./peers/stun-clients.ts";
import { openStund, stundObstacle } from "./peers/stund.ts";
import { openServe } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { runWhither, WHITHER } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle =
	labObstacle() ??
	(existsSync(WHITHER) ? null : "the command is not built (npm run build)") ??
	coturnObstacle() ??
	stunClientsObstacle();
if (obstacle !== null) console.warn(`whither stun and serve behind real NATs skipped: ${obstacle}`);
const title = "whither stun and whither serve behind every kind of NAT";

if (obstacle === null && stundObstacle() !== null) console.warn(`whither stun by RFC 3489 skipped: ${stundObstacle()}`);

const FAMILIES = [4, 6] as const;
/** Others' clients take three seconds for each answer that does not come, and many run at once. */
const TEST_MS = 180_000;
const COTURN_PORT = 3478;
const SERVE_PORT = 3578;

interface Asked {
	readonly family: Family;
	readonly port: number;
	readonly backend: "native" | "portable";
}

/** Both families of both servers, and Node's own sockets once. */
const ASKED: readonly Asked[] = [
	...FAMILIES.flatMap((family) =>
		[COTURN_PORT, SERVE_PORT].map((port) => ({ family, port, backend: "native" as const })),
	),
	{ family: 4, port: COTURN_PORT, backend: "portable" },
];

/** A home behind a router of this kind, with coturn and our own server on the same two addresses of each family. */
async function withServers(kind: NatKind, use: (lab: Lab) => Promise<void>): Promise<void> {
	const scenario = natWorld({ a: kind });
	const lab = await openLab(scenario);
	const addresses = FAMILIES.flatMap((family) => publicAddresses(scenario, "srv", family));
	const place = { namespace: lab.namespaceOf("srv"), addresses };
	const servers = await Promise.allSettled([
		openCoturn({ ...place, port: COTURN_PORT }),
		openServe({ ...place, port: SERVE_PORT, user: "nobody", options: ["--classic"] }),
	]);
	try {
		for (const server of servers) if (server.status === "rejected") throw server.reason;
		await use(lab);
	} finally {
		for (const server of servers) if (server.status === "fulfilled") await server.value.close();
		await lab.close();
	}
}

/** The first public address of the server. */
function serverOf(lab: Lab, family: Family): string {
	return publicAddresses(lab.scenario, "srv", family)[0] ?? "";
}

/** The address that a host behind the NAT must be seen by. */
function seenAddress(lab: Lab, family: Family): string {
	const { natA } = lab.scenario.nodes;
	const nat = natA?.kind === "router" ? natA.nat : undefined;
	return nat === undefined ? lab.addressOf("lanA", family) : natAddress(lab.scenario, "natA", nat, family);
}

function clientOf(lab: Lab) {
	return { namespace: lab.namespaceOf("lanA"), user: "nobody" as const };
}

type Tests = NatBehaviour["tests"];
type StunFound = Pick<NatBehaviour, "lifetimeSeconds" | "goneAfterSeconds">;

async function checkWhither({ seen }: NatKind, lab: Lab, asked: Asked, standard: Tests = "rfc5780"): Promise<void> {
	const { family, port, backend } = asked;
	const address = serverOf(lab, family);
	const server = family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
	const env = backend === "portable" ? { WHITHER_BACKEND: "portable" } : {};
	const outcome = await runWhither(["stun", server, "--json"], { ...clientOf(lab), env });
	const words = `whither stun ${server} (${backend})\n${outcome.stdout}\n${outcome.stderr}`;
	const { mapping, filtering, hairpin, classic } = seen;
	const isReached = mapping !== "unknown";
	expect(outcome.code, words).toBe(isReached ? 0 : 1);
	const mappedAddress = isReached ? { address: seenAddress(lab, family) } : null;
	const found: unknown = JSON.parse(outcome.stdout);
	expect(found, words).toMatchObject({ mapping, filtering, hairpin, classic, mappedAddress, family, backend });
	expect(found, words).toMatchObject({ tests: isReached ? standard : "none" });
}

/** What `turnutils_natdiscovery` makes of this kind. */
function discoverable({ seen }: NatKind) {
	const isReached = seen.mapping !== "unknown";
	return { mapping: isReached ? seen.mapping : null, filtering: isReached ? seen.filtering : null, isReached };
}

async function checkDiscovery(kind: NatKind, lab: Lab, family: Family): Promise<void> {
	const local = nodeAddress(lab.scenario, "lanA", family);
	const { outcome, ...found } = await natDiscovery(serverOf(lab, family), {
		...clientOf(lab),
		local,
		port: SERVE_PORT,
	});
	const { isReached, ...expected } = discoverable(kind);
	const mappedAddress = isReached ? seenAddress(lab, family) : null;
	expect(found, outcome.stdout + outcome.stderr).toEqual({ ...expected, mappedAddress });
}

async function checkClassic({ seen }: NatKind, lab: Lab): Promise<void> {
	const found = await classicStun(`${serverOf(lab, 4)}:${SERVE_PORT}`, clientOf(lab));
	const words = found.outcome.stdout + found.outcome.stderr;
	expect(found, words).toMatchObject({ kind: CLASSIC_WORDS[seen.classic ?? "UDP blocked"], hairpin: seen.hairpin });
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	test.concurrent.each(NAT_KINDS)(
		"$name: whither stun names it by coturn and by whither serve, and others' clients name it by whither serve",
		async (kind) => {
			await withServers(kind, async (lab) => {
				await Promise.all(ASKED.map((asked) => checkWhither(kind, lab, asked)));
				await Promise.all([...FAMILIES.map((family) => checkDiscovery(kind, lab, family)), checkClassic(kind, lab)]);
			});
		},
		TEST_MS,
	);

	test(
		"a short lifetime is measured, by coturn and by whither serve",
		async () => {
			await withServers(natKind("port-restricted with a short lifetime"), async (lab) => {
				const outcomes = [COTURN_PORT, SERVE_PORT].map((port) => {
					const args = ["stun", `${serverOf(lab, 4)}:${port}`, "--lifetime", "--longest", "12", "--json"];
					return runWhither(args, clientOf(lab));
				});
				for (const { stdout, stderr } of await Promise.all(outcomes)) {
					const found = JSON.parse(stdout) as StunFound;
					// Three seconds, as the kernel counts them.
					expect([2, 3], stdout + stderr).toContain(found.lifetimeSeconds);
					expect([3, 4], stdout + stderr).toContain(found.goneAfterSeconds);
				}
			});
		},
		TEST_MS,
	);

	test
		.skipIf(stundObstacle() !== null)
		.each(["full cone", "port-restricted", "address-dependent mapping", "symmetric"])(
		"%s: whither stun names it by a server that knows RFC 3489 alone",
		async (name) => {
			const kind = natKind(name);
			const scenario = natWorld({ a: kind });
			const lab = await openLab(scenario);
			const [first = "", second = ""] = publicAddresses(scenario, "srv", 4);
			const server = await openStund(lab.namespaceOf("srv"), [first, second]);
			try {
				for (const backend of ["native", "portable"] as const) {
					await checkWhither(kind, lab, { family: 4, port: server.port, backend }, "rfc3489");
				}
			} finally {
				await server.close();
				await lab.close();
			}
		},
	);

	test.each(FAMILIES)(
		"IPv%i: turnutils_stunclient gets every answer of RFC 5780 from whither serve",
		async (family) => {
			const scenario = natWorld({ a: natKind("no NAT") });
			const lab = await openLab(scenario);
			const addresses = publicAddresses(scenario, "srv", family);
			const server = await openServe({ namespace: lab.namespaceOf("srv"), addresses, user: "nobody" });
			try {
				const [first = "", other = ""] = addresses;
				const { outcome, ...heard } = await stunClient(first, { ...clientOf(lab), timeoutMs: 10_000 });
				expect(heard.isRfc5780, outcome.stdout).toBe(true);
				expect(heard.origins, outcome.stdout).toEqual([`${first}:3478`, `${other}:3479`, `${other}:3479`]);
				expect(heard.otherAddresses[0], outcome.stdout).toBe(`${other}:3479`);
				const local = lab.addressOf("lanA", family);
				expect(
					heard.mappedAddresses.every((address) => address.startsWith(`${local}:`)),
					outcome.stdout,
				).toBe(true);
			} finally {
				await server.close();
				await lab.close();
			}
		},
	);
});

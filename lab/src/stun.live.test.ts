import { existsSync } from "node:fs";
import type { Family } from "@whither/core";
import {
	NAT_KINDS,
	type NatKind,
	natAddress,
	natKind,
	natWorld,
	nodeAddress,
	publicAddresses,
	type Scenario,
} from "@whither/sim";
import { describe, expect, test } from "vitest";
import { coturnObstacle, openCoturn, type RunningServer } from "./peers/coturn.ts";
import { classicStun, natDiscovery, stunClient, stunClientsObstacle } from "./peers/stun-clients.ts";
import { openWhitherServer } from "./peers/whither-server.ts";
import { labObstacle } from "./requirements.ts";
import { runWhither, WHITHER } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle =
	labObstacle() ??
	(existsSync(WHITHER) ? null : "the command is not built (npm run build)") ??
	coturnObstacle() ??
	stunClientsObstacle();
if (obstacle !== null) console.warn(`whither stun and serve with other people's peers skipped: ${obstacle}`);
const title = "whither stun and serve, with other people's peers, behind NATs of a real kernel";

const FAMILIES = [4, 6] as const;
const SERVERS = ["coturn", "whither serve"] as const;
const BACKENDS = ["native", "portable"] as const;

function openServer(name: (typeof SERVERS)[number], lab: Lab): Promise<RunningServer> {
	const addresses = FAMILIES.flatMap((family) => publicAddresses(lab.scenario, "srv", family));
	const namespace = lab.namespaceOf("srv");
	return name === "coturn"
		? openCoturn({ namespace, addresses })
		: openWhitherServer({ namespace, addresses, user: "nobody", options: ["--classic"] });
}

async function withServer(
	kind: NatKind,
	name: (typeof SERVERS)[number],
	use: (lab: Lab, server: RunningServer) => Promise<void>,
): Promise<void> {
	const lab = await openLab(natWorld({ a: kind }));
	try {
		const server = await openServer(name, lab);
		try {
			await use(lab, server);
		} finally {
			await server.close();
		}
	} finally {
		await lab.close();
	}
}

/** The address that a host behind the NAT must be seen by. */
function seenAddress(scenario: Scenario, family: Family): string {
	const { natA } = scenario.nodes;
	const nat = natA?.kind === "router" ? natA.nat : undefined;
	return nat === undefined ? nodeAddress(scenario, "lanA", family) : natAddress(scenario, "natA", nat, family);
}

/** Linux drops an IPv4 packet that claims to come from the host's own address; of IPv6 it believes that. */
function seenHairpin({ seen, name }: NatKind, family: Family): boolean | null {
	return family === 6 && name.endsWith("the inside's source") ? true : seen.hairpin;
}

interface Asked {
	readonly family: Family;
	readonly backend: (typeof BACKENDS)[number];
	readonly args?: readonly string[];
}

async function ask(lab: Lab, { family, backend, args = [] }: Asked) {
	const [server = ""] = publicAddresses(lab.scenario, "srv", family);
	const run = { namespace: lab.namespaceOf("lanA"), user: "nobody", env: { WHITHER_BACKEND: backend } } as const;
	const { code, stdout, stderr } = await runWhither(["stun", "--json", ...args, server], run);
	return { code, stderr, document: JSON.parse(stdout) };
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	const cells = NAT_KINDS.flatMap((kind) => SERVERS.map((server) => ({ kind, server, name: kind.name }))).filter(
		// Nothing of the server is seen there.
		({ kind, server }) => kind.seen.classic !== "UDP blocked" || server === "coturn",
	);

	test.concurrent.each(cells)("$name: whither stun names it, with $server", async ({ kind, server }) => {
		await withServer(kind, server, async (lab) => {
			// Servers differ to both backends alike.
			const backends = server === "coturn" ? BACKENDS : BACKENDS.slice(0, 1);
			const variants = FAMILIES.flatMap((family) => backends.map((backend) => ({ family, backend })));
			const found = await Promise.all(variants.map(async (asked) => ({ asked, ...(await ask(lab, asked)) })));
			for (const { asked, code, stderr, document } of found) {
				const { mapping, filtering, classic } = kind.seen;
				const hairpin = seenHairpin(kind, asked.family);
				const blocked = classic === "UDP blocked";
				expect({ code, stderr }, JSON.stringify(document)).toEqual({ code: blocked ? 1 : 0, stderr: "" });
				expect(document, JSON.stringify(asked)).toMatchObject({ mapping, filtering, hairpin, classic });
				const address = blocked ? undefined : seenAddress(lab.scenario, asked.family);
				expect(document.mappedAddress?.address).toBe(address);
				expect(document.tests).toBe(blocked ? "none" : "rfc5780");
			}
		});
	});

	test.concurrent.each(["full cone", "port-restricted", "symmetric", "no NAT"])(
		"%s: other people's clients are told right by whither serve",
		async (name) => {
			const kind = natKind(name);
			await withServer(kind, "whither serve", async (lab) => {
				const namespace = lab.namespaceOf("lanA");
				const { mapping, filtering, hairpin } = kind.seen;
				for (const family of FAMILIES) {
					const [server = ""] = publicAddresses(lab.scenario, "srv", family);
					const place = { namespace, user: "nobody", local: nodeAddress(lab.scenario, "lanA", family) } as const;
					const { outcome, ...found } = await natDiscovery(server, place);
					const mappedAddress = seenAddress(lab.scenario, family);
					expect(found, outcome.stdout).toEqual({ mapping, filtering, mappedAddress });
				}
				const [server = ""] = publicAddresses(lab.scenario, "srv", 4);
				const classic = await classicStun(server, { namespace, user: "nobody" });
				expect({ kind: classic.kind, hairpin: classic.hairpin }, classic.outcome.stdout).toEqual({
					kind: CLASSIC_WORDS[name],
					hairpin,
				});
			});
		},
	);

	test("turnutils_stunclient hears all that it asks whither serve for", async () => {
		await withServer(natKind("no NAT"), "whither serve", async (lab) => {
			for (const family of FAMILIES) {
				const [server = "", other = ""] = publicAddresses(lab.scenario, "srv", family);
				const run = { namespace: lab.namespaceOf("lanA"), user: "nobody", timeoutMs: 10_000 } as const;
				const { outcome, isRfc5780, origins } = await stunClient(server, run);
				expect({ isRfc5780, origins }, outcome.stdout).toEqual({
					isRfc5780: true,
					origins: [`${server}:3478`, `${other}:3479`, `${other}:3479`],
				});
			}
		});
	});

	test("the lifetime of a binding is measured", async () => {
		await withServer(natKind("port-restricted with a short lifetime"), "whither serve", async (lab) => {
			const { document } = await ask(lab, { family: 4, backend: "native", args: ["--lifetime", "--longest", "8"] });
			expect(document.lifetimeSeconds, JSON.stringify(document)).toBeGreaterThanOrEqual(1);
			expect(document.goneAfterSeconds).toBeLessThanOrEqual(6);
			expect(document.lifetimeSeconds).toBeLessThan(document.goneAfterSeconds);
		});
	});

	test("where UDP is blocked, TCP tells a filter from a dead server", async () => {
		await withServer(natKind("UDP blocked"), "whither serve", async (lab) => {
			const { code, document } = await ask(lab, { family: 4, backend: "native" });
			expect({ code, tcp: document.tcp }).toEqual({ code: 1, tcp: "refuses" });
			const [server = ""] = publicAddresses(lab.scenario, "srv", 4);
			const run = { namespace: lab.namespaceOf("srv"), user: "nobody" } as const;
			const here = await runWhither(["stun", "--tcp", server], run);
			expect(here.code, here.stderr).toBe(0);
		});
	});
});

/** The classic client's words. */
const CLASSIC_WORDS: Readonly<Record<string, string>> = {
	"no NAT": "Open",
	"full cone": "Independent Mapping, Independent Filter",
	"port-restricted": "Independent Mapping, Port Dependent Filter",
	symmetric: "Dependent Mapping",
};

import type { Family, NatBehaviour } from "@whither/core";
import { NAT_KINDS, type NatKind, natKind } from "@whither/sim";
import { formatEndpoint } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import {
	checkAnswers,
	checkClassic,
	checkDiscovery,
	FAMILIES,
	insideOf,
	type ServerPlace,
	seenAddress,
	serverOf,
	withHome,
} from "./nat-home.fixture.ts";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import { stunClientsObstacle } from "./peers/stun-clients.ts";
import { openStund, stundObstacle } from "./peers/stund.ts";
import { openServe } from "./peers/whither-serve.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, runWhither } from "./run.ts";
import type { Lab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle() ?? coturnObstacle() ?? stunClientsObstacle();
const title = "whither stun and whither serve behind every kind of NAT";

/** Others' clients take three seconds for each answer that does not come, and many run at once. */
const TEST_MS = 180_000;
const COTURN_PORT = 3478;
const SERVE_PORT = 3578;
/** It knows no other. */
const STUND_PORT = 3478;

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

/** coturn and our own server on the same two addresses of each family. */
const SERVERS = [
	(place: ServerPlace) => openCoturn({ ...place, port: COTURN_PORT }),
	(place: ServerPlace) => openServe({ ...place, port: SERVE_PORT, user: "nobody", options: ["--classic"] }),
];

type Tests = NatBehaviour["tests"];
type StunFound = Pick<NatBehaviour, "lifetimeSeconds" | "goneAfterSeconds">;

async function checkWhither({ seen }: NatKind, lab: Lab, asked: Asked, standard: Tests = "rfc5780"): Promise<void> {
	const { family, port, backend } = asked;
	const address = serverOf(lab, family);
	const server = formatEndpoint({ address, port });
	const env = backend === "portable" ? { WHITHER_BACKEND: "portable" } : {};
	const outcome = await runWhither(["stun", server, "--json"], { ...insideOf(lab), env });
	const words = `whither stun ${server} (${backend})\n${outcome.stdout}\n${outcome.stderr}`;
	const { mapping, filtering, hairpin, classic } = seen;
	const isReached = mapping !== "unknown";
	expect(outcome.code, words).toBe(isReached ? 0 : 1);
	const mappedAddress = isReached ? { address: seenAddress(lab, family) } : null;
	const found: unknown = JSON.parse(outcome.stdout);
	expect(found, words).toMatchObject({ mapping, filtering, hairpin, classic, mappedAddress, family, backend });
	expect(found, words).toMatchObject({ tests: isReached ? standard : "none" });
}

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	test.concurrent.each(NAT_KINDS)(
		"$name: whither stun names it by coturn and by whither serve, and others' clients name it by whither serve",
		async (kind) => {
			await withHome(kind, SERVERS, async (lab) => {
				await Promise.all(ASKED.map((asked) => checkWhither(kind, lab, asked)));
				const discoveries = FAMILIES.map((family) => checkDiscovery(kind, lab, family, SERVE_PORT));
				await Promise.all([...discoveries, checkClassic(kind, lab, SERVE_PORT)]);
			});
		},
		TEST_MS,
	);

	test(
		"a short lifetime is measured, by coturn and by whither serve",
		async () => {
			await withHome(natKind("port-restricted with a short lifetime"), SERVERS, async (lab) => {
				const outcomes = [COTURN_PORT, SERVE_PORT].map((port) => {
					const args = ["stun", `${serverOf(lab, 4)}:${port}`, "--lifetime", "--longest", "12", "--json"];
					return runWhither(args, insideOf(lab));
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

	const classicObstacle = stundObstacle();
	test
		.skipIf(classicObstacle !== null)
		.each(["full cone", "port-restricted", "address-dependent mapping", "symmetric"])(
		skippable("%s: whither stun names it by a server that knows RFC 3489 alone", classicObstacle),
		async (name) => {
			const kind = natKind(name);
			const open = ({ namespace, addresses: [first = "", second = ""] }: ServerPlace) =>
				openStund(namespace, [first, second]);
			await withHome(kind, [open], async (lab) => {
				for (const backend of ["native", "portable"] as const) {
					await checkWhither(kind, lab, { family: 4, port: STUND_PORT, backend }, "rfc3489");
				}
			});
		},
	);

	test.each(FAMILIES)(
		"IPv%i: turnutils_stunclient gets every answer of RFC 5780 from whither serve",
		async (family) => {
			const open = (place: ServerPlace) => openServe({ ...place, user: "nobody" });
			await withHome(natKind("no NAT"), [open], (lab) => checkAnswers(lab, family));
		},
	);
});

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
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import { CLASSIC_WORDS, classicStun, natDiscovery, stunClient, stunClientsObstacle } from "./peers/stun-clients.ts";
import { kernelObstacle } from "./plan.ts";
import { labObstacle } from "./requirements.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? coturnObstacle() ?? stunClientsObstacle();
if (obstacle !== null) console.warn(`the lab's NATs as others see them skipped: ${obstacle}`);
const title = "the lab's NATs as coturn and others' clients see them";

const FAMILIES = [4, 6] as const;

/** The address that a host behind the NAT must be seen by. */
function seenAddress(scenario: Scenario, family: Family): string {
	const { natA } = scenario.nodes;
	const nat = natA?.kind === "router" ? natA.nat : undefined;
	return nat === undefined ? nodeAddress(scenario, "lanA", family) : natAddress(scenario, "natA", nat, family);
}

/** Builds a home behind a router of this kind, with coturn on the server's public addresses. */
async function withCoturn(kind: NatKind, use: (lab: Lab) => Promise<void>): Promise<void> {
	const scenario = natWorld({ a: kind });
	const lab = await openLab(scenario);
	try {
		const addresses = FAMILIES.flatMap((family) => publicAddresses(scenario, "srv", family));
		const coturn = await openCoturn({ namespace: lab.namespaceOf("srv"), addresses });
		try {
			await use(lab);
		} finally {
			await coturn.close();
		}
	} finally {
		await lab.close();
	}
}

async function checkDiscovery({ seen }: NatKind, lab: Lab, family: Family): Promise<void> {
	const { scenario } = lab;
	const [server = ""] = publicAddresses(scenario, "srv", family);
	const place = {
		namespace: lab.namespaceOf("lanA"),
		user: "nobody" as const,
		local: nodeAddress(scenario, "lanA", family),
	};
	const { outcome, ...found } = await natDiscovery(server, place);
	const isReached = seen.mapping !== "unknown";
	expect(found, outcome.stdout + outcome.stderr).toEqual({
		mapping: isReached ? seen.mapping : null,
		filtering: isReached ? seen.filtering : null,
		mappedAddress: isReached ? seenAddress(scenario, family) : null,
	});
}

async function checkClassic({ seen }: NatKind, lab: Lab): Promise<void> {
	const [server = ""] = publicAddresses(lab.scenario, "srv", 4);
	const found = await classicStun(server, { namespace: lab.namespaceOf("lanA"), user: "nobody" });
	const words = found.outcome.stdout + found.outcome.stderr;
	expect(found.kind, words).toBe(CLASSIC_WORDS[seen.classic ?? "UDP blocked"]);
	expect(found.hairpin, words).toBe(seen.hairpin);
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	test.concurrent.each(NAT_KINDS)("$name: as RFC 5780 has it, both families, and as RFC 3489 has it", async (kind) => {
		expect(kernelObstacle(natWorld({ a: kind }))).toBeNull();
		await withCoturn(kind, async (lab) => {
			const discoveries = FAMILIES.map((family) => checkDiscovery(kind, lab, family));
			await Promise.all([...discoveries, checkClassic(kind, lab)]);
		});
	});

	test.each(FAMILIES)("IPv%i: coturn answers from where it is asked to, and to another port", async (family) => {
		await withCoturn(natKind("no NAT"), async (lab) => {
			const [server = "", other = ""] = publicAddresses(lab.scenario, "srv", family);
			const run = { namespace: lab.namespaceOf("lanA"), user: "nobody", timeoutMs: 10_000 } as const;
			const { outcome, mappedAddresses, ...heard } = await stunClient(server, run);
			const otherEnd = `${other}:3479`;
			const origins = [`${server}:3478`, otherEnd, otherEnd];
			const otherAddresses = [otherEnd, otherEnd, otherEnd];
			expect(heard, outcome.stdout).toEqual({ isRfc5780: true, origins, otherAddresses });
			const local = nodeAddress(lab.scenario, "lanA", family);
			expect(
				mappedAddresses.every((address) => address.startsWith(`${local}:`)),
				outcome.stdout,
			).toBe(true);
		});
	});
});

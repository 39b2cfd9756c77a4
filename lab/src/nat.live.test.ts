import { NAT_KINDS, natKind, natWorld } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { checkAnswers, checkClassic, checkDiscovery, FAMILIES, withHome } from "./nat-home.fixture.ts";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import { stunClientsObstacle } from "./peers/stun-clients.ts";
import { kernelObstacle } from "./plan.ts";
import { labObstacle } from "./requirements.ts";

const obstacle = labObstacle() ?? coturnObstacle() ?? stunClientsObstacle();
const title = "the lab's NATs as coturn and others' clients see them";
const PORT = 3478;

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	test.concurrent.each(NAT_KINDS)("$name: as RFC 5780 has it, both families, and as RFC 3489 has it", async (kind) => {
		expect(kernelObstacle(natWorld({ a: kind }))).toBeNull();
		await withHome(kind, [openCoturn], async (lab) => {
			const discoveries = FAMILIES.map((family) => checkDiscovery(kind, lab, family, PORT));
			await Promise.all([...discoveries, checkClassic(kind, lab, PORT)]);
		});
	});

	test.each(FAMILIES)("IPv%i: coturn answers from where it is asked to, and to another port", async (family) => {
		await withHome(natKind("no NAT"), [openCoturn], (lab) => checkAnswers(lab, family));
	});
});

import { expect, test } from "vitest";
import { DraftWorld, meet, RELAYED } from "./draft-world.fixture.ts";

const alts = (end: {
	readonly agent: { readonly description: readonly { readonly alternatives: readonly unknown[] }[] };
}) => end.agent.description[0];

test("probe", () => {
	for (const kind of ["fullCone", "symmetric"] as const) {
		const world = new DraftWorld();
		const [a, b] = [world.end("a", kind, RELAYED), world.end("b", kind, RELAYED)];
		meet(world, a, b, 1000);
		world.run(60_000);
		for (const end of [a, b]) {
			console.log(
				kind,
				end.agent.addresses
					.map(
						({ alt, origin, freed, reached }) =>
							`${alt.id} ${alt.q} ${alt.derivedFrom} ${alt.at.address}:${alt.at.port} ${alt.rtcp?.port} ${origin} ${freed ? "freed" : ""} ${reached ? "reached" : ""}`,
					)
					.join("\n"),
			);
			console.log(
				end.agent.checks
					.map(
						(c) =>
							`${c.alt.id}/${c.component} ${c.state} ${c.mapped?.address}:${c.mapped?.port} ${c.isNew} ${c.failure} ${c.requestsSent}`,
					)
					.join("\n"),
			);
			console.log(
				end.all("sending").map((s) => `${s.to.address}:${s.to.port} ${s.alt?.id}`),
				end.all("settled"),
				end.all("cycle"),
				end.all("serverFailed"),
				new Set(end.ignored),
			);
		}
		console.log([...world.relay.ports], alts(a)?.alternatives.length);
	}
});

/** Whether a trace shows what its scenario expects beside the hops: the handshake, companions, warnings, changes. */
import type { CompanionResult, TraceResult } from "@whither/core";
import type { Bounds, Expectation } from "./scenario.ts";

/** Every difference, one sentence each. */
export function besideProblems(expect: Expectation, result: TraceResult): readonly string[] {
	return [
		...handshakeProblems(expect.handshake ?? {}, result.handshake ?? {}),
		...Object.entries(expect.companions ?? {}).flatMap(([name, bounds]) =>
			companionProblems(name, bounds, result.companions ?? []),
		),
		...(expect.warned ?? []).flatMap((want) => warningProblems(want, result.warnings)),
	];
}

/** How the changes that a quote shows differ from the beginnings that they should have; null: not at all. */
export function changesProblem(have: readonly string[], want: readonly string[]): string | null {
	const holds = have.length === want.length && want.every((start, index) => have[index]?.startsWith(start));
	return holds ? null : `changes are ${JSON.stringify(have)}, expected ${JSON.stringify(want)}`;
}

type Fields = Readonly<Record<string, unknown>>;

function handshakeProblems(want: Fields, have: Fields): string[] {
	return Object.entries(want)
		.filter(([key, value]) => have[key] !== value)
		.map(([key, value]) => `handshake: ${key} is ${String(have[key])}, expected ${String(value)}`);
}

function companionProblems(name: string, bounds: Bounds, companions: readonly CompanionResult[]): string[] {
	const probes = companions.filter((companion) => companion.name === name).flatMap((companion) => companion.probes);
	const answers = probes.filter(({ status }) => status === "reply").length;
	const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = bounds;
	if (probes.length > 0 && answers >= atLeast && answers <= atMost) return [];
	return [`${name}: ${answers} of ${probes.length} packets were answered, expected ${JSON.stringify(bounds)}`];
}

function warningProblems(want: Fields, warnings: readonly Fields[]): string[] {
	const isWanted = (warning: Fields) => Object.entries(want).every(([key, value]) => warning[key] === value);
	return warnings.some(isWanted) ? [] : [`no warning ${JSON.stringify(want)} in ${JSON.stringify(warnings)}`];
}

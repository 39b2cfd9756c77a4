/** How a trace or a ping finds its way: the target's address, the gateways, and a method that this machine allows. */
import type { TraceWarning } from "@whither/core";
import type { Course } from "./course.ts";
import { WhitherError } from "./error.ts";
import { resolveGateways } from "./gateways.ts";
import type { ResolvedPath, RunOptions } from "./options.ts";
import type { ResolvedTarget } from "./resolve.ts";
import type { World } from "./world.ts";

/** Codes by which a method shows that it cannot work here at all: its own channels have all been tried by then. */
const METHOD_UNUSABLE: ReadonlySet<string> = new Set(["permissionDenied", "unsupportedProtocol"]);

/** What is asked for. */
interface Asked {
	readonly name: string;
	readonly options: Pick<RunOptions, "family" | "source" | "gateways">;
}

/** Looks the names up; `found` hears of the target as soon as it is known. Rejects when the run is stopped meanwhile. */
export async function findPath<Event>(
	course: Course<Event>,
	{ name, options }: Asked,
	world: World,
	found: (target: ResolvedTarget) => void,
): Promise<ResolvedPath> {
	const target = await course.unlessStopped(world.resolve(name, wantedFamily(options)));
	found(target);
	const gateways = await course.unlessStopped(resolveGateways(options.gateways ?? [], target, world.resolve));
	return { target, gateways, tcpEcn: world.tcpEcn };
}

/** The family that is asked for, or that of the source address; null: either. */
export function wantedFamily({ family, source }: Pick<RunOptions, "family" | "source">): 4 | 6 | null {
	if (family !== undefined) return family;
	if (source === undefined) return null;
	return source.includes(":") ? 6 : 4;
}

/**
 * The result by the first method that this machine allows. Those passed over are told to `warn`, and stand among its
 * warnings.
 */
export async function byFirstMethod<Result extends { readonly warnings: readonly TraceWarning[] }>(
	methods: readonly string[],
	attempt: (method: string) => Promise<Result>,
	warn: (warning: TraceWarning) => void,
): Promise<Result> {
	const passed: TraceWarning[] = [];
	for (const [index, method] of methods.entries()) {
		try {
			const result = await attempt(method);
			return passed.length === 0 ? result : { ...result, warnings: [...passed, ...result.warnings] };
		} catch (failure) {
			const next = methods[index + 1];
			if (!(failure instanceof WhitherError) || !METHOD_UNUSABLE.has(failure.code) || next === undefined) throw failure;
			const warning = { code: "methodFallback", from: method, to: next, reason: failure.code } as const;
			passed.push(warning);
			warn(warning);
		}
	}
	throw new Error("no method was tried");
}

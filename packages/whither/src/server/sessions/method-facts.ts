/** Which trace methods this machine allows, found by trying. */
import { doctor } from "../../api/doctor.ts";
import { systemErrorSentence } from "../../api/error-words.ts";

/** Of one method. */
export interface MethodFact {
	readonly usable: boolean;
	/** Why not; null: it is. */
	readonly why: string | null;
}

/** By the method's name; what is not in it is usable. */
export type MethodFacts = () => Promise<ReadonlyMap<string, MethodFact>>;

/** Privileges change at most when the process begins anew; what is tried once holds. */
export function methodFacts(): MethodFacts {
	let found: Promise<ReadonlyMap<string, MethodFact>> | null = null;
	return () => {
		found ??= tryMethods();
		return found;
	};
}

async function tryMethods(): Promise<ReadonlyMap<string, MethodFact>> {
	const facts = new Map<string, MethodFact>();
	for (const { method, works, error } of (await doctor()).checks) {
		if (facts.get(method)?.usable === true) continue;
		const why = works || error === null ? null : systemErrorSentence(error, { method });
		facts.set(method, { usable: works, why });
	}
	return facts;
}

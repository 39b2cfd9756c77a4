/** What a trace may be asked that not every method can do, with words for those that cannot. */
import type { TraceMethod } from "@whither/core";
import { WhitherError } from "./error.ts";
import { isMadeByKernel } from "./method-facts.ts";
import type { TraceRequestOptions } from "./options.ts";

interface Limit {
	readonly option: keyof TraceRequestOptions;
	/** One sentence where the method cannot do what is asked, else null. */
	readonly problem: (method: TraceMethod, options: TraceRequestOptions) => string | null;
}

const LIMITS: readonly Limit[] = [
	{
		option: "pathMtu",
		problem: (method, { pathMtu }) =>
			pathMtu && isMadeByKernel(method)
				? `${method.name} cannot find the path MTU (--mtu): the kernel makes its packets; --method udp, icmp or tcp can`
				: null,
	},
	{
		option: "looseMatch",
		problem: (method, { looseMatch }) =>
			looseMatch && !method.channels.some((need) => isCapturing(need.kind))
				? `${method.name} sees no quoted packets, so it cannot match them loosely (--loose-match); --method tcp can`
				: null,
	},
];

/** The kinds of channel that capture ICMP themselves. */
export const CAPTURING_KINDS = ["raw", "session"] as const;

function isCapturing(kind: string): boolean {
	return CAPTURING_KINDS.some((capturing) => capturing === kind);
}

/**
 * The methods that can do what is asked, in the same order. If the first, which it is meant for, cannot, or what is asked
 * contradicts itself, throws `WhitherError` with code `badOption`.
 */
export function methodsSuiting(methods: readonly TraceMethod[], options: TraceRequestOptions): readonly TraceMethod[] {
	refuseContradictions(options);
	const [first] = methods;
	for (const { option, problem } of first === undefined ? [] : LIMITS) {
		const sentence = first === undefined ? null : problem(first, options);
		if (sentence !== null) throw new WhitherError("badOption", sentence, { option, value: options[option] });
	}
	return methods.filter((method) => LIMITS.every(({ problem }) => problem(method, options) === null));
}

function refuseContradictions({ pathMtu, length, looseMatch, channels }: TraceRequestOptions): void {
	if (pathMtu && length !== undefined) {
		const sentence = "Finding the path MTU (--mtu) tries lengths of its own; leave LENGTH out";
		throw new WhitherError("badOption", sentence, { option: "length", value: length });
	}
	if (looseMatch && channels !== undefined && !channels.every(isCapturing)) {
		const sentence = "Loose matching (--loose-match) needs captured ICMP; leave --channel errorQueue out";
		throw new WhitherError("badOption", sentence, { option: "channels", value: channels });
	}
}

/** What a trace may be asked that not every method can do, with words for those that cannot. */
import type { TraceMethod } from "@whither/core";
import { WhitherError } from "./error.ts";
import { isMadeByKernel } from "./method-facts.ts";
import type { RunOptions } from "./options.ts";

interface Limit {
	readonly option: keyof RunOptions;
	/** One sentence where the method cannot do what is asked, else null. */
	readonly problem: (method: TraceMethod, options: RunOptions) => string | null;
	/** What is asked chooses among the methods, and is refused only when none of them can do it. */
	readonly chooses?: true;
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
	{
		option: "channels",
		chooses: true,
		problem: ({ name, channels }, { channels: asked }) =>
			asked == null || channels.some(({ kind }) => asked.some((one) => one === kind))
				? null
				: `${name} has no ${asked.join(" or ")} channel (--channel); it has ${channelNames(channels)}`,
	},
];

function channelNames(channels: TraceMethod["channels"]): string {
	const kinds = new Set(channels.map(({ kind }) => kind));
	kinds.delete("borrowed");
	return [...kinds].join(" and ");
}

/** The kinds of channel that capture ICMP themselves. */
export const CAPTURING_KINDS = ["raw", "session"] as const;

function isCapturing(kind: string): boolean {
	return CAPTURING_KINDS.some((capturing) => capturing === kind);
}

/**
 * The methods that can do what is asked, in the same order. If the first, which it is meant for, cannot (of a channel: if
 * none can), or what is asked contradicts itself, throws `WhitherError` with code `badOption`.
 */
export function methodsSuiting(methods: readonly TraceMethod[], options: RunOptions): readonly TraceMethod[] {
	refuseContradictions(options);
	for (const { option, problem, chooses } of LIMITS) {
		const [sentence = null, ...others] = methods.map((method) => problem(method, options));
		const isChoice = chooses === true && others.includes(null);
		if (sentence !== null && !isChoice)
			throw new WhitherError("badOption", sentence, { option, value: options[option] });
	}
	return methods.filter((method) => LIMITS.every(({ problem }) => problem(method, options) === null));
}

function refuseContradictions({ pathMtu, length, looseMatch, channels }: RunOptions): void {
	if (pathMtu && length !== undefined) {
		const sentence = "Finding the path MTU (--mtu) tries lengths of its own; leave LENGTH out";
		throw new WhitherError("badOption", sentence, { option: "length", value: length });
	}
	if (looseMatch && channels && !channels.every(isCapturing)) {
		const sentence = "Loose matching (--loose-match) needs captured ICMP; leave --channel errorQueue out";
		throw new WhitherError("badOption", sentence, { option: "channels", value: channels });
	}
}

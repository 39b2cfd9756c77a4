import type { IcePairReport } from "@whither/core";
import type { ShownWay } from "./leg.ts";

/**
 * Which ways checks have shown to be open for every component of every stream (RFC 5898 §4.1), whose numbers of components
 * these are: `send` where one of ours was answered, `receive` where one of theirs has come.
 */
export function shownBy(pairs: readonly IcePairReport[], streams: readonly number[]): ShownWay {
	const isShown = (fits: (pair: IcePairReport) => boolean) =>
		streams.every((count, stream) =>
			Array.from({ length: count }, (_, index) => index + 1).every((component) =>
				pairs.some((pair) => pair.stream === stream && pair.component === component && fits(pair)),
			),
		);
	return { send: isShown(({ writable }) => writable), receive: isShown(({ readable }) => readable) };
}

/** Components of streams, each of which has sockets and relays of its own. */
import type { IceOrder } from "./ice-io.ts";

/** A component (from 1) of a stream (from 0). */
export interface Place {
	readonly stream: number;
	readonly component: number;
}

/** Those of an order: one where it names none. */
export function placesOf({ streams = [1] }: Pick<IceOrder, "streams">): readonly Place[] {
	return streams.flatMap((components, stream) =>
		Array.from({ length: components }, (_, index): Place => ({ stream, component: index + 1 })),
	);
}

/** A call of two ends in `DraftWorld`, and what came of it. */
import { DraftWorld, type End, meet, RELAYED } from "./draft-world.fixture.ts";
import type { FirstDraftConfig } from "./first-draft-io.ts";

/** RTP. */
export const MEDIA = Uint8Array.of(0x80, 0, 1, 2);

/** Who is behind what, and how the call went after so long. */
export function call(
	before: "fullCone" | "symmetric",
	config: Partial<FirstDraftConfig> = RELAYED,
	answerAfterMs = 1000,
) {
	const world = new DraftWorld();
	const [a, b] = [world.end("a", before, config), world.end("b", before, config)];
	meet(world, a, b, answerAfterMs);
	return { world, a, b };
}

/** Where media went in the end. */
export const lastSending = ({ events }: End) => events.findLast((event) => event.kind === "sending");

/** What was given back. */
export const freed = (end: End) => end.all("freed").map(({ address }) => [address.origin, address.alt.at.port]);

/** What stands between two ends, as far as it is known. */

import type { MeetResult } from "../result.ts";
import type { EndView, EvidenceFacts } from "./evidence.ts";

/** What the sentence is made of. */
export interface MeetFacts extends EvidenceFacts, Pick<MeetResult, "outcome" | "media"> {
	/** The call by which both ends were to hear of each other; null or absent: by something else. */
	readonly call?: MeetResult["call"];
	readonly policy: "all" | "relay";
	/** How long the other end was waited for. */
	readonly waitMs: number;
}

/** The clause; null: nothing is known. */
export function obstacleWords(own: EndView, peer: EndView): string | null {
	const blocked = [own.udp === "blocked" ? "here" : "", peer.udp === "blocked" ? "there" : ""].filter(
		(word) => word !== "",
	);
	if (blocked.length > 0) return `UDP is blocked ${blocked.join(" and ")}`;
	const symmetric = "give each destination a port of its own (symmetric)";
	if (own.mapping === "perDestination" && peer.mapping === "perDestination") return `both NATs ${symmetric}`;
	const one = symmetric.replace("give", "gives");
	if (own.mapping === "perDestination") return `your NAT ${one}, and no direct check got through`;
	if (peer.mapping === "perDestination") return `theirs ${one}, and no direct check got through`;
	const silent = [own.udp === "silent" ? "here" : "", peer.udp === "silent" ? "there" : ""].filter(
		(word) => word !== "",
	);
	return silent.length > 0 ? `no server answers over UDP ${silent.join(" and ")}` : null;
}

import type { Offered, OpenRendezvous, RendezvousOrder, SignallingFailure } from "./signalling.ts";

/**
 * Makes a room at a rendezvous server (`whither serve`), or joins one by its code. The server sees the room's name and
 * ciphertext; whoever guesses a code uses it up by the first wrong guess. What that takes is loaded here.
 *
 *     const rendezvous = await openRendezvous({ url: "https://whither.example" });
 *     if (isSignallingFailure(rendezvous)) throw new Error(signallingSentence(rendezvous));
 *     console.log(rendezvous.code); // 7-otter-velvet
 *     const signalling = rendezvous.signalling({ met, message, closed });
 */
export const openRendezvous: OpenRendezvous = async (order) => {
	const { openRoom } = await import("./rendezvous.ts");
	return openRoom(order);
};

/** What a rendezvous server lends (STUN, TURN and credentials), for those who meet in another way. */
export async function askOffers(
	order: Pick<RendezvousOrder, "url" | "token" | "authorities">,
): Promise<Offered | SignallingFailure> {
	const { askServer } = await import("./rendezvous.ts");
	return askServer(order);
}

/** Chromium's RTCPeerConnection as an ICE peer: a browser without a screen, whose page does as it is told. */
import { isIPv6 } from "node:net";
import { fileURLToPath } from "node:url";
import { openBrowserPage } from "../chromium.ts";
import type { IcePeerInput, IcePeerOrder, IcePeerOutput, IcePeerProgram, IcePeerSay } from "./lines.ts";
import { descriptionOf, sdpOf } from "./sdp.ts";

const PAGE_SCRIPT = fileURLToPath(new URL("../../../src/peers/ice/peer.page.js", import.meta.url));

/** What the page says: a line as it is, or SDP that becomes one. */
interface PageWords {
	readonly line?: Omit<IcePeerOutput, "atMs">;
	readonly sdp?: string;
}

/** A browser of its own, in the namespace of this process; with the word `mdns` it hides its addresses behind names. */
export async function chromiumPeer(say: IcePeerSay, words: readonly string[]): Promise<IcePeerProgram> {
	const { page, version, close } = await openBrowserPage({ hidesAddresses: words.includes("mdns") });
	/** First, so that the other side has answered that it begins with DTLS; else it has said so itself. */
	let hasOffered = true;
	const ask = (name: string, value: unknown = null) => page.evaluate(`icePeer.${name}(${JSON.stringify(value)})`);
	await page.exposeFunction("say", ({ line, sdp }: PageWords) => {
		if (line !== undefined) say(line);
		if (sdp !== undefined) say({ description: descriptionOf(sdp, false) });
	});
	await page.addScriptTag({ path: PAGE_SCRIPT });
	return {
		facts: {
			...{ name: "Chromium", version },
			...{ trickles: true, carriesData: false, restarts: true, canBeLite: false },
		},
		async hear(line: IcePeerInput) {
			const { order, description, candidate } = line;
			if (order !== undefined) {
				hasOffered = order.role === "controlling";
				await ask("begin", { role: order.role, policy: order.policy ?? "all", ...serversOf(order) });
			} else if (description !== undefined) {
				// Whichever the page waits for.
				const answer = sdpOf(description, hasOffered ? "active" : "passive");
				await ask("remote", { offer: sdpOf(description, "actpass"), answer });
			} else if (candidate !== undefined) await ask("candidate", candidate);
			else if (line.endOfCandidates === true) await ask("candidate");
			else if (line.restart === true) await ask("restart");
			else if (line.askPairs === true) {
				await ask("tellSelected");
				say({ pairs: null });
			} else if (line.close === true) {
				await ask("close");
				say({ closed: true });
			} else say({ error: "that is not what it does" });
		},
		end: close,
	};
}

const hostOf = (address: string) => (isIPv6(address) ? `[${address}]` : address);

function serversOf({ stun = [], turn = [] }: IcePeerOrder) {
	return {
		stun: stun.map(({ address, port }) => ({ urls: `stun:${hostOf(address)}:${port}` })),
		turn: turn.map(({ address, port, username, password, leg = "udp" }) => ({
			urls: `${leg === "tls" ? "turns" : "turn"}:${hostOf(address)}:${port}?transport=${leg === "udp" ? "udp" : "tcp"}`,
			username,
			credential: password,
		})),
	};
}

/** What NAT this browser is behind, as far as a browser can tell. */
import { useState } from "preact/hooks";
import { announce } from "../shell/announce.ts";
import { type NatFinding, natOf } from "./nat.ts";
import { loadServers } from "./offers.ts";

const GATHER_MS = 4_000;

/** A button, and what it found. */
export function NatCheck() {
	const [found, setFound] = useState<NatFinding | "asking" | null>(null);
	const ask = async () => {
		setFound("asking");
		const finding = await gather().then(natOf, notAsked);
		setFound(finding);
		announce(finding.sentence);
	};
	return (
		<section class="panel ice-choice" aria-labelledby="nat-title">
			<h2 id="nat-title">What NAT am I behind?</h2>
			<p class="small">Asks this server's STUN by what address your browser's packets arrive.</p>
			<button type="button" disabled={found === "asking"} onClick={ask}>
				{found === "asking" ? "Asking…" : "Find out"}
			</button>
			{found !== null && found !== "asking" && (
				<p class="small" data-nat={found.mapped ?? ""}>
					{found.sentence}
				</p>
			)}
		</section>
	);
}

function notAsked(error: unknown): NatFinding {
	return { mapped: null, sentence: `It could not be asked. The browser says: ${String(error)}` };
}

/** Candidates with the server's STUN alone, without a peer. */
async function gather(): Promise<readonly string[]> {
	const stun = (await loadServers()).filter(({ urls }) => String(urls).startsWith("stun:"));
	const peer = new RTCPeerConnection({ iceServers: stun });
	try {
		const lines: string[] = [];
		const done = new Promise<void>((resolve) => {
			peer.addEventListener("icecandidate", ({ candidate }) => {
				if (candidate === null) resolve();
				else if (candidate.candidate !== "") lines.push(candidate.candidate);
			});
			setTimeout(resolve, GATHER_MS);
		});
		peer.createDataChannel("nat");
		await peer.setLocalDescription();
		await done;
		return lines;
	} finally {
		peer.close();
	}
}

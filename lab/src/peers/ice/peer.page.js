// Runs in a browser's page: one connection with a data channel, of which ICE is what counts. `say` is the program's.

let peer;

/** Describes this side; answers wait for offers. */
async function describe() {
	await peer.setLocalDescription();
	say({ sdp: peer.localDescription.sdp });
}

function begin(order) {
	const servers = [...order.stun, ...order.turn];
	peer = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: order.policy });
	peer.addEventListener("icecandidate", ({ candidate }) => {
		if (candidate === null) say({ line: { gathered: true } });
		else if (candidate.candidate !== "") say({ line: { candidate: candidate.candidate } });
	});
	peer.addEventListener("icecandidateerror", ({ errorCode, errorText, url }) => {
		say({ line: { note: `${url}: ${errorCode} ${errorText}` } });
	});
	peer.addEventListener("iceconnectionstatechange", async () => {
		const state = peer.iceConnectionState;
		if (state === "connected" || state === "completed") await tellSelected();
		say({ line: { state } });
	});
	if (order.role !== "controlling") return undefined;
	peer.createDataChannel("lab");
	return describe();
}

/** The other side's words, which answer an offer of ours if there is one, and are one else. */
async function remote({ offer, answer }) {
	const isAnswer = peer.signalingState === "have-local-offer";
	await peer.setRemoteDescription(isAnswer ? { type: "answer", sdp: answer } : { type: "offer", sdp: offer });
	if (!isAnswer) await describe();
}

async function candidate(text) {
	await peer.addIceCandidate(text === null ? null : { candidate: text, sdpMid: "0" });
}

function restart() {
	peer.restartIce();
	return describe();
}

/** The pair in use, if there is one. */
async function tellSelected() {
	const stats = await peer.getStats();
	const transport = [...stats.values()].find(({ type }) => type === "transport");
	const pair = stats.get(transport?.selectedCandidatePairId);
	if (pair === undefined) return;
	const end = (id) => {
		const { candidateType: type, address, port, protocol } = stats.get(id);
		return { type, address: address || null, port, transport: protocol };
	};
	say({ line: { selected: { local: end(pair.localCandidateId), remote: end(pair.remoteCandidateId) } } });
}

function close() {
	peer?.close();
}

globalThis.icePeer = { begin, remote, candidate, restart, tellSelected, close };

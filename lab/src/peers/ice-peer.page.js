// Runs in a browser's page: one connection with a data channel, of which ICE is what counts. `say` is the program's.

let peer;
let role;

/** Describes this side; answers wait for offers. */
async function describe() {
	await peer.setLocalDescription();
	say({ sdp: peer.localDescription.sdp });
}

function begin(order) {
	role = order.role;
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
		const selected = state === "connected" || state === "completed" ? await selection() : null;
		if (selected !== null) say({ line: { selected } });
		say({ line: { state } });
	});
	if (role !== "controlling") return undefined;
	peer.createDataChannel("lab");
	return describe();
}

async function remote({ type, sdp }) {
	await peer.setRemoteDescription({ type, sdp });
	if (type === "offer") await describe();
}

async function candidate(text) {
	await peer.addIceCandidate(text === null ? null : { candidate: text, sdpMid: "0" });
}

function restart() {
	peer.restartIce();
	return describe();
}

/** The pair in use, or null. */
async function selection() {
	const stats = await peer.getStats();
	const transport = [...stats.values()].find(({ type }) => type === "transport");
	const pair = stats.get(transport?.selectedCandidatePairId);
	if (pair === undefined) return null;
	const end = (id) => {
		const { candidateType: type, address, port, protocol } = stats.get(id);
		return { type, address: address || null, port, transport: protocol };
	};
	return { local: end(pair.localCandidateId), remote: end(pair.remoteCandidateId) };
}

function close() {
	peer?.close();
}

globalThis.icePeer = { begin, remote, candidate, restart, close };

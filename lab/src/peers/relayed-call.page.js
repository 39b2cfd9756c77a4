// Runs in a browser's page: two peers that may use relays alone, and a data channel whose other end sends everything back.

let caller;
let callee;
let channel;

/** Has a peer describe itself, and resolves once every candidate of this description is in it. */
async function describe(peer) {
	const gathered = new Promise((resolve) => {
		const hear = ({ candidate }) => {
			if (candidate !== null) return;
			peer.removeEventListener("icecandidate", hear);
			resolve();
		};
		peer.addEventListener("icecandidate", hear);
	});
	await peer.setLocalDescription();
	await gathered;
	return peer.localDescription;
}

/** An offer and its answer. */
async function negotiate() {
	await callee.setRemoteDescription(await describe(caller));
	await caller.setRemoteDescription(await describe(callee));
}

/** Calls, and resolves once the channel is open. Rejects with what the browser said of the relay when there is no candidate. */
async function call({ server, calleeServer = server }) {
	const settings = (relay) => ({ iceServers: [relay], iceTransportPolicy: "relay" });
	const errors = [];
	caller = new RTCPeerConnection(settings(server));
	callee = new RTCPeerConnection(settings(calleeServer));
	caller.addEventListener("icecandidateerror", ({ errorCode, errorText }) => errors.push(`${errorCode} ${errorText}`));
	callee.addEventListener("datachannel", ({ channel: end }) => {
		end.addEventListener("message", ({ data }) => end.send(data));
	});
	channel = caller.createDataChannel("lab");
	channel.binaryType = "arraybuffer";
	await negotiate();
	const { sdp } = caller.localDescription;
	if (!sdp.includes("typ relay")) throw new Error(`no relay: ${errors.join("; ")}`);
	if (channel.readyState !== "open") await new Promise((resolve) => channel.addEventListener("open", resolve));
}

/** Sends so many messages, and resolves with how many came back as they were. */
function echo({ messages, bytes }) {
	return new Promise((resolve) => {
		let intact = 0;
		let heard = 0;
		const hear = ({ data }) => {
			const view = new Uint8Array(data);
			if (view.length === bytes && view.every((byte) => byte === heard % 256)) intact++;
			if (++heard < messages) return;
			channel.removeEventListener("message", hear);
			resolve(intact);
		};
		channel.addEventListener("message", hear);
		for (let index = 0; index < messages; index++) channel.send(new Uint8Array(bytes).fill(index));
	});
}

/** The candidates of the pair in use. */
async function pair() {
	const stats = await caller.getStats();
	const transport = [...stats.values()].find(({ type }) => type === "transport");
	const { localCandidateId, remoteCandidateId } = stats.get(transport.selectedCandidatePairId);
	const of = (id) => {
		const { candidateType, address, relayProtocol } = stats.get(id);
		return { type: candidateType, address: address ?? null, ...(relayProtocol && { relayProtocol }) };
	};
	return { local: of(localCandidateId), remote: of(remoteCandidateId) };
}

/** Resolves once the browser holds the connection for lost. */
function lost() {
	const isLost = () => ["disconnected", "failed"].includes(caller.iceConnectionState);
	return new Promise((resolve) => {
		if (isLost()) resolve(caller.iceConnectionState);
		caller.addEventListener("iceconnectionstatechange", () => isLost() && resolve(caller.iceConnectionState));
	});
}

/** Restarts ICE; resolves once the same connection is connected again. */
async function restart() {
	const again = new Promise((resolve) => {
		caller.addEventListener("iceconnectionstatechange", () => {
			if (["connected", "completed"].includes(caller.iceConnectionState)) resolve();
		});
	});
	caller.restartIce();
	await negotiate();
	await again;
}

globalThis.relayedCall = { call, echo, pair, lost, restart };

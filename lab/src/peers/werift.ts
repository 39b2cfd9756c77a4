/** Two peers of werift, which is WebRTC in TypeScript, joined by a relay. */
import { RTCPeerConnection } from "werift";
import type { WebrtcCandidate, WebrtcOrder, WebrtcResult } from "../webrtc-order.ts";

/** Connects them, has everything echoed, and tells by which pair. */
export async function talk({ server, authority, messages, bytes }: WebrtcOrder): Promise<WebrtcResult> {
	const settings = {
		iceServers: [server],
		iceTransportPolicy: "relay" as const,
		...(authority !== undefined && { turnTlsOptions: { ca: authority } }),
	};
	const [caller, callee] = [new RTCPeerConnection(settings), new RTCPeerConnection(settings)];
	callee.onDataChannel.subscribe((channel) => {
		channel.onMessage.subscribe((message) => channel.send(message));
	});
	const channel = caller.createDataChannel("lab");
	const echoed = new Promise<number>((resolve) => {
		let intact = 0;
		let heard = 0;
		channel.onMessage.subscribe((message) => {
			if (Buffer.from(message).equals(Buffer.alloc(bytes, heard))) intact++;
			if (++heard === messages) resolve(intact);
		});
	});
	// Without trickling: both descriptions wait until gathering has ended.
	await caller.setLocalDescription(await caller.createOffer());
	await callee.setRemoteDescription(caller.localDescription ?? fail("no offer"));
	await callee.setLocalDescription(await callee.createAnswer());
	await caller.setRemoteDescription(callee.localDescription ?? fail("no answer"));
	await new Promise<void>((resolve) => {
		if (channel.readyState === "open") resolve();
		channel.stateChanged.subscribe((state) => {
			if (state === "open") resolve();
		});
	});
	for (let index = 0; index < messages; index++) channel.send(Buffer.alloc(bytes, index));
	const { localCandidate, remoteCandidate } = caller.iceTransports[0]?.connection.nominated ?? fail("no pair");
	return { echoed: await echoed, local: candidateOf(localCandidate), remote: candidateOf(remoteCandidate) };
}

function candidateOf({ type, host }: { readonly type: string; readonly host: string }): WebrtcCandidate {
	return { type, address: host };
}

function fail(what: string): never {
	throw new Error(what);
}

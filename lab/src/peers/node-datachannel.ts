/** Two peers of node-datachannel, which is libdatachannel and libjuice, joined by a relay. */
import { type DataChannel, PeerConnection, type RelayType } from "node-datachannel";
import type { WebrtcOrder, WebrtcResult } from "../webrtc-order.ts";

/** Connects them, has everything echoed, and tells by which pair. Its relays are reached over UDP alone. */
export async function talk({ server, messages, bytes }: WebrtcOrder): Promise<WebrtcResult> {
	const settings = { iceServers: [relayServer(server)], iceTransportPolicy: "relay" as const };
	const [caller, callee] = [new PeerConnection("caller", settings), new PeerConnection("callee", settings)];
	for (const [one, other] of [
		[caller, callee],
		[callee, caller],
	] as const) {
		one.onLocalDescription((sdp, type) => other.setRemoteDescription(sdp, type));
		one.onLocalCandidate((candidate, mid) => other.addRemoteCandidate(candidate, mid));
	}
	// Whatever nobody holds is closed.
	const held: DataChannel[] = [];
	callee.onDataChannel((channel) => {
		held.push(channel);
		channel.onMessage((message) => channel.sendMessageBinary(Buffer.from(message as ArrayBuffer)));
	});
	const channel = caller.createDataChannel("lab");
	const echoed = await new Promise<number>((resolve) => {
		let intact = 0;
		let heard = 0;
		channel.onMessage((message) => {
			if (Buffer.from(message as ArrayBuffer).equals(Buffer.alloc(bytes, heard))) intact++;
			if (++heard === messages) resolve(intact);
		});
		channel.onOpen(() => {
			for (let index = 0; index < messages; index++) channel.sendMessageBinary(Buffer.alloc(bytes, index));
		});
	});
	const pair = caller.getSelectedCandidatePair();
	if (pair === null) throw new Error("no pair");
	const { local, remote } = pair;
	held.length = 0;
	return {
		echoed,
		local: { type: local.type, address: local.address },
		remote: { type: remote.type, address: remote.address },
	};
}

const RELAYS: Readonly<Record<string, RelayType>> = { udp: "TurnUdp", tcp: "TurnTcp" };

function relayServer({ urls, username, credential }: WebrtcOrder["server"]) {
	const [, hostname = "", port, transport = "udp"] = /^turn:\[?(.*?)\]?:(\d+)\?transport=(\w+)$/.exec(urls) ?? [];
	const relayType = RELAYS[transport] ?? "TurnUdp";
	return { hostname, port: Number(port), username, password: credential, relayType };
}

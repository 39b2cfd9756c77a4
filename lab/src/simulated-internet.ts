/** A simulated internet behind one TUN device: the tracing host is real, every other node runs here on the real clock. */
import { nodeCrypto } from "@whither/net";
import { Internet } from "@whither/sim";
import { writePacket } from "./native/linux.ts";
import type { TunPort } from "./tun-loop.ts";
import type { InternetOrder } from "./tun-order.ts";

/** Packet records kept before they are thrown away: nobody reads them here. */
const MAX_RECORDS = 4096;

/** Puts the order's scenario, in both families, behind an open device. */
export function simulateBehind(order: InternetOrder, descriptor: number): TunPort {
	const { scenario, host, seed } = order;
	const open = (family: 4 | 6): Internet => {
		const internet = new Internet({ scenario, family, seed, crypto: nodeCrypto });
		internet.listen(host, (packet) => {
			writePacket(descriptor, packet.bytes);
			return true;
		});
		return internet;
	};
	const v4 = open(4);
	const v6 = open(6);
	return {
		descriptor,
		take(packet, now) {
			const version = (packet[0] ?? 0) >> 4;
			if (version === 4) v4.send(host, packet, now);
			else if (version === 6) v6.send(host, packet, now);
		},
		advance(now) {
			for (const internet of [v4, v6]) {
				internet.advance(now);
				if (internet.packets.length > MAX_RECORDS) internet.packets.length = 0;
			}
		},
		get nextAt() {
			const times = [v4.nextAt, v6.nextAt].filter((at) => at !== null);
			return times.length === 0 ? null : Math.min(...times);
		},
	};
}

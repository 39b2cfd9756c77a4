/** A link of two TUN devices: the simulated link's faults on the real clock. */
import { Impairment, Random } from "@whither/sim";
import { Agenda } from "./agenda.ts";
import { writePacket } from "./native/linux.ts";
import type { TunPort } from "./tun-loop.ts";
import type { WireOrder } from "./tun-order.ts";

function oneDirection(from: number, to: number, impairment: Impairment): TunPort {
	const agenda = new Agenda<Uint8Array>();
	return {
		descriptor: from,
		take(packet, now) {
			for (const { packet: carried, at } of impairment.cross(packet, now).deliveries) agenda.add(at, carried);
		},
		advance(now) {
			for (let packet = agenda.takeDue(now); packet !== null; packet = agenda.takeDue(now)) writePacket(to, packet);
		},
		get nextAt() {
			return agenda.nextAt;
		},
	};
}

/** Joins two open devices to the link of the order: one port a direction. */
export function joinWire(order: WireOrder, first: number, second: number): readonly [TunPort, TunPort] {
	const random = new Random(order.seed);
	const [forth, back] = order.impairments;
	return [
		oneDirection(first, second, new Impairment(forth, random.fork())),
		oneDirection(second, first, new Impairment(back, random.fork())),
	];
}

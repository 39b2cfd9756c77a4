/** The process behind TUN devices: carries packets from one to another at their time. Orders come on standard input. */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { becomeTimekeeper, enterNetworkNamespace, openTun } from "./native/linux.ts";
import { simulateBehind } from "./simulated-internet.ts";
import { carryPackets, type TunPort } from "./tun-loop.ts";
import { TUN_READY, type TunDevice, type TunOrder } from "./tun-order.ts";
import { joinWire } from "./wire-link.ts";

function openDevice(device: TunDevice): number {
	const there = openSync(device.namespace, "r");
	try {
		enterNetworkNamespace(there);
		return openTun(device.name);
	} finally {
		closeSync(there);
	}
}

const order = JSON.parse(readFileSync(0, "utf8")) as TunOrder;
const ports: TunPort[] = [
	...order.wires.flatMap((wire) => {
		const [first, second] = wire.devices;
		return joinWire(wire, openDevice(first), openDevice(second));
	}),
	...order.internets.map((internet) => simulateBehind(internet, openDevice(internet.device))),
];
becomeTimekeeper({ realtime: order.realtime });
writeSync(1, TUN_READY);
// Never returns: the process that gave the orders ends it, or takes it along when it dies itself.
carryPackets(ports);

/** Sends packets at a rate from the namespace it is started in; its order comes as JSON on standard input. */
import { readFileSync, writeSync } from "node:fs";
import { becomeTimekeeper, openPacketSocket, sendPacket, Waiter } from "./native/linux.ts";
import type { StormOrder } from "./storm.ts";

const TICK_NS = 1e6;

const order = JSON.parse(readFileSync(0, "utf8")) as StormOrder;
const packets = order.packets.map((text) => Buffer.from(text, "base64"));
const sockets = { 4: openPacketSocket(4), 6: openPacketSocket(6) };
becomeTimekeeper({ realtime: false });
writeSync(1, "ready\n");

const clock = new Waiter([]);
const startedAt = process.hrtime.bigint();
const total = Math.round(order.perSecond * order.seconds);
let sent = 0;
let refused = 0;
while (sent + refused < total) {
	const elapsed = Number(process.hrtime.bigint() - startedAt);
	const due = Math.min(total, Math.floor((elapsed / 1e9) * order.perSecond) + 1);
	while (sent + refused < due) {
		const packet = packets[(sent + refused) % packets.length];
		if (packet === undefined) break;
		const family = (packet[0] ?? 0) >> 4 === 4 ? 4 : 6;
		if (sendPacket(sockets[family], packet)) sent++;
		else refused++;
	}
	clock.wait(TICK_NS);
}
writeSync(1, `${JSON.stringify({ sent, refused, seconds: Number(process.hrtime.bigint() - startedAt) / 1e9 })}\n`);

/** A process with two WebRTC peers of a library for Node: an order is its argument, the result its output. */
import { writeSync } from "node:fs";
import type { WebrtcOrder, WebrtcResult } from "./webrtc-order.ts";

const order = JSON.parse(process.argv[2] ?? "") as WebrtcOrder;
const { talk } =
	order.library === "werift" ? await import("./peers/werift.ts") : await import("./peers/node-datachannel.ts");
const result: WebrtcResult = await talk(order);
writeSync(1, `${JSON.stringify(result)}\n`);
// Both leave timers and threads behind.
process.exit(0);

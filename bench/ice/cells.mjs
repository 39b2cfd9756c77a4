// Who meets through what.
import { ICE_KINDS } from "@whither/lab";

const kind = (name) => ICE_KINDS.find((each) => each.name === name);
const homes = ["lanA", "lanB"];

const direct = (a, b) => ({ name: `${a} x ${b}`, hosts: homes, a, b, most: 0.3, way: "direct" });
const LAN = { hosts: ["lanA", "lanA2"], a: "port-restricted", b: "port-restricted", most: 1, way: "direct" };

/** `most`: of the best other's time. */
export const CELLS = [
	{ name: "same LAN", ...LAN },
	{ name: "same LAN without servers", ...LAN, order: { stun: [], turn: [] } },
	direct("port-restricted", "port-restricted"),
	direct("address-restricted", "symmetric"),
	{ ...direct("port-restricted", "symmetric"), way: "relay" },
	{ ...direct("symmetric", "symmetric"), way: "relay" },
];

/** Makes the lab's routers those of a cell, and forgets all flows. */
export function enter({ lab }, { a, b }) {
	return lab.become({ a: kind(a), b: kind(b) });
}

/** Every pair of kinds, with the way that there has to be. */
export function everyPair(bestWay) {
	return ICE_KINDS.flatMap((a) =>
		ICE_KINDS.map((b) => ({ name: `${a.name} x ${b.name}`, hosts: homes, a: a.name, b: b.name, way: bestWay(a, b) })),
	);
}

// Who meets through what.
import { ICE_KINDS } from "@whither/lab";

const kind = (name) => ICE_KINDS.find((each) => each.name === name);
const homes = ["lanA", "lanB"];

/** `most`: of the best other's time. */
export const CELLS = [
	{ name: "same LAN", hosts: ["lanA", "lanA2"], a: "port-restricted", b: "port-restricted", most: 1, way: "direct" },
	{
		name: "port-restricted x port-restricted",
		hosts: homes,
		a: "port-restricted",
		b: "port-restricted",
		most: 0.3,
		way: "direct",
	},
	{
		name: "address-restricted x symmetric",
		hosts: homes,
		a: "address-restricted",
		b: "symmetric",
		most: 0.3,
		way: "direct",
	},
	{ name: "port-restricted x symmetric", hosts: homes, a: "port-restricted", b: "symmetric", most: 0.3, way: "relay" },
	{ name: "symmetric x symmetric", hosts: homes, a: "symmetric", b: "symmetric", most: 0.3, way: "relay" },
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

/** Traces out of homes behind NATs and firewalls: what they let through of answers and errors, and what they translate. */
import { natKind } from "../nat-kinds.ts";
import type { Scenario } from "../scenario.ts";
import { natWorld } from "./nat-world.ts";

function throughHome(name: string, isp?: string): Scenario {
	const kinds = { a: natKind(name), ...(isp !== undefined && { isp: natKind(isp) }) };
	const through = isp === undefined ? name : `${name}, then ${isp}`;
	const about = "Errors about probes come back translated, and belong to what went out.";
	return { ...natWorld({ ...kinds, delayMs: 0 }), name: `out of a home: ${through}`, about };
}

/** One of each way to remember a flow, and two translators in a row. */
export const HOMES: readonly Scenario[] = [
	throughHome("port-restricted"),
	throughHome("address-restricted"),
	throughHome("address-dependent mapping"),
	throughHome("symmetric"),
	throughHome("stateful firewall"),
	throughHome("port-restricted", "symmetric"),
];

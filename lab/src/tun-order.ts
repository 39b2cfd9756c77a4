/** What the process behind the TUN devices is told to do; plain data, since it goes through a pipe as JSON. */
import type { ImpairmentSpec, Scenario } from "@whither/sim";

/** One TUN device to make: in which namespace, by which name. */
export interface TunDevice {
	readonly namespace: string;
	readonly name: string;
}

/** Two devices joined to a link. */
export interface WireOrder {
	readonly devices: readonly [TunDevice, TunDevice];
	/** Faults for what comes in at the first and at the second device. */
	readonly impairments: readonly [ImpairmentSpec, ImpairmentSpec];
	readonly seed: number;
}

/** One device behind which a scenario's other nodes are simulated on the real clock. */
export interface InternetOrder {
	readonly device: TunDevice;
	readonly scenario: Scenario;
	readonly host: string;
	readonly seed: number;
}

/** All that one such process is told. */
export interface TunOrder {
	readonly wires: readonly WireOrder[];
	readonly internets: readonly InternetOrder[];
	/** Runs before all other work of the machine, so that the network keeps its times while tools use the processor. */
	readonly realtime: boolean;
}

/** What the process writes on its standard output once every device is there. */
export const TUN_READY = "ready\n";

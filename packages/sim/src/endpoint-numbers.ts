/** Numbers for endpoints, so that what a NAT remembers is found by a number instead of a text made for every packet. */

/** Stands for any endpoint. */
export const ANY_ENDPOINT = 0;
/** In place of a port: the endpoint is the whole address. */
export const ANY_PORT = -1;

/** Most endpoints of one table: two of their numbers make a key that a double holds exactly. */
const MOST_ENDPOINTS = 2 ** 26;

/** Numbers from 1 up, the same for the same address and port. */
export class EndpointNumbers {
	readonly #byAddress = new Map<string, Map<number, number>>();
	#count = 0;

	of(address: string, port: number): number {
		let byPort = this.#byAddress.get(address);
		if (byPort === undefined) {
			byPort = new Map();
			this.#byAddress.set(address, byPort);
		}
		const known = byPort.get(port);
		if (known !== undefined) return known;
		this.#count++;
		if (this.#count >= MOST_ENDPOINTS) throw new RangeError("more endpoints than can be told apart");
		byPort.set(port, this.#count);
		return this.#count;
	}
}

/** One key for two endpoints. */
export function pairKey(one: number, other: number): number {
	return one * MOST_ENDPOINTS + other;
}

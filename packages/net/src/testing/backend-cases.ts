/** Tests that run on every backend, both families each, as far as this machine allows. */

/** A backend by the name that WHITHER_BACKEND takes. */
export type BackendName = "native" | "portable";

/** One round of such tests. */
export interface BackendCase {
	readonly name: BackendName;
	readonly family: 4 | 6;
}

/** The rounds of one backend. */
export function casesOf(name: BackendName): readonly BackendCase[] {
	return ([4, 6] as const).map((family) => ({ name, family }));
}

/** Why the rounds of the native backend cannot run here, or null; the others run everywhere. */
export const nativeObstacle = process.platform === "linux" ? null : "the native backend needs Linux";

/** Why a server cannot have two addresses of loopback here, or null. */
export const twoAddressesObstacle = process.platform === "linux" ? null : "two addresses of loopback need Linux";

/** What probes are marked with, so that those who would forge answers cannot guess it. */
import type { Workspace } from "./native/workspace.ts";

/** A key of 32 bits, which travels in the open, and a secret of 32 bytes that tells nothing of it. */
export interface ProbeSecrets {
	readonly key: number;
	readonly secret: Uint8Array;
}

const KEY_BYTES = 4;
const SECRET_BYTES = 32;

/** Both new, of the kernel's randomness. */
export function drawSecrets({ libc, scratch }: Workspace): ProbeSecrets {
	libc.getrandom(scratch.address, KEY_BYTES + SECRET_BYTES, 0);
	const secret = scratch.bytes.slice(KEY_BYTES, KEY_BYTES + SECRET_BYTES);
	return { key: scratch.view.getUint32(0), secret };
}

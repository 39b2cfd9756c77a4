/** What probes are marked with, so that those who would forge answers cannot guess it. */
import type { Backend } from "./backend.ts";

/** A key of 32 bits, which travels in the open, and a secret of 32 bytes that tells nothing of it. */
export interface ProbeSecrets {
	readonly key: number;
	readonly secret: Uint8Array;
}

const KEY_BYTES = 4;
const SECRET_BYTES = 32;

/** Both new, of the kernel's randomness. */
export function drawSecrets(backend: Backend): ProbeSecrets {
	const bytes = randomBytes(backend, KEY_BYTES + SECRET_BYTES);
	const key = new DataView(bytes.buffer).getUint32(0);
	return { key, secret: bytes.subarray(KEY_BYTES) };
}

/** Loading Node's own source of it costs a trace milliseconds. */
function randomBytes(backend: Backend, length: number): Uint8Array {
	if (backend.name === "portable") return crypto.getRandomValues(new Uint8Array(length));
	const { libc, scratch } = backend.workspace;
	libc.getrandom(scratch.address, length, 0);
	return scratch.bytes.slice(0, length);
}

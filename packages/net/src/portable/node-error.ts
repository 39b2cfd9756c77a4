/** Errors of Node's sockets as the values that the rest of the house knows. */
import type { SystemError } from "@whither/core";
import { systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";

/** What Node's system errors carry (`syscall`, `code`, `errno`; the number is the platform's own, negative). */
export type NodeSystemError = NodeJS.ErrnoException & { readonly address?: string };

/**
 * The `SystemError` of an error that Node threw or told. Its number is Linux's for that name, whatever the platform; a
 * name that Linux has none for stands as it is, with number 0.
 */
export function nodeError(thrown: unknown, call: string, address: string | null = null): SystemError {
	const error = thrown as Partial<NodeSystemError>;
	const name = typeof error.code === "string" ? error.code : "UNKNOWN";
	const about = error.address ?? address;
	const errno = Object.hasOwn(ERRNO, name) ? ERRNO[name as keyof typeof ERRNO] : null;
	if (errno !== null) return systemError(error.syscall ?? call, errno, about);
	return { code: "systemCall", call: error.syscall ?? call, address: about, errno: 0, errnoName: name };
}

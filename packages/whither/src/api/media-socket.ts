/** `openMediaSocket`: a UDP socket for media whose path can be traced while it carries it. */
import { isSystemError } from "@whither/net";
import {
	type MediaListener,
	type MediaSocket,
	type MediaSocketOptions,
	openMediaSocket as open,
} from "@whither/net/media";
import { WhitherError } from "./error.ts";
import { systemErrorSentence } from "./error-words.ts";

/**
 * Opens one, to be handed to `traceFlow`. Linux only; throws a `WhitherError` with the code of the call that failed
 * (`addressNotAvailable`, `unsupportedPlatform`, ...).
 *
 *     const socket = openMediaSocket({ family: 4 }, { received: ({ bytes }) => play(bytes) });
 *     socket.send({ address: "203.0.113.7", port: 50_000 }, packet);
 */
export function openMediaSocket(options: MediaSocketOptions, listener: MediaListener): MediaSocket {
	const socket = open(options, listener);
	if (!isSystemError(socket)) return socket;
	throw new WhitherError(socket.code, systemErrorSentence(socket, null), { ...socket });
}

/** `whither serve`: runs until a signal. */
import { WhitherError } from "../api/error.ts";
import { serve } from "../server/serve.ts";
import type { ServeOptions } from "../server/serve-options.ts";
import { placeText } from "../server/serve-words.ts";
import { EXIT } from "./exit-codes.ts";
import { SERVE_OPTIONS, type ServeFlags } from "./options.ts";
import { complain, print } from "./output.ts";
import { parseOptions } from "./parse.ts";
import { readPem } from "./read-pem.ts";
import { watchSignals } from "./signals.ts";

/** Run the command; resolves with the exit code when the server has ended. */
export async function serveCommand(args: readonly string[]): Promise<number> {
	const { options: flags } = parseOptions(args, SERVE_OPTIONS);
	const stop = new AbortController();
	const signals = watchSignals(() => stop.abort());
	const server = await serve({ ...serveOptions(flags), signal: stop.signal });
	for (const { role, transport, address, port } of server.listening) {
		print(`${role} ${transport} ${placeText(address, port)}\n`);
	}
	const two = server.behaviourDiscovery;
	if (two.length > 0) complain(`behaviour discovery (RFC 5780) is answered on ${two.join(" and ")}`);
	await server.closed;
	const { received, answered, failed } = server.counts;
	complain(`${received} messages received, ${answered} answered${failed > 0 ? `, ${failed} not sent` : ""}`);
	return signals.exitCode() ?? EXIT.ok;
}

function serveOptions(flags: ServeFlags): ServeOptions {
	const { listen = [], alternate = [], cert, key, classic } = flags;
	if (listen.length === 0 && alternate.length > 0)
		throw new WhitherError("usage", "--alternate is the second address; name the first with --listen");
	return {
		listen: [...listen, ...alternate],
		stunPort: flags["stun-port"],
		alternatePort: flags["alternate-port"],
		tlsPort: flags["tls-port"],
		classic,
		certificate: cert === undefined ? undefined : readPem(cert, "--cert"),
		key: key === undefined ? undefined : readPem(key, "--key"),
	};
}

/** How many connections one client may have. */

import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { holderOf } from "@whither/wire";

/** Three quarters of what a listener has: nobody is to keep all others out alone. */
const MOST_OF_CLIENT = 768;

/** Ends connections of a client beyond those that one may have; this machine's own proxies are trusted with all. */
export function boundClients(server: EventEmitter, most = MOST_OF_CLIENT): void {
	const counts = new Map<string, number>();
	server.on("connection", (socket: Pick<Socket, "remoteAddress" | "once" | "destroy">) => {
		const client = holderOf(socket.remoteAddress ?? "");
		if (isLoopback(client)) return;
		const count = (counts.get(client) ?? 0) + 1;
		counts.set(client, count);
		socket.once("close", () => {
			const left = (counts.get(client) ?? 1) - 1;
			if (left > 0) counts.set(client, left);
			else counts.delete(client);
		});
		if (count > most) socket.destroy();
	});
}

function isLoopback(client: string): boolean {
	return client.startsWith("127.") || client === holderOf("::1");
}

/** Multicast DNS by the line: `publish ADDRESS`, `resolve NAME` and `withdraw NAME` come in, JSON goes out. */
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import type { Family } from "@whither/core";
import { isSystemError } from "../errors.ts";
import { openMdns } from "../mdns/mdns.ts";

/** How one speaks. */
export interface MdnsChildOrder {
	readonly families: readonly Family[];
	/** Somebody else has port 5353, and shares it with nobody. */
	readonly occupied?: boolean;
}

/** Says which links there are, and then whatever it is asked, until its input ends. */
export async function speakMdns({ families, occupied = false }: MdnsChildOrder): Promise<void> {
	const occupants = occupied ? await Promise.all([occupy("udp4"), occupy("udp6")]) : [];
	const mdns = openMdns({ families });
	if (isSystemError(mdns)) throw new Error(mdns.call);
	print(mdns.links);
	for await (const line of createInterface({ input: process.stdin })) {
		const [command, word = ""] = line.split(" ");
		if (command === "publish") print(mdns.publish(word));
		else if (command === "resolve") print(await mdns.resolve(word));
		else if (command === "withdraw") print(mdns.withdraw(word) ?? null);
		else print(mdns.links);
	}
	mdns.close();
	for (const close of occupants) close();
}

function occupy(type: "udp4" | "udp6"): Promise<() => void> {
	const socket = createSocket({ type, ipv6Only: type === "udp6" });
	return new Promise((resolve) => socket.bind({ port: 5353, exclusive: true }, () => resolve(() => socket.close())));
}

function print(value: unknown): void {
	process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Two TCP candidates of one process that connect to each other at the same time. */
import { readFileSync } from "node:fs";
import type { Family } from "@whither/core";
import { encodeStun } from "@whither/wire";
import { openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { openIceTcpBase } from "../ice/tcp-base.ts";

const CHECK = encodeStun({ class: "request", method: "binding", transactionId: new Uint8Array(12), attributes: [] });

/** Says when both are connecting, and at the end who has heard the other, and how many connections were accepted meanwhile. */
export async function meetByTcp(family: Family): Promise<void> {
	const acceptedBefore = passiveOpens();
	const heard = new Set<string>();
	let wake = () => {};
	const open = async (name: string) => {
		const backend = openBackend();
		if (isSystemError(backend)) throw new Error(backend.call);
		const place = { family, address: family === 4 ? "127.0.0.1" : "::1", tcpType: "so" } as const;
		const base = await openIceTcpBase(backend, place, {
			received: () => {
				heard.add(name);
				wake();
			},
			refused: (_, error) => {
				throw new Error(error.errnoName);
			},
		});
		if (isSystemError(base)) throw new Error(base.errnoName);
		return base;
	};
	const [one, other] = [await open("one"), await open("other")];
	one.send(other.local, CHECK);
	other.send(one.local, CHECK);
	for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
	process.stdout.write('"connecting"\n');
	while (heard.size < 2) await new Promise<void>((resolve) => (wake = resolve));
	process.stdout.write(`${JSON.stringify({ heard: [...heard].sort(), accepted: passiveOpens() - acceptedBefore })}\n`);
	one.close();
	other.close();
}

/** Connections of this network namespace that came to a socket that listens (RFC 4022 tcpPassiveOpens). */
function passiveOpens(): number {
	const [names = [], values = []] = readFileSync("/proc/net/snmp", "utf8")
		.split("\n")
		.filter((line) => line.startsWith("Tcp:"))
		.map((line) => line.split(" "));
	return Number(values[names.indexOf("PassiveOpens")]);
}

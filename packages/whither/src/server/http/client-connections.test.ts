import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { boundClients } from "./client-connections.ts";

/** A listener, and who is connected to it. */
function scene() {
	const server = new EventEmitter();
	boundClients(server, 2);
	return (remoteAddress: string) => {
		const events = new EventEmitter();
		const socket = Object.assign(events, {
			remoteAddress,
			isOpen: true,
			destroy: () => {
				if (socket.isOpen) events.emit("close");
				socket.isOpen = false;
			},
		});
		server.emit("connection", socket);
		return socket;
	};
}

it("a client has so many connections and no more, until one ends; an IPv6 /64 is one", () => {
	const connect = scene();
	for (const [one, other] of [
		["192.0.2.1", "::ffff:192.0.2.1"],
		["2001:db8::1", "2001:db8::2"],
	] as const) {
		const [first, second, third] = [connect(one), connect(other), connect(one)];
		expect([first.isOpen, second.isOpen, third.isOpen]).toEqual([true, true, false]);
		first.destroy();
		expect([connect(one).isOpen, connect(other).isOpen]).toEqual([true, false]);
	}
	expect(connect("192.0.2.2").isOpen).toBe(true);
});

it("this machine's own proxies may have all that there are", () => {
	const connect = scene();
	for (const address of ["127.0.0.1", "::1"]) for (let n = 0; n < 5; n++) expect(connect(address).isOpen).toBe(true);
});

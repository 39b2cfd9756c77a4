/** A UDP-Lite server, which Node has no socket for: a few lines of Python in the namespace of the calling thread. */
import { type ChildProcess, spawn } from "node:child_process";

/** IPPROTO_UDPLITE of linux/in.h; what comes is sent back, and "ready" is said once it can. */
const SERVER = `
import socket, sys
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 136)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(("::", int(sys.argv[1])))
print("ready", flush=True)
while True:
    data, sender = server.recvfrom(65536)
    server.sendto(data, sender)
`;

/** A server that runs as a process of its own. */
export interface ServerProcess {
	/** It can be asked; rejects with what it said when it ended before. */
	readonly ready: Promise<void>;
	close(): void;
}

/** Starts the server on a port of every address; it is forked before this returns, so in this namespace. */
export function echoUdpLite(port: number): ServerProcess {
	const child = spawn("python3", ["-c", SERVER, String(port)], { stdio: ["ignore", "pipe", "pipe"] });
	return { ready: readiness(child), close: () => child.kill("SIGKILL") };
}

function readiness(child: ChildProcess): Promise<void> {
	return new Promise((resolve, reject) => {
		let said = "";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			said += text;
		});
		child.stdout?.once("data", () => resolve());
		child.once("error", reject);
		child.once("exit", (code) => reject(new Error(`the UDP-Lite server ended with ${code}: ${said.trim()}`)));
	});
}

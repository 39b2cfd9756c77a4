/** coturn on loopback, for live tests of the TURN client. */
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeStun } from "@whither/wire";
import { isThere } from "./namespaces.ts";

/** Why it cannot run here, or null. */
export function coturnObstacle(): string | null {
	return ["turnserver", "openssl"].every(isThere) ? null : "the server is coturn (Debian packages coturn and openssl)";
}

/** One that runs. */
export interface Coturn {
	/** UDP and TCP. */
	readonly port: number;
	readonly tlsPort: number;
	/** Its certificate (PEM), of localhost. */
	readonly certificate: string;
	log(): string;
	close(): Promise<void>;
}

/** The user that it knows unless it is told otherwise. */
export const COTURN_USER = { kind: "longTerm", username: "alice", password: "sesame" } as const;

const USERS = ["--lt-cred-mech", `--user=${COTURN_USER.username}:${COTURN_USER.password}`, "--realm=example.org"];
const ASKED_AGAIN_MS = 25;
const PATIENCE_MS = 10_000;
const REQUEST = encodeStun({
	class: "request",
	method: "binding",
	transactionId: new TextEncoder().encode("is it there?"),
	attributes: [],
});

/** Starts one on 127.0.0.1 and ::1, with these options beside those it needs; resolves when it answers. */
export async function openCoturn(options: readonly string[] = [], access: readonly string[] = USERS): Promise<Coturn> {
	const folder = mkdtempSync(join(tmpdir(), "whither-coturn-"));
	const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
	makeCertificate(certificate, key);
	const [port, tlsPort] = [await freePort(), await freePort()];
	const own = [
		...["-n", "--no-cli", "--no-dtls", "-m", "1", "--log-file", "stdout", "--simple-log", "--allow-loopback-peers"],
		...["--pidfile", join(folder, "pid"), "--userdb", join(folder, "db"), "--cert", certificate, "--pkey", key],
		...["--listening-ip=127.0.0.1", "--listening-ip=::1", "--relay-ip=127.0.0.1", "--relay-ip=::1"],
		...[`--listening-port=${port}`, `--tls-listening-port=${tlsPort}`],
	];
	const child = spawn("turnserver", [...own, ...access, ...options], { stdio: ["ignore", "pipe", "pipe"] });
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (text) => {
			said += text;
		});
	}
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const close = async () => {
		process.off("exit", kill);
		kill();
		await ended;
		rmSync(folder, { recursive: true, force: true });
	};
	const gone = ended.then(() => {
		throw new Error(`turnserver ended:\n${said}`);
	});
	gone.catch(() => {});
	await Promise.race([gone, answers(port)]);
	return { port, tlsPort, certificate: readFileSync(certificate, "utf8"), log: () => said, close };
}

function makeCertificate(certificate: string, key: string): void {
	const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"];
	const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
	execFileSync("openssl", ["req", ...kind, "-keyout", key, "-out", certificate, ...subject], { stdio: "pipe" });
}

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const place = server.address();
			server.close(() => resolve(place !== null && typeof place === "object" ? place.port : 0));
		});
	});
}

/** Over IPv6, where it listens last. */
function answers(port: number): Promise<void> {
	const socket = createSocket("udp6");
	return new Promise((resolve, reject) => {
		const again = setInterval(() => socket.send(REQUEST, port, "::1", () => {}), ASKED_AGAIN_MS);
		const end = (done: () => void) => {
			clearInterval(again);
			clearTimeout(limit);
			socket.close();
			done();
		};
		const limit = setTimeout(() => end(() => reject(new Error("coturn does not answer"))), PATIENCE_MS);
		socket.on("error", () => {});
		socket.once("message", () => end(resolve));
	});
}

// What listens at the target: TCP on 443 by this process, QUIC by caddy, DNS by dnsmasq, STUN by coturn; each only where installed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coturnObstacle, findProgram, insideNamespace, openCoturn, startTool } from "@whither/lab";

const HTTPS_PORT = 443;
const SERVER_NAME = "server.test";
/** How long servers may take to start. */
const START_MS = 2500;

/** Starts what can be started at a node of a lab; `kinds` says what listens, `bytesRead` what TCP clients have sent. */
export async function startServers(lab, node) {
	const namespace = lab.namespaceOf(node);
	const folder = mkdtempSync(join(tmpdir(), "whither-bench-"));
	const tools = [];
	const kinds = new Set(["tcp"]);
	const counts = { bytesRead: 0, connections: 0 };
	const tcp = insideNamespace(namespace, () =>
		createServer((socket) => {
			counts.connections++;
			socket.on("data", (data) => {
				counts.bytesRead += data.length;
			});
			socket.on("error", () => socket.destroy());
		}).listen(HTTPS_PORT),
	);
	const start = (kind, command) => {
		const tool = startTool(command, { namespace, timeoutMs: 3_600_000, env: { HOME: folder, XDG_DATA_HOME: folder } });
		tool.outcome.catch(() => undefined);
		tools.push(tool);
		kinds.add(kind);
	};
	const [caddy, openssl, dnsmasq] = ["caddy", "openssl", "dnsmasq"].map(findProgram);
	if (caddy !== null && openssl !== null)
		start("quic", [caddy, "run", "--config", caddyFile(folder, openssl), "--adapter", "caddyfile"]);
	if (dnsmasq !== null) {
		const zone = ["--no-resolv", "--no-hosts", "--address=/example.test/192.0.2.1", "--user=root"];
		start("dns", [dnsmasq, "--keep-in-foreground", "--conf-file=/dev/null", `--pid-file=${folder}/pid`, ...zone]);
	}
	const coturn = coturnObstacle() === null ? await openCoturn({ namespace, addresses: addressesOf(lab, node) }) : null;
	if (coturn !== null) kinds.add("stun");
	await new Promise((resolve) => setTimeout(resolve, START_MS));
	return {
		kinds,
		counts,
		async close() {
			tcp.close();
			for (const { child } of tools) child.kill("SIGKILL");
			await coturn?.close();
			await Promise.allSettled(tools.map(({ outcome }) => outcome));
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function addressesOf(lab, node) {
	return [4, 6].map((family) => lab.addressOf(node, family));
}

/** QUIC only: TCP's port 443 is this process's. */
function caddyFile(folder, openssl) {
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${folder}/key.pem`];
	const name = ["-subj", `/CN=${SERVER_NAME}`, "-addext", `subjectAltName=DNS:${SERVER_NAME}`];
	execFileSync(openssl, ["req", "-x509", ...key, "-out", `${folder}/cert.pem`, ...name], { stdio: "ignore" });
	const file = join(folder, "Caddyfile");
	const options = `{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_sni ${SERVER_NAME}\n\tservers {\n\t\tprotocols h3\n\t}\n}\n`;
	writeFileSync(
		file,
		`${options}https://${SERVER_NAME} {\n\ttls ${folder}/cert.pem ${folder}/key.pem\n\trespond "hello"\n}\n`,
	);
	return file;
}

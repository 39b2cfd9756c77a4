/** A chain of routers made of network namespaces, for live tests. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";

/** A chain client - routers - target; `hops` are the addresses that answer, the target last. */
export interface Chain {
	readonly client: string;
	readonly target: string;
	/** All namespaces, client first. */
	readonly names: readonly string[];
	readonly hops: Readonly<Record<4 | 6, readonly string[]>>;
	readonly source: Readonly<Record<4 | 6, string>>;
	destroy(): void;
}

/** Names are `wn-PID-LABEL-NODE`: two runs at once, or two checkouts, leave each other alone. */
const PREFIX = "wn";
const OWN = `${PREFIX}-${process.pid}`;
/** Where iproute2 keeps named namespaces. */
const FOLDER = "/run/netns";

/** Why live tests cannot run here, or null. */
export function liveObstacle(): string | null {
	if (process.platform !== "linux") return "live tests need Linux";
	if (process.getuid?.() !== 0) return "live tests need root, to make network namespaces";
	for (const tool of ["ip", "setpriv"]) if (!isThere(tool)) return `live tests need the command ${tool}`;
	try {
		sweepOrphans();
		execFileSync("ip", ["netns", "add", `${OWN}-try`], { stdio: "pipe" });
		execFileSync("ip", ["netns", "del", `${OWN}-try`], { stdio: "pipe" });
		return null;
	} catch (error) {
		return `network namespaces cannot be made here: ${error instanceof Error ? error.message.trim() : error}`;
	}
}

/** Whether a command is in the path. */
export function isThere(tool: string): boolean {
	return (process.env.PATH ?? "").split(":").some((folder) => {
		try {
			accessSync(`${folder}/${tool}`, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/** Without these a Linux router answers six times and then once a second, and IPv6 addresses wait a second for use. */
const SETTINGS = [
	"net/ipv4/ip_forward=1",
	"net/ipv6/conf/all/forwarding=1",
	"net/ipv6/conf/all/accept_dad=0",
	"net/ipv6/conf/default/accept_dad=0",
	"net/ipv4/icmp_ratelimit=0",
	"net/ipv6/icmp/ratelimit=0",
	"net/ipv4/icmp_msgs_per_sec=100000",
	"net/ipv4/icmp_msgs_burst=10000",
	"net/ipv4/ping_group_range=0 2147483647",
];

/** Builds a chain with so many routers, of namespaces that `label` tells from those of this process's other chains. */
export function buildChain(label: string, routers: number): Chain {
	const nodes = ["c", ...Array.from({ length: routers }, (_, index) => `r${index + 1}`), "t"];
	const names = nodes.map((node) => `${OWN}-${label}-${node}`);
	const destroy = (): void => deleteNamespaces(names);
	process.once("exit", destroy);
	batch(names.map((name) => `netns add ${name}`));
	for (const name of names) {
		const script = SETTINGS.map(
			(setting) => `echo "${setting.replace(/^.*?=/, "")}" 2>/dev/null >/proc/sys/${setting.replace(/=.*$/, "")}`,
		);
		execFileSync("ip", ["netns", "exec", name, "sh", "-c", `${script.join("; ")}; true`], { stdio: "pipe" });
		batch(["link set lo up"], name);
	}
	const links = names.length - 1;
	batch(
		Array.from(
			{ length: links },
			(_, i) => `link add v${i} netns ${names[i]} type veth peer name w${i} netns ${names[i + 1]}`,
		),
	);
	for (const [index, name] of names.entries()) batch(linkLines(index, links), name);
	for (const [index, name] of names.entries()) batch(routeLines(index, links), name);
	const indices = Array.from({ length: links }, (_, index) => index);
	return {
		client: names[0] ?? "",
		target: names[links] ?? "",
		names,
		hops: { 4: indices.map((i) => `10.99.${i}.2`), 6: indices.map((i) => (i === 0 ? "fd99::2" : `fd99:${i}::2`)) },
		source: { 4: "10.99.0.1", 6: "fd99::1" },
		destroy,
	};
}

function linkLines(index: number, links: number): readonly string[] {
	const lines: string[] = [];
	const add = (device: string, link: number, host: number): void => {
		lines.push(`addr add 10.99.${link}.${host}/24 dev ${device}`);
		lines.push(`addr add fd99:${link}::${host}/64 dev ${device} nodad`, `link set ${device} up`);
	};
	if (index < links) add(`v${index}`, index, 1);
	if (index > 0) add(`w${index - 1}`, index - 1, 2);
	return lines;
}

function routeLines(index: number, links: number): readonly string[] {
	const lines: string[] = [];
	if (index < links) lines.push(`route add default via 10.99.${index}.2`, `route add ::/0 via fd99:${index}::2`);
	for (let link = 0; link < index - 1; link++) {
		lines.push(`route add 10.99.${link}.0/24 via 10.99.${index - 1}.1`);
		lines.push(`route add fd99:${link}::/64 via fd99:${index - 1}::1`);
	}
	return lines;
}

function batch(lines: readonly string[], namespace?: string): void {
	const within = namespace === undefined ? [] : ["-n", namespace];
	execFileSync("ip", [...within, "-batch", "-"], { input: `${lines.join("\n")}\n`, stdio: ["pipe", "pipe", "pipe"] });
}

function deleteNamespaces(names: readonly string[]): void {
	for (const name of names) {
		if (existsSync(`${FOLDER}/${name}`)) execFileSync("ip", ["netns", "del", name], { stdio: "pipe" });
	}
}

/** Removes what processes that were killed left behind; what belongs to one that is alive is in use. */
function sweepOrphans(): void {
	if (!existsSync(FOLDER)) return;
	const orphans = readdirSync(FOLDER).filter((name) => {
		const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
		return pid !== undefined && !existsSync(`/proc/${pid}`);
	});
	deleteNamespaces(orphans);
}

// A packet capture beside a tool (tcpdump, nanosecond stamps taken by the kernel) and what is read out of it.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { insideNamespace } from "@whither/lab";

/** Link types of a pcap file (tcpdump.org/linktypes.html) and the length of the header before the IP packet. */
const LINK_HEADERS = { 1: 14, 12: 0, 101: 0 };
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILTER = "ip or ip6";

/** Starts capturing on a device of a namespace; `stop()` resolves with the packets. */
export async function startCapture(namespace, device) {
	const folder = mkdtempSync(join(tmpdir(), "whither-bench-"));
	const file = join(folder, "capture.pcap");
	// tcpdump gives up its privileges before it opens the file, hence -Z root.
	const args = ["-n", "-i", device, "-s", "256", "-B", "8192", "--time-stamp-precision=nano", "--immediate-mode", "-U"];
	closeSync(openSync(file, "w"));
	const child = insideNamespace(namespace, () =>
		spawn("tcpdump", [...args, "-Z", "root", "-w", file, FILTER], { stdio: ["ignore", "ignore", "pipe"] }),
	);
	const closed = new Promise((resolve) => child.once("close", resolve));
	await new Promise((resolve, reject) => {
		let said = "";
		child.once("error", reject);
		child.once("exit", () => reject(new Error(`tcpdump: ${said}`)));
		child.stderr.setEncoding("utf8").on("data", (text) => {
			said += text;
			if (said.includes("listening on")) resolve();
		});
	});
	return {
		async stop() {
			// What the kernel has captured takes a moment to reach the file.
			await new Promise((resolve) => setTimeout(resolve, 60));
			child.kill("SIGINT");
			await closed;
			const packets = readPackets(readFileSync(file));
			rmSync(folder, { recursive: true, force: true });
			return packets;
		},
	};
}

/** Reads a pcap file of nanosecond stamps: IP packets with their time in ns since the first one, whose own is `epochMs`. */
export function readPackets(bytes) {
	if (bytes.length < 24) return [];
	if (bytes.readUInt32LE(0) !== MAGIC_NANOSECONDS) throw new Error("not a little-endian pcap file of nanoseconds");
	const skip = LINK_HEADERS[bytes.readUInt32LE(20) & 0xffff];
	if (skip === undefined) throw new Error(`link type ${bytes.readUInt32LE(20)} is not known here`);
	const packets = [];
	let origin = null;
	for (let at = 24; at + 16 <= bytes.length; ) {
		const time = BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4));
		const length = bytes.readUInt32LE(at + 8);
		origin ??= time;
		packets.push({
			at: Number(time - origin),
			epochMs: Number(origin) / 1e6,
			bytes: bytes.subarray(at + 16 + skip, at + 16 + length),
		});
		at += 16 + length;
	}
	return packets;
}

const ICMP = 1;

function header(ip) {
	const length = (ip[0] & 15) * 4;
	return {
		ttl: ip[8],
		protocol: ip[9],
		source: ip.subarray(12, 16).join("."),
		destination: ip.subarray(16, 20).join("."),
		segment: ip.subarray(length),
	};
}

/** What a probe and its quotation share: the protocol and the first 8 bytes of the transport header. */
const keyOf = ({ protocol, destination, segment }) =>
	`${protocol} ${destination} ${segment.subarray(0, 8).toString("hex")}`;

/** What an echo request and its reply share. */
const echoKey = ({ segment }, address) => `echo ${address} ${segment.subarray(4, 8).toString("hex")}`;

function answerKey(packet) {
	if (packet.protocol !== ICMP) return null;
	const type = packet.segment[0];
	if (type === 0) return echoKey(packet, packet.source);
	if (type !== 3 && type !== 11) return null;
	return keyOf(header(packet.segment.subarray(8)));
}

/**
 * The IPv4 probes sent from `client` to `target` in the order they left, each with the time its first answer came
 * (or null), and when the last answer of all came in.
 */
export function matchProbes(packets, { client, target }) {
	const probes = [];
	const waiting = new Map();
	let lastAnswerAt = null;
	for (const { at, epochMs, bytes } of packets) {
		if (bytes[0] >> 4 !== 4) continue;
		const packet = header(bytes);
		if (packet.source === client && packet.destination === target) {
			const probe = { sentAt: at, sentAtEpochMs: epochMs + at / 1e6, ttl: packet.ttl, answeredAt: null };
			probes.push(probe);
			waiting.set(keyOf(packet), probe);
			if (packet.protocol === ICMP && packet.segment[0] === 8) waiting.set(echoKey(packet, target), probe);
		} else if (packet.destination === client) {
			const probe = waiting.get(answerKey(packet));
			if (probe === undefined) continue;
			probe.answeredAt ??= at;
			lastAnswerAt = at;
		}
	}
	return { probes, lastAnswerAt };
}

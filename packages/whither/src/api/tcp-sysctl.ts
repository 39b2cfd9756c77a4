/** `-O sysctl`: a SYN offers the ECN that this machine's own connections offer. */
import { readFileSync } from "node:fs";
import { tcpOptionsWithSysctl } from "@whither/core";
import type { MethodOptions } from "./method-options.ts";

/** For IPv6 as well (Linux, Documentation/networking/ip-sysctl). */
const TCP_ECN = "/proc/sys/net/ipv4/tcp_ecn";

/** The options with `sysctl` replaced by what it stands for here. */
export function withTcpSysctl(options: MethodOptions): MethodOptions {
	return options.sysctl === undefined ? options : tcpOptionsWithSysctl(options, tcpEcn());
}

/** 0, no ECN, where there is no such thing. */
function tcpEcn(): number {
	try {
		return Number(readFileSync(TCP_ECN, "utf8"));
	} catch {
		return 0;
	}
}

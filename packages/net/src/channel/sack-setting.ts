/** Whether this machine's own TCP connections offer selective acknowledgments. */
import { readFileSync } from "node:fs";

/** A setting of the network namespace, for IPv6 as well (Linux, Documentation/networking/ip-sysctl). */
const TCP_SACK = "/proc/sys/net/ipv4/tcp_sack";

/** True where the kernel does not say: that is how it begins. */
export function offersSack(): boolean {
	try {
		return readFileSync(TCP_SACK, "utf8").trim() !== "0";
	} catch {
		return true;
	}
}

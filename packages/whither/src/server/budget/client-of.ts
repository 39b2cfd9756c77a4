/** Who counts as one client. */
import { isDecodeError, parseAddress } from "@whither/wire";

/** An IPv4 address, or the /64 that one who has IPv6 may take any address of. Pure; what is no address stands for itself. */
export function clientOf(address: string): string {
	const [plain = ""] = address.replace(/^::ffff:(?=\d+\.)/i, "").split("%", 1);
	const bytes = parseAddress(plain);
	if (isDecodeError(bytes) || bytes.length === 4) return plain;
	return `${[...bytes.subarray(0, 8)].join(".")}/64`;
}

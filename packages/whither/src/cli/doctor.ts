/** `whither doctor`. */
import { doctor } from "../api/doctor.ts";
import { formatDoctor, formatDoctorJson } from "../report/doctor.ts";
import { DOCTOR_OPTIONS } from "./arguments/options.ts";
import { parseOptions } from "./arguments/parse.ts";
import { EXIT } from "./exit-codes.ts";
import { isTerminal, paintFor, print } from "./output.ts";

/** Run the command; 1 when not even the default method works for IPv4 or IPv6. */
export async function doctorCommand(args: readonly string[]): Promise<number> {
	const { options } = parseOptions(args, DOCTOR_OPTIONS);
	const result = await doctor();
	if (options.json) print(formatDoctorJson(result, isTerminal("stdout") ? 2 : 0));
	else print(formatDoctor(result, paintFor(options.color)));
	return result.checks.some((check) => check.method === "udp" && check.works) ? EXIT.ok : EXIT.negative;
}

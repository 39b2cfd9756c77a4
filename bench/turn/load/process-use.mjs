// What a process uses: processor time of all its threads, memory, descriptors.
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds that all threads of a process have run, user and system together, by the scheduler's own count. */
export function processorNs(pid) {
	let sum = 0;
	for (const thread of readdirSync(`/proc/${pid}/task`)) {
		sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
	}
	return sum;
}

/** Resident bytes. */
export function residentBytes(pid) {
	return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

/** Open descriptors. */
export function descriptors(pid) {
	return readdirSync(`/proc/${pid}/fd`).length;
}

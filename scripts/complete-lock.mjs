// Completes package-lock.json with optional packages of other platforms that the registry in use did not offer when the
// lock was made. npm leaves such packages out of the lock, and `npm ci` then refuses it. Run it after `npm install`.
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "aix"];
const PROCESSORS = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el"];

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));

/** os, cpu and libc as the name tells them; without these npm would try to install the package everywhere. */
function platform(name) {
	const words = name.split("/").at(-1).split("-");
	const os = words.find((word) => SYSTEMS.includes(word));
	const cpu = words.find((word) => PROCESSORS.includes(word));
	if (os === undefined || cpu === undefined)
		throw new Error(`${name}: its name does not tell for which platform it is`);
	const musl = words.some((word) => word.startsWith("musl"));
	const glibc = words.some((word) => word.startsWith("gnu"));
	return { cpu: [cpu], os: [os], ...(musl ? { libc: ["musl"] } : glibc ? { libc: ["glibc"] } : {}) };
}

let added = 0;
for (const entry of Object.values(lock.packages)) {
	for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
		const place = `node_modules/${name}`;
		if (lock.packages[place] !== undefined) continue;
		lock.packages[place] = { version, dev: entry.dev === true, optional: true, ...platform(name) };
		added++;
	}
}

const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, "\t")}\n`);
console.log(`${added} packages of other platforms added`);

// `npm test`: the pure tests anywhere, then the live tests as far as this machine allows, with every skip's reason.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "whither-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

function run(command, args, options = {}) {
	return spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
}

/** On a root CI machine: installs what live tests need. What cannot be had is said, and its tests skip themselves. */
function installPackages() {
	const wanted = readFileSync(join(root, "lab/debian-packages.txt"), "utf8").split(/\s+/).filter(Boolean);
	const isRootCi = process.env.CI === "true" && process.platform === "linux" && process.getuid() === 0;
	if (!isRootCi || spawnSync("apt-get", ["--version"]).status !== 0) return;
	const isMissing = (name) => {
		const asked = spawnSync("dpkg", ["--status", name], { encoding: "utf8" });
		return asked.status !== 0 || !asked.stdout.includes("install ok installed");
	};
	const missing = wanted.filter(isMissing);
	if (missing.length === 0) return;
	console.log(`Installing ${missing.join(", ")} for the live tests.`);
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const apt = (...args) => run("apt-get", ["-q", "-y", ...args], { env, timeout: 300_000 }).status === 0;
	if (!apt("update")) console.log("apt-get update failed; trying with the package lists that are here.");
	if (!apt("install", "--no-install-recommends", ...missing)) {
		console.log(`Could not install ${missing.join(", ")}: the live tests that need them will be skipped.`);
	}
}

function newestSource(folder) {
	let newest = 0;
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) newest = Math.max(newest, newestSource(path));
		else if (!/\.test\.tsx?$/.test(entry.name)) newest = Math.max(newest, statSync(path).mtimeMs);
	}
	return newest;
}

/** The page is the last thing that a build writes, but can be built alone: the older of it and the command is the build's age. */
function isBuilt() {
	const page = join(root, "packages/whither/dist/web/one-file.html");
	const command = join(root, "packages/whither/dist/whither.js");
	if (![page, command, join(root, "lab/dist/index.js")].every((file) => existsSync(file))) return false;
	const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name, "src"));
	const others = ["lab/src", "apps/web/src", "docs/schema"].map((folder) => join(root, folder));
	const folders = [...packages, ...others].filter((one) => existsSync(one));
	const scripts = ["scripts/bundle.mjs", "scripts/code-cache.cjs"];
	const names = ["tsconfig.base.json", "package.json", "packaging/whither.service", "packages/whither/bin/whither.js"];
	const ofPage = ["apps/web/index.html", "apps/web/vite.config.ts", "apps/web/one-file.ts"];
	const files = [...scripts, ...names, ...ofPage].map((file) => join(root, file));
	const changed = files.filter((file) => existsSync(file)).map((file) => statSync(file).mtimeMs);
	const built = Math.min(statSync(page).mtimeMs, statSync(command).mtimeMs);
	return built >= Math.max(...folders.map(newestSource), ...changed);
}

function build() {
	if (isBuilt()) return true;
	console.log("Building.");
	return run("npm", ["run", "--silent", "build"]).status === 0;
}

/** Runs one vitest project; null when it could not even report. */
function runProject(project) {
	const report = join(scratch, `${project}.json`);
	const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
	const vitest = join(root, "node_modules/vitest/vitest.mjs");
	// Pure tests disturb nobody, so that every core may run some.
	const workers = project === "pure" ? ["--maxWorkers=100%"] : [];
	const { status } = run(process.execPath, [vitest, "run", "--project", project, ...workers, ...reporters]);
	if (!existsSync(report)) return null;
	return { project, ok: status === 0, ...JSON.parse(readFileSync(report, "utf8")) };
}

const SKIPPED = new Set(["skipped", "pending", "todo", "disabled"]);

/** The reason stands in the title, as `skippable` wrote it: the test's own, or that of a group it stands in. */
function reasonOf({ title, ancestorTitles }) {
	for (const one of [title, ...ancestorTitles.toReversed()]) {
		const said = / \(skipped: (.*)\)$/.exec(one);
		if (said) return said[1];
	}
	return "no reason given";
}

function countSkips(reports) {
	const groups = new Map();
	for (const file of reports.flatMap(({ testResults }) => testResults)) {
		for (const test of file.assertionResults.filter(({ status }) => SKIPPED.has(status))) {
			const name = test.ancestorTitles.filter(Boolean)[0]?.replace(/ \(skipped: .*$/, "") ?? basename(file.name);
			const key = `${relative(root, file.name)} | ${name}: ${reasonOf(test)}`;
			groups.set(key, (groups.get(key) ?? 0) + 1);
		}
	}
	return groups;
}

/** A project that is lost, such as by a pattern that matches no file, is no success. */
function hasTests({ testResults }) {
	return testResults.some(({ assertionResults }) => assertionResults.length > 0);
}

function summarize(reports, otherFailures) {
	const files = reports.flatMap(({ testResults }) => testResults);
	const tests = files.flatMap(({ assertionResults }) => assertionResults);
	const passed = tests.filter(({ status }) => status === "passed").length;
	const skipped = tests.filter(({ status }) => SKIPPED.has(status)).length;
	const failedTests = tests.filter(({ status }) => status === "failed").length;
	// A file that fails outside its tests (import, hook) counts as one failure.
	const broken = files.filter(
		(file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
	);
	const unexplained = reports.filter(({ ok, success }) => !ok && success).length;
	const failed = failedTests + broken.length + unexplained + otherFailures.length;
	const groups = countSkips(reports);
	console.log("");
	if (groups.size > 0) console.log("Skipped:");
	for (const [group, count] of groups) console.log(`  ${count} x ${group}`);
	for (const { name, message } of broken) console.log(`Broken: ${relative(root, name)}: ${message.split("\n")[0]}`);
	for (const failure of otherFailures) console.log(`Failed: ${failure}`);
	console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
	return failed === 0;
}

installPackages();
const otherFailures = build() ? [] : ["the build (npm run build)"];
const reports = [];
for (const project of ["pure", "live-beside", "live"]) {
	const report = runProject(project);
	if (report === null) otherFailures.push(`vitest project ${project} ended without a report`);
	else reports.push(report);
	if (report !== null && !hasTests(report)) otherFailures.push(`vitest project ${project} has no tests`);
}
process.exitCode = summarize(reports, otherFailures) ? 0 : 1;

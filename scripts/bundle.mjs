/**
 * Bundles what is published: `packages/whither/dist/whither.cjs` (the command; what a trace does not need
 * lies in CHUNKS), `dist/index.js` (the library), `dist/prober-worker.js` (the library's worker),
 * `dist/relay-worker.cjs` (the server's, for UDP clients), `dist/types` (declarations that stand alone), and beside them
 * THIRD-PARTY-LICENSES (of what the bundles hold that is not ours). koffi stays outside: its binary is a dependency that npm
 * installs.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const face = join(root, "packages/whither");
const dist = join(face, "dist");
const CONTRACT_PACKAGES = ["wire", "core", "sim", "net"];

const shared = {
	bundle: true,
	platform: "node",
	target: "node20.19",
	format: "esm",
	conditions: ["source"],
	external: ["koffi"],
	minifySyntax: true,
	minifyWhitespace: true,
	// Names stay, so that a stack trace in a bug report can be read.
	minifyIdentifiers: false,
	define: {
		WHITHER_WORKER_FILE: '"./prober-worker.js"',
		WHITHER_RELAY_FILE: '"./relay-worker.cjs"',
		WHITHER_WEB_FOLDER: '"./web"',
	},
	// Whole licences of what is bundled and not ours stand in a file beside it.
	legalComments: "none",
	metafile: true,
	logLevel: "warning",
	// koffi is CommonJS and may be asked for by `require`.
	banner: {
		js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
	},
};

/** Where a file of the command finds another, which it loads only when that is asked for. */
function loadedLater(filter, path) {
	return {
		name: path,
		setup: ({ onResolve }) =>
			onResolve({ filter }, ({ kind }) => (kind === "dynamic-import" ? { path, external: true } : null)),
	};
}

/** What of the command is loaded only when it is asked for: where it begins, its file, and how the code that asks names it. */
const CHUNKS = [
	["src/cli/other-commands.ts", "whither-more.cjs", /\/other-commands\.ts$/],
	["src/cli/serve/serve.ts", "whither-server.cjs", /\/serve\/serve\.ts$/],
	["src/cli/meet/meet.ts", "whither-meet.cjs", /\/meet\/meet\.ts$/],
	["src/cli/meet/meet-by-sip.ts", "whither-sip.cjs", /\/meet-by-sip\.ts$/],
	["src/cli/check/check.ts", "whither-check.cjs", /\/check\/check\.ts$/],
	["src/cli/live/live.ts", "whither-live.cjs", /\/live\/live\.ts$/],
	["src/cli/whois/whois.ts", "whither-whois.cjs", /\/whois\/whois\.ts$/],
	["src/api/places/data-set.ts", "whither-places.cjs", /\/places\/data-set\.ts$/],
	["src/cli/show/show.ts", "whither-show.cjs", /\/show\/show\.ts$/],
];
const plugins = CHUNKS.map(([, file, filter]) => loadedLater(filter, `./${file}`));

/**
 * The command is CommonJS: Node 20 starts it some 10 ms sooner than the same code as a module. What a trace does not
 * need lies in a second file, since parsing is much of a short command's time.
 */
const command = {
	format: "cjs",
	banner: {},
	define: { ...shared.define, "import.meta.url": "__filename" },
	supported: { "dynamic-import": false },
};

// The old cache would be taken for a new bundle of the same length.
rmSync(join(dist, "whither.cache"), { force: true });
const built = await Promise.all([
	bundle("src/cli/bin.ts", "whither.cjs", { ...command, plugins }),
	...CHUNKS.map(([entry, file]) => bundle(entry, file, { ...command, plugins })),
	bundle("src/server/relay-worker.ts", "relay-worker.cjs", command),
	bundle("src/index.ts", "index.js"),
	bundle("src/api/prober-worker.ts", "prober-worker.js"),
]);
writeFileSync(join(dist, "whither.js"), 'import "./whither.cjs";\n');
writeCodeCache();
copyTypes();
copyBesides();
writeLicences([...built, await pageInputs()].flatMap(({ metafile }) => Object.keys(metafile.inputs)));

function bundle(entry, file, more = {}) {
	return build({ ...shared, ...more, entryPoints: [join(face, entry)], outfile: join(dist, file) });
}

/** Vite builds the page; what it is made of is asked here, for the licences, and nothing is written. */
function pageInputs() {
	return build({
		...{ bundle: true, write: false, metafile: true, logLevel: "error", format: "esm", outdir: join(dist, "web") },
		...{ conditions: ["source"], jsx: "automatic", jsxImportSource: "preact" },
		entryPoints: [join(root, "apps/web/src/main.tsx")],
	});
}

/** Only a matter of speed, so a machine where it cannot be made builds all the same. */
function writeCodeCache() {
	try {
		execFileSync(process.execPath, [join(root, "scripts/code-cache.cjs")], { stdio: "inherit", timeout: 30_000 });
	} catch (error) {
		console.warn(`no code cache: ${error.message}`);
	}
}

/**
 * Declarations of every package side by side, their `@whither/x` imports made relative, as far as the library's own reach; nothing when tsc
 * has not run.
 */
function copyTypes() {
	const types = join(dist, "types");
	rmSync(types, { recursive: true, force: true });
	const places = [
		["whither", join(dist, "modules")],
		...CONTRACT_PACKAGES.map((name) => [name, join(root, "packages", name, "dist")]),
	];
	const texts = new Map();
	for (const [name, from] of places) {
		if (!existsSync(from)) continue;
		for (const file of declarationsIn(from)) {
			const to = join(types, name, relative(from, file));
			texts.set(to, standAlone(readFileSync(file, "utf8"), dirname(to), types));
		}
	}
	for (const to of reachedFrom(join(types, "whither", "index.d.ts"), texts)) {
		const text = texts.get(to);
		const alien = /(?:from |import\()"(?!\.|node:)([^"]+)"/.exec(text);
		if (alien !== null) throw new Error(`${to} needs the types of ${alien[1]}, which are not published`);
		mkdirSync(dirname(to), { recursive: true });
		writeFileSync(to, text);
	}
}

/** The files that a file of declarations names, those that these name, and so on. */
function reachedFrom(file, texts) {
	const reached = new Set(texts.has(file) ? [file] : []);
	for (const each of reached)
		for (const [, path] of texts.get(each).matchAll(/(?:from |import\()["'](\.[^"']*)\.js["']/g)) {
			const named = `${join(dirname(each), path)}.d.ts`;
			if (texts.has(named)) reached.add(named);
		}
	return reached;
}

function* declarationsIn(folder) {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		if (statSync(path).isDirectory()) yield* declarationsIn(path);
		else if (name.endsWith(".d.ts")) yield path;
	}
}

/** Where the declarations of a package's entry lie below its `dist`, as it says itself; with the ending of what they are about. */
function declarationsOf(name, entry) {
	const { exports } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
	const file = exports[`.${entry}`].types;
	if (!existsSync(join(root, "packages", name, file))) throw new Error(`${name} has no ${file}`);
	return file.replace(/^\.\/dist\//, "").replace(/\.d\.ts$/, ".js");
}

function standAlone(text, folder, types) {
	return text
		.replaceAll(/(["'])@whither\/(\w+)(\/[\w-]+)?\1/g, (_, quote, name, entry = "") => {
			const path = relative(folder, join(types, name, declarationsOf(name, entry)));
			return `${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
		})
		.replaceAll(/(from |import\()(["'])(\.[^"']*)\.ts\2/g, "$1$2$3.js$2");
}

/** What npm publishes with the package but lives elsewhere in the repository. */
function copyBesides() {
	for (const folder of ["schema", "systemd"]) mkdirSync(join(face, folder), { recursive: true });
	const schemas = readdirSync(join(root, "docs/schema")).filter((name) => name.endsWith(".json"));
	const copies = {
		...Object.fromEntries(schemas.map((name) => [`docs/schema/${name}`, `schema/${name}`])),
		"packaging/whither.service": "systemd/whither.service",
		LICENSE: "LICENSE",
		"README.md": "README.md",
	};
	for (const [from, to] of Object.entries(copies)) {
		if (existsSync(join(root, from))) cpSync(join(root, from), join(face, to));
	}
}

/** The licence of every installed package that a bundle has taken something from; one without a licence ends the build. */
function writeLicences(inputs) {
	const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
	const licences = [...folders].map((folder) => {
		const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
		if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
		return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
	});
	const head = "What the files in dist/ contain of others' work, and on which terms.\n";
	writeFileSync(join(face, "THIRD-PARTY-LICENSES"), [head, ...licences.sort()].join(`\n${"-".repeat(72)}\n\n`));
}

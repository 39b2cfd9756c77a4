#!/usr/bin/env node
// Starts the bundled command, with V8's code cache beside it where that was made by this very Node: it saves a
// quarter of the time a short trace takes. Any other Node rejects the cache and compiles as usual.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// V8 begins to learn from a function's first call on instead of its eighth or so: a short trace has no more. A fifth of
// its time; scripts/code-cache.cjs sets the same, for V8 takes no cache made under other flags.
setFlagsFromString("--no-lazy-feedback-allocation");

// A signal must not kill us before the command watches for signals: it is delivered once all this has run. If nobody
// watches even then, it ends us as ever.
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.on(signal, () => {
		if (process.listenerCount(signal) > 1) return;
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}

const file = join(__dirname, "../dist/whither.cjs");
const source = read(file, "utf8");
if (source === undefined) {
	process.stderr.write("whither: not built yet; run `npm run build` first\n");
	process.exitCode = 70;
} else {
	const cachedData = read(join(__dirname, "../dist/whither.cache"));
	const wrapped = `(function(require,__filename,__dirname){${source}\n})`;
	const script = new Script(wrapped, cachedData === undefined ? { filename: file } : { filename: file, cachedData });
	script.runInThisContext()(createRequire(file), file, dirname(file));
}

function read(path, encoding) {
	try {
		return readFileSync(path, encoding);
	} catch {
		return undefined;
	}
}

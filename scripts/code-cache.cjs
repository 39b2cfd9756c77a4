/**
 * Writes `dist/whither.cache` (or the file named): V8's code cache of the command after one trace of this machine
 * itself, so that it holds the functions a trace needs. The wrapper is that of packages/whither/bin/whither.js; a test
 * checks that V8 takes it. V8 tells sources apart by their length alone: whoever writes the bundle must write this too.
 */
const fs = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

setFlagsFromString("--no-lazy-feedback-allocation");

const file = join(__dirname, "../packages/whither/dist/whither.cjs");
const output = process.argv[2] ?? join(dirname(file), "whither.cache");
const script = new Script(`(function(require,__filename,__dirname){${fs.readFileSync(file, "utf8")}\n})`, {
	filename: file,
});

const { exit } = process;
const { writeSync } = fs;
fs.writeSync = (_, data) => data.length;
process.exit = () => {
	fs.writeSync = writeSync;
	fs.writeFileSync(output, script.createCachedData());
	exit(0);
};
process.argv = [process.argv[0], file, "-n", "-m", "3", "-w", "0.5", "127.0.0.1"];
script.runInThisContext()(createRequire(file), file, dirname(file));

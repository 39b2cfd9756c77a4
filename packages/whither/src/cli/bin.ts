/** The command's file. */
import { reportDefect, runCommandLine } from "./main.ts";
import { leave } from "./signals.ts";

// Node's own way is to print the line that threw: ours is all of the bundle.
process.on("uncaughtException", (thrown) => leave(reportDefect(thrown)));
runCommandLine(process.argv.slice(2)).then(leave);

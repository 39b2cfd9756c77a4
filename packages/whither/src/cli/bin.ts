/** The command's file. */
import { runCommandLine } from "./main.ts";
import { leave } from "./signals.ts";

runCommandLine(process.argv.slice(2)).then(leave);

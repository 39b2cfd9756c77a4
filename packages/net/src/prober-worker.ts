/** The file that a worker of `startProber` runs. */
import { parentPort } from "node:worker_threads";
import { serveProber } from "./serve-prober.ts";

if (parentPort !== null) serveProber(parentPort);

/** The file that a worker of `openTurnWorkers` runs. */
import { parentPort, workerData } from "node:worker_threads";
import { serveTurnWorker } from "./turn-worker.ts";

if (parentPort !== null) serveTurnWorker(parentPort, workerData);

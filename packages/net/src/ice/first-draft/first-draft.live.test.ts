import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import { BACKEND_VARIABLE } from "../../backend.ts";
import { nativeObstacle } from "../../testing/backend-cases.ts";
import type { IceDatagram } from "../ice-io.ts";
import type { FirstDraftConnection, FirstDraftConnectionEvent } from "./first-draft-connection.ts";
import { openFirstDraft } from "./open-first-draft.ts";

const LOOPBACK = {
	...({ loopback: true, families: [4] } as const),
	allowInterface: ({ kind }: { readonly kind: string }) => kind === "loopback",
} as const;
const MEDIA = Uint8Array.of(0x80, 0, 7);

const open: FirstDraftConnection[] = [];

afterEach(async () => {
	delete process.env[BACKEND_VARIABLE];
	await Promise.all(open.splice(0).map((one) => one.close()));
});

/** Two that say to each other at once what they have to say; resolves with what came to the second. */
function spoken(): Promise<{ readonly sender: FirstDraftConnection; readonly heard: IceDatagram }> {
	return new Promise((resolve) => {
		const begin = (role: "controlling" | "controlled", other: () => FirstDraftConnection | undefined) => {
			const event = (told: FirstDraftConnectionEvent) => {
				if (told.kind === "description") other()?.peer(told.streams);
				if (told.kind === "selected" && role === "controlling") connection.send(MEDIA);
			};
			const data = (heard: IceDatagram) => resolve({ sender: open[0] ?? connection, heard });
			const connection = openFirstDraft({ ...LOOPBACK, role }, { event, data });
			open.push(connection);
		};
		begin("controlling", () => open[1]);
		begin("controlled", () => open[0]);
	});
}

describe.skipIf(nativeObstacle !== null)(
	skippable("the first draft of ICE between two in one process", nativeObstacle),
	() => {
		it.each(["native", "portable"] as const)("finds where media goes by the %s backend", async (backend) => {
			process.env[BACKEND_VARIABLE] = backend;
			const { sender, heard } = await spoken();
			expect(heard).toMatchObject({ component: 1, kind: "rtp", bytes: MEDIA, from: { address: "127.0.0.1" } });
			expect(sender.pairs[0]).toMatchObject({ selected: true, state: "succeeded", priority: "1000" });
			expect(sender.flow()?.socket === null).toBe(backend === "portable");
		});
	},
);

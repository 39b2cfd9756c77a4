/** A key into what it does. */
import type { Key } from "../cells/key-reader.ts";
import { type Pressed, pressed } from "./effects.ts";
import { findKey } from "./key-table.ts";
import type { Model } from "./model.ts";
import { typed } from "./prompts.ts";

/** The model after a key, and what is to be done; what is pasted is text, and never a row of keys. */
export function press(model: Model, key: Key): Pressed {
	const calm = { ...model, message: null };
	if (model.prompt !== null) return typed(calm, model.prompt, key);
	if (key.kind === "paste") return pressed(model);
	return findKey(key.name)?.press(calm) ?? pressed(calm);
}

/** Text inside of markup, from strangers. */
import { printable } from "../printable.ts";

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** The text for an element or a quoted attribute of XML, SVG or HTML; control characters as `\u{hex}`. */
export function escapeMarkup(text: string): string {
	return printable(text)
		.replace(/[\p{Surrogate}\ufffe\uffff]/gu, "\ufffd")
		.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

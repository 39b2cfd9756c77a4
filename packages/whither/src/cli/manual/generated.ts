/** The committed files that are made from the tables; `node scripts/generate.mjs` writes them, a test compares them. */
import { formatCompletion } from "./completion.ts";
import { formatMan } from "./man.ts";
import { formatMarkdown } from "./markdown.ts";

export { callTranscript, demoTranscript, meetingTranscript, withTranscript } from "../demo/demo-transcript.ts";

/** Path from the root of the repository to content. */
export function generatedFiles(): Readonly<Record<string, string>> {
	return {
		"packages/whither/man/whither.1": formatMan(),
		"packages/whither/completions/whither.bash": formatCompletion("bash"),
		"packages/whither/completions/_whither": formatCompletion("zsh"),
		"packages/whither/completions/whither.fish": formatCompletion("fish"),
		"docs/cli.md": formatMarkdown(),
	};
}

/** All messages of RFC 4475 §3, in its order: `torture.test.ts` runs them through the parser, the agent's tests through the agent. */
import { INVALID_SYNTAX } from "./torture-invalid.fixture.ts";
import { ODD_MEANING } from "./torture-meaning.fixture.ts";
import type { TortureMessage } from "./torture-message.fixture.ts";
import { VALID_SYNTAX } from "./torture-valid.fixture.ts";

export const TORTURE: readonly TortureMessage[] = [...VALID_SYNTAX, ...INVALID_SYNTAX, ...ODD_MEANING];

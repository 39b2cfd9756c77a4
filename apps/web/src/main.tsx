import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import { render } from "preact";
import { loadFacts } from "./api/client.ts";
import { takeTokenFromAddress } from "./api/token.ts";
import { App } from "./app.tsx";
import { hasOwnSession, showOwnSession } from "./shell/own-session.ts";
import { followAddressBar } from "./shell/place.ts";
import { restoreTheme } from "./shell/theme.ts";

restoreTheme();
takeTokenFromAddress();
if (hasOwnSession()) showOwnSession();
followAddressBar();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
if (!hasOwnSession()) void loadFacts();

/** The page's files: read once, shown to everybody, and nothing beside them. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { dirname, extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { HttpContext, HttpRoutes } from "./http/app.ts";
import { answerAt, newRoutes } from "./http/app.ts";

/** Set by the bundler: the folder beside the bundle. Absent when run from source. */
declare const WHITHER_WEB_FOLDER: string | undefined;

const TYPES: Readonly<Record<string, string>> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".json": "application/json",
	".svg": "image/svg+xml",
	".png": "image/png",
	".ico": "image/x-icon",
	".woff2": "font/woff2",
	".txt": "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
};

/** Everything comes from this server, nothing is written into the page, and no other page shows it in a frame. */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
	"Content-Security-Policy":
		"default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
	"X-Frame-Options": "DENY",
	"Referrer-Policy": "no-referrer",
};
/** Browsers take it from places that nobody can have forged, and complain of it elsewhere. */
const TRUSTED_HEADERS: Readonly<Record<string, string>> = { "Cross-Origin-Opener-Policy": "same-origin" };

/** Of names that change with what is in the file. */
const FOR_GOOD = "public, max-age=31536000, immutable";
/** The page itself is asked for each time, and sent when it is another. */
const EACH_TIME = "no-cache";
/** What is shorter is sent as it is. */
const LEAST_COMPRESSED = 512;

interface StaticFile {
	readonly type: string;
	readonly tag: string;
	readonly cache: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
	/** Null: it would not be shorter. */
	readonly gzip: Uint8Array<ArrayBuffer> | null;
}

/** Where the page is; null: it was not built. */
export function webFolder(): string | null {
	const here = import.meta.url;
	const folder = dirname(here.startsWith("file:") ? fileURLToPath(here) : here);
	const web = join(folder, typeof WHITHER_WEB_FOLDER === "string" ? WHITHER_WEB_FOLDER : "../../dist/web");
	return existsSync(join(web, "index.html")) ? web : null;
}

/** A route for each file of the folder, and no other: no path is ever looked up on the disk. */
export function staticRoutes(folder: string): HttpRoutes {
	const routes = newRoutes();
	for (const path of filesIn(folder)) {
		const file = kept(join(folder, path), /(^|\/)assets\//.test(path));
		const handlers = [(context: HttpContext) => show(context, file())];
		answerAt(routes, `/${path}`, { GET: handlers });
		if (path === "index.html") answerAt(routes, "/", { GET: handlers });
	}
	return routes;
}

function filesIn(folder: string): readonly string[] {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() && Object.hasOwn(TYPES, extname(entry.name)));
	return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

/** Read and packed when it is first asked for. */
function kept(path: string, isHashed: boolean): () => StaticFile {
	let file: StaticFile | null = null;
	return () => {
		file ??= readStatic(path, isHashed);
		return file;
	};
}

function readStatic(path: string, isHashed: boolean): StaticFile {
	const bytes = new Uint8Array(readFileSync(path));
	const packed = bytes.length < LEAST_COMPRESSED ? bytes : new Uint8Array(gzipSync(bytes, { level: 9 }));
	return {
		type: TYPES[extname(path)] ?? "application/octet-stream",
		tag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
		cache: isHashed ? FOR_GOOD : EACH_TIME,
		bytes,
		gzip: packed.length < bytes.length ? packed : null,
	};
}

function show(context: HttpContext, { type, tag, cache, bytes, gzip }: StaticFile): Response {
	const { headers } = context.env.incoming;
	const trusted = isTrustworthy(headers) ? TRUSTED_HEADERS : {};
	const common = { ...PAGE_HEADERS, ...trusted, "Cache-Control": cache, ETag: tag, Vary: "Accept-Encoding" };
	if (headers["if-none-match"]?.split(/ *, */).includes(tag)) return context.body(null, 304, common);
	const isPacked = gzip !== null && /\bgzip\b(?! *; *q=0)/.test(String(headers["accept-encoding"] ?? ""));
	const body = isPacked ? gzip : bytes;
	return context.body(body, 200, {
		...common,
		"Content-Type": type,
		"Content-Length": String(body.length),
		...(isPacked ? { "Content-Encoding": "gzip" } : {}),
	});
}

/** By TLS, which a proxy before this server speaks, or on the visitor's own machine. */
function isTrustworthy({ host = "", "x-forwarded-proto": protocol }: IncomingHttpHeaders): boolean {
	return protocol === "https" || /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(host);
}

/** Bounds on whoever is asked: strangers say where to go, how much there is, and how long it takes. */

/** Of one answer. */
export const MOST_BYTES = 1_048_576;
/** Of one request with its redirects, or of one WHOIS server. */
export const REQUEST_MS = 10_000;
/** Of a question to a name server, which is asked twice. */
export const LOOKUP_MS = 2_000;
/** Of all of them. */
export const WHOLE_MS = 30_000;
/** HTTP redirects of one request. */
export const MOST_REDIRECTS = 5;
/** WHOIS servers that are asked beyond the first. */
export const MOST_REFERRALS = 3;
/** Of JSON: RFC 9083's own examples have some twelve. */
export const MOST_DEPTH = 64;
/** Of one piece of text in an answer, in characters. */
export const LONGEST_TEXT = 2_000;
/** Of a list in an answer. */
export const MOST_ITEMS = 64;

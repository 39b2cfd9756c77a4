/** The words of answers (RFC 3261 §21 and later RFCs), for people. */
const REASONS: Readonly<Record<number, string>> = {
	100: "Trying",
	180: "Ringing",
	181: "Call Is Being Forwarded",
	182: "Queued",
	183: "Session Progress",
	200: "OK",
	400: "Bad Request",
	401: "Unauthorized",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	413: "Request Entity Too Large",
	415: "Unsupported Media Type",
	416: "Unsupported URI Scheme",
	420: "Bad Extension",
	421: "Extension Required",
	469: "Bad Info Package",
	480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist",
	482: "Loop Detected",
	486: "Busy Here",
	487: "Request Terminated",
	488: "Not Acceptable Here",
	491: "Request Pending",
	500: "Server Internal Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	504: "Server Time-out",
	505: "Version Not Supported",
	580: "Precondition Failure",
	603: "Decline",
};

/** What usually stands behind a status. */
export function reasonOf(status: number): string {
	return REASONS[status] ?? (status < 200 ? "Progress" : status < 300 ? "OK" : "Refused");
}

/** Names of header fields (the registry "SIP Header Fields" of RFC 3261 §27.3), and what their values may be. */

/** Fields of which one value may stand behind another, with commas between. */
const LISTS = `Accept Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Call-Info Contact Content-Encoding
Content-Language Diversion Error-Info Geolocation History-Info In-Reply-To P-Asserted-Identity P-Associated-URI
P-Preferred-Identity Path Proxy-Require Reason Record-Route Recv-Info Require Route Security-Client Security-Server
Security-Verify Service-Route Supported Unsupported Via Warning`;

/** Fields of one value that commas may stand in, and fields that are their own list by standing there again. */
const OTHERS = `Accept-Contact Accept-Resource-Priority Authentication-Info Authorization CSeq Call-ID Content-Disposition
Content-ID Content-Length Content-Transfer-Encoding Content-Type Date Event Expires From Identity Info-Package Join
Max-Forwards MIME-Version Min-Expires Min-SE Organization Priority Privacy Proxy-Authenticate Proxy-Authentication-Info
Proxy-Authorization RAck RSeq Refer-Sub Refer-To Referred-By Reject-Contact Replaces Reply-To Request-Disposition
Resource-Priority Retry-After SIP-ETag SIP-If-Match Server Session-Expires Subject Subscription-State Target-Dialog
Timestamp To User-Agent WWW-Authenticate`;

/** RFC 3261 §7.3.3, and the registry for those that came later. */
const COMPACT: Readonly<Record<string, string>> = {
	a: "Accept-Contact",
	b: "Referred-By",
	c: "Content-Type",
	d: "Request-Disposition",
	e: "Content-Encoding",
	f: "From",
	i: "Call-ID",
	j: "Reject-Contact",
	k: "Supported",
	l: "Content-Length",
	m: "Contact",
	o: "Event",
	r: "Refer-To",
	s: "Subject",
	t: "To",
	u: "Allow-Events",
	v: "Via",
	x: "Session-Expires",
	y: "Identity",
};

const listNames = LISTS.split(/\s+/);
const LIST_NAMES: ReadonlySet<string> = new Set(listNames);
const KNOWN: ReadonlyMap<string, string> = new Map([
	...[...listNames, ...OTHERS.split(/\s+/)].map((name) => [name.toLowerCase(), name] as const),
	...Object.entries(COMPACT),
]);

/** The long form of a name with its usual capitals; a name that nobody knows as it is. */
export function sipHeaderName(name: string): string {
	return KNOWN.get(name.toLowerCase()) ?? name;
}

/** Whether values of this field may stand behind one another with commas between; by its long form. */
export function isSipList(name: string): boolean {
	return LIST_NAMES.has(name);
}

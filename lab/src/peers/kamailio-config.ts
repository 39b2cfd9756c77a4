/** The configuration of a kamailio that registers users, asks them who they are, and stays on the way of their calls. */
import type { Certificates } from "./certificates.ts";

/** Where it listens, and whom it knows. */
export interface KamailioPlaces {
	/** Of this machine; it listens on each. */
	readonly addresses: readonly string[];
	/** UDP and TCP. */
	readonly port: number;
	readonly tls?: { readonly port: number; readonly certificates: Pick<Certificates, "certificate" | "key"> };
	/** The domain whose users these are; also the realm. */
	readonly domain: string;
	readonly users: readonly { readonly name: string; readonly password: string }[];
	/** Of digests; default MD5. */
	readonly algorithm?: "MD5" | "SHA-256";
}

/** Modules of the Debian packages kamailio and kamailio-tls-modules, in the order they have to be loaded in. */
const MODULES = ["tm", "tmx", "sl", "rr", "pv", "maxfwd", "textops", "siputils", "usrloc", "registrar", "auth"];

/** What is to be written into its file. */
export function kamailioConfig(places: KamailioPlaces): string {
	return `${globals(places)}${modules(places)}${routes(places)}`;
}

function globals({ addresses, port, tls, domain }: KamailioPlaces): string {
	const bracketed = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
	const listens = bracketed.flatMap((address) => [
		`listen=udp:${address}:${port}`,
		`listen=tcp:${address}:${port}`,
		...(tls === undefined ? [] : [`listen=tls:${address}:${tls.port}`]),
	]);
	return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
dns_srv_lb=no
use_dns_cache=no
tcp_connection_lifetime=3605
${tls === undefined ? "" : "enable_tls=yes\n"}alias="${domain}"
${listens.join("\n")}
`;
}

function modules({ tls, algorithm = "MD5" }: KamailioPlaces): string {
	const names = [...(tls === undefined ? [] : ["tls"]), ...MODULES, "nathelper"];
	const secure =
		tls === undefined
			? ""
			: `modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "${tls.certificates.certificate}")
modparam("tls", "private_key", "${tls.certificates.key}")
`;
	return `${names.map((name) => `loadmodule "${name}.so"\n`).join("")}${secure}modparam("usrloc", "db_mode", 0)
modparam("auth", "algorithm", "${algorithm === "MD5" ? "" : algorithm}")
modparam("nathelper|registrar", "received_avp", "$avp(received)")
modparam("rr", "enable_double_rr", 1)
modparam("rr", "append_fromtag", 0)
`;
}

/** A client whose packets do not come from where it says is answered where it is, and reached there later. */
function routes({ domain, users }: KamailioPlaces): string {
	const passwords = users.map(({ name, password }) => `	if ($au == "${name}") $var(password) = "${password}";\n`);
	return `
request_route {
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	force_rport();
	if (is_method("OPTIONS") && uri == myself && $rU == $null) { sl_send_reply("200", "OK"); exit; }
	if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
	if (!is_method("ACK")) { if (t_precheck_trans()) { t_check_trans(); exit; } t_check_trans(); }
	if (has_totag()) { route(WITHIN); exit; }
	if (is_method("ACK")) exit;
	route(WHO);
	if (is_method("REGISTER")) {
		if (nat_uac_test("18")) fix_nated_register();
		save("location");
		exit;
	}
	if (nat_uac_test("18")) set_contact_alias();
	record_route();
	if (uri == myself && !lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
	route(ON);
}

route[WITHIN] {
	if (loose_route()) {
		handle_ruri_alias();
		if (nat_uac_test("18")) set_contact_alias();
		route(ON);
	}
	if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
	sl_send_reply("404", "Not Here");
}

route[WHO] {
	$var(password) = "";
${passwords.join("")}	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("${domain}", "$var(password)", "0")) { www_challenge("${domain}", "1"); exit; }
	} else {
		if (!pv_proxy_authenticate("${domain}", "$var(password)", "0")) { proxy_challenge("${domain}", "1"); exit; }
	}
	consume_credentials();
}

route[ON] {
	t_on_reply("BACK");
	if (!t_relay()) sl_reply_error();
	exit;
}

onreply_route[BACK] {
	if (nat_uac_test("18")) set_contact_alias();
}
`;
}

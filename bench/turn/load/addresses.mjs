// Addresses of the bench beside those of its lab: servers of their own, clients in a crowd, and senders that do not exist.

/** On the router, one for each server, so that both have the same ports. */
export const SERVERS = "10.17.0";
/** The client's, any of them. */
export const CROWD = "10.19.0";
/** Routed to the client, which has none of them and says nothing of it. */
export const FORGED = "10.18";

/** One of 250 addresses of the client. */
export const crowd = (index) => `${CROWD}.${1 + (index % 250)}`;

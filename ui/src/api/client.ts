import type { DescService } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

/** A quick answer takes at most this long, milliseconds; Envoy itself ends most routes after 15 s. */
const QUICK = 20_000;

const quick = createGrpcWebTransport({ baseUrl: window.location.origin, defaultTimeoutMs: QUICK });
const patient = createGrpcWebTransport({ baseUrl: window.location.origin });

const clients = new Map<string, unknown>();

function made<S extends DescService>(service: S, slow: boolean): Client<S> {
  const key = `${slow}${service.typeName}`;
  const known = clients.get(key) as Client<S> | undefined;
  if (known !== undefined) return known;
  const client = createClient(service, slow ? patient : quick);
  clients.set(key, client);
  return client;
}

/** The client of a service, for answers that come at once. */
export function client<S extends DescService>(service: S): Client<S> {
  return made(service, false);
}

/** The client of a service, for streams and for what takes its time; only the caller's signal ends it. */
export function patientClient<S extends DescService>(service: S): Client<S> {
  return made(service, true);
}

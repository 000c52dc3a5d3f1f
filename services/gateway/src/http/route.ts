import type {
  Actor,
  AnswerOf,
  AskOf,
  CommandContract,
  Permission,
  QueryContract,
  Request,
} from "@quartermaster/contracts";
import { z } from "zod";
import { restIn } from "../rest/rest-in";

/** `public`: no login is looked at. `optional`: a token is checked when there is one. `login`: any valid token. */
export type Access = Permission | "public" | "optional" | "login";

/** What a route says beyond its method, path and contract. Everything else is derived from the contract. */
export interface RouteOptions<C extends Request> {
  may: Access;
  summary: string;
  /** Of a success; 200 when absent. */
  status?: 200 | 201 | 204;
  /** Path parameters whose field in the ask is called otherwise: `{ id: "productId" }`. */
  params?: Record<string, string>;
  /** Fields of the ask that the route decides, not the client. */
  fixed?: Partial<AskOf<C>>;
  /** Fields of the ask that REST does not offer. */
  without?: readonly (keyof AskOf<C> & string)[];
  /** The field of the ask that is the id of whoever is logged in. */
  self?: keyof AskOf<C> & string;
  /** The body's schema where REST differs from the message; it parses to the ask. */
  take?: z.ZodType<AskOf<C>>;
  /** The answer where REST differs from the message, in message names. */
  give?: (answer: AnswerOf<C>) => object;
  /** Path of what was created. */
  location?: (answer: AnswerOf<C>) => string;
  /** The answer's version becomes the ETag. */
  etag?: boolean;
  /** `If-Match` becomes `expectedVersion`. */
  ifMatch?: boolean;
  /** A saga decides it: `Prefer: wait` counts, and what is answered with 202 when the wait is over first. */
  waits?: Waits;
  /** Asked after a success and before the client is told; a failure of it is logged and changes nothing for the client. */
  afterwards?: Afterwards<C>;
  /** Open to everybody under PUBLIC_CATALOG=true. */
  catalog?: boolean;
  /** The record that the list belongs to; asked for when the list is empty, so that a list of nothing is a 404. */
  parent?: { contract: QueryContract; ask: (ask: Record<string, unknown>) => Record<string, unknown> };
  /** The other path of the same thing. */
  aliasOf?: string;
  timeoutMs?: number;
}

export interface Waits {
  /** Path and body of what will be decided. `id` is the command's id. */
  pending: (id: string, ask: never) => { location: string; body: Record<string, unknown> };
  /** The query that tells, in doubt, whether the command arrived. It takes the command's id. */
  lookUp?: QueryContract;
}

/** A command that follows from an answer; its id is derived from the first command's. */
export interface Step {
  contract: CommandContract;
  ask: Record<string, unknown>;
  /** In whose name: whoever registered is logged in nowhere yet. */
  actor: Actor;
}

export type Afterwards<C extends Request> = (answer: AnswerOf<C>) => Step | undefined;

export interface PathParameter {
  name: string;
  field: string;
  schema: z.ZodType;
  isNumber: boolean;
}

/** A route as it is served and documented, with its schemas built. */
export interface Route {
  method: "get" | "post" | "patch" | "delete";
  /** With parameters in braces, as OpenAPI writes them. */
  path: string;
  /** `POST /orders`: the name in metrics, logs and idempotency keys. */
  name: string;
  tag: string;
  contract: Request;
  status: number;
  /** Takes REST and gives the ask without path parameters and fixed fields; undefined when the route has no body. */
  body: z.ZodType | undefined;
  query: z.ZodType | undefined;
  params: PathParameter[];
  /** Honours Idempotency-Key: a POST whose message is remembered by its service. */
  keyed: boolean;
  options: RouteOptions<Request>;
}

type Untagged = Omit<Route, "tag">;

export const get = <C extends QueryContract>(path: string, contract: C, options: RouteOptions<C>) =>
  route("get", path, contract, options);
export const post = <C extends CommandContract>(path: string, contract: C, options: RouteOptions<C>) =>
  route("post", path, contract, options);
export const patch = <C extends CommandContract>(path: string, contract: C, options: RouteOptions<C>) =>
  route("patch", path, contract, options);
export const del = <C extends CommandContract>(path: string, contract: C, options: RouteOptions<C>) =>
  route("delete", path, contract, options);

/** A group of routes under one heading of the API documents. */
export function routes(tag: string, list: Untagged[]): Route[] {
  return list.map((one) => ({ tag, ...one }));
}

function route<C extends Request>(
  method: Route["method"],
  path: string,
  contract: C,
  given: RouteOptions<C>,
): Untagged {
  const options = given as unknown as RouteOptions<Request>;
  const shape = (contract.ask as unknown as z.ZodObject).shape;
  const params = pathParameters(path, options.params ?? {}, shape as Record<string, z.ZodType>);
  const input = options.take ?? restIn(clientPart(contract.ask as unknown as z.ZodObject, params, options));
  const takesBody = method === "post" || method === "patch";
  return {
    method,
    path,
    name: `${method.toUpperCase()} ${path}`,
    contract,
    status: options.status ?? 200,
    body: takesBody ? input : undefined,
    query: takesBody ? undefined : input,
    params,
    keyed: method === "post" && contract.kind === "command" && contract.remembered,
    options,
  };
}

function clientPart(ask: z.ZodObject, params: PathParameter[], options: RouteOptions<Request>): z.ZodType {
  const taken = new Set([
    ...params.map(({ field }) => field),
    ...Object.keys(options.fixed ?? {}),
    ...(options.without ?? []),
  ]);
  if (options.ifMatch) taken.add("expectedVersion");
  if (options.self) taken.add(options.self);
  return z.object(Object.fromEntries(Object.entries(ask.shape).filter(([key]) => !taken.has(key))));
}

function pathParameters(
  path: string,
  renamed: Record<string, string>,
  shape: Record<string, z.ZodType>,
): PathParameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    const field = renamed[name] ?? name;
    const schema = shape[field];
    if (!schema) throw new Error(`${path}: the message has no field ${field}`);
    return { name, field, schema, isNumber: schema.safeParse(1).success };
  });
}

const digits = /^[1-9]\d{0,9}$/;

/** The parameter's value, or undefined for an id that cannot exist. */
export function readParameter({ schema, isNumber }: PathParameter, text: string): unknown {
  if (isNumber && !digits.test(text)) return undefined;
  const parsed = schema.safeParse(isNumber ? Number(text) : text);
  return parsed.success ? parsed.data : undefined;
}

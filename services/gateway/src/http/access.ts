import { type Actor, scopeOf } from "@quartermaster/contracts";
import type { Request } from "express";
import type { Claims, TokenVerifier } from "../auth/tokens";
import { problem } from "./problem";
import type { Access, Route } from "./route";

const bearer = /^Bearer +(\S+) *$/i;

/** The user of the request, or undefined when the route needs none and none is there. Throws a 401 problem. */
export function authenticate(
  access: Access,
  request: Request,
  tokens: TokenVerifier,
): Claims | undefined | Promise<Claims> {
  if (access === "public") return undefined;
  const header = request.headers.authorization;
  if (header === undefined) {
    if (access === "optional") return undefined;
    throw problem(
      "not_authenticated",
      "Send an access token: Authorization: Bearer <token>. POST /auth/login gives one.",
      {
        headers: { "WWW-Authenticate": 'Bearer realm="quartermaster"' },
      },
    );
  }
  const token = bearer.exec(header)?.[1];
  if (token === undefined) {
    throw problem("invalid_token", "The Authorization header must be: Bearer <token>.", {
      headers: { "WWW-Authenticate": 'Bearer realm="quartermaster", error="invalid_token"' },
    });
  }
  return tokens.verify(token);
}

/** Throws a 403 problem unless the user's role has the route's permission. */
export function authorize(access: Access, claims: Claims | undefined, route: Route): void {
  if (access === "public" || access === "optional" || access === "login" || !claims) return;
  const scope = scopeOf(claims.role, access);
  if (scope === "none") {
    throw problem(
      "no_permission",
      `The role ${claims.role} lacks the permission ${access} that ${route.name} needs.`,
    );
  }
  // Services filter by the customer's id: without one, "own" would be nothing they can express.
  if (scope === "own" && claims.customerId === undefined) {
    throw problem("no_permission", "This user belongs to no customer account.");
  }
}

// The claims of a remembered token are one object; their actor is then one too, and messaging writes its header once.
const actors = new WeakMap<Claims, Actor>();

export function actorOf(claims: Claims | undefined, ip: string): Actor {
  if (!claims) return { kind: "anonymous", id: "anonymous", ip };
  const known = actors.get(claims);
  if (known?.ip === ip) return known;
  const { sub, name, role, customerId } = claims;
  const actor: Actor = { kind: "user", id: sub, name, role, ...(customerId ? { customerId } : {}), ip };
  actors.set(claims, actor);
  return actor;
}

/** Costs are for the roles that may read them, wherever they appear. */
export function seesCosts(claims: Claims | undefined): boolean {
  return claims !== undefined && scopeOf(claims.role, "costs:read") !== "none";
}

/** Who of the staff wrote a product is for those who work with it, not for customers or the public. */
export function seesStaff(claims: Claims | undefined, { contract }: Route): boolean {
  return contract.service !== "inventory" || (claims !== undefined && claims.role !== "CUSTOMER");
}

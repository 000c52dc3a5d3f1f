import {
  type Actor,
  type AnswerOf,
  GetUser,
  ListPermissions,
  ListRoles,
  LogIn,
  LogOut,
  OpenCustomer,
  RefreshToken,
  RegisterUser,
} from "@quartermaster/contracts";
import { z } from "zod";
import { get, post, routes, type Step } from "../route";

const loginName = z.string().trim().min(1).max(254);

/** One of `email` and `username`; both name the same field of the message. */
const Credentials = z
  .strictObject({
    email: loginName.optional(),
    username: loginName.optional(),
    password: z.string().min(1).max(200),
  })
  .transform(({ email, username, password }, context) => {
    const login = email ?? username;
    if (login !== undefined && (email === undefined || username === undefined)) return { login, password };
    const path = ["email"];
    context.issues.push({
      code: "custom",
      message: "or username is required, and only one of them",
      input: login,
      path,
    });
    return z.NEVER;
  })
  .meta({ oneOf: [{ required: ["email"] }, { required: ["username"] }] });

const token = z.string().min(1).max(512);

/** Systems that call it `refresh` are understood too. */
const Refresh = z
  .strictObject({ refresh_token: token.optional(), refresh: token.optional() })
  .transform(({ refresh_token, refresh }, context) => {
    const refreshToken = refresh_token ?? refresh;
    if (refreshToken !== undefined) return { refreshToken };
    context.issues.push({
      code: "custom",
      message: "is required",
      input: undefined,
      path: ["refresh_token"],
    });
    return z.NEVER;
  })
  .meta({ anyOf: [{ required: ["refresh_token"] }, { required: ["refresh"] }] });

interface TokensGiven {
  accessToken: string;
  refreshToken: string;
}

const withOldNames = (tokens: TokensGiven) => ({
  ...tokens,
  access: tokens.accessToken,
  refresh: tokens.refreshToken,
});

/** A CUSTOMER's account is opened under the id that identity gave, in the name of the new user. */
function openAccount({ id, email, role, customerId }: AnswerOf<typeof RegisterUser>): Step | undefined {
  if (customerId === null) return undefined;
  const actor: Actor = { kind: "user", id, name: email, role, customerId };
  // An email may be longer than a customer's name.
  const name = email.slice(0, 200).trim();
  return { contract: OpenCustomer, ask: { id: customerId, name, email }, actor };
}

// biome-ignore format: one line per route
export const identityRoutes = [
  ...routes("Authentication", [
    post("/auth/register", RegisterUser, { may: "optional", status: 201, summary: "Register a user", location: () => "/me", afterwards: openAccount }),
    post("/auth/login", LogIn, { may: "public", summary: "Log in with email or username and password", take: Credentials }),
    post("/auth/refresh", RefreshToken, { may: "public", summary: "Exchange a refresh token for new tokens", take: Refresh }),
    post("/auth/logout", LogOut, { may: "public", status: 204, summary: "End a refresh token and its family", take: Refresh }),
    post("/api/token", LogIn, { may: "public", summary: "Log in", take: Credentials, give: withOldNames, aliasOf: "POST /auth/login" }),
    post("/api/token/refresh", RefreshToken, { may: "public", summary: "Refresh tokens", take: Refresh, give: withOldNames, aliasOf: "POST /auth/refresh" }),
  ]),
  ...routes("Users and access", [
    get("/me", GetUser, { may: "login", summary: "The user who is logged in", self: "id" }),
    get("/roles", ListRoles, { may: "users:manage", summary: "The roles" }),
    get("/permissions", ListPermissions, { may: "login", summary: "Which role may do what" }),
  ]),
];

import { z } from "zod";
import { Role } from "./actor";
import { command, event, query } from "./contract";
import { Email, Id, Name, Stamps } from "./fields";

const Password = z.string().min(8).max(200);

/** A role's name in any case, or one of the aliases of earlier systems; identity resolves it. */
export const RoleName = z.string().trim().min(1).max(40);

/** Has no "@": otherwise a username could be somebody else's email, and a login would have two meanings. */
export const Username = Name.regex(/^[^@]+$/, "must not contain @");

export const User = Stamps.extend({
  id: Id,
  email: Email,
  username: Name.nullable(),
  role: Role,
  status: z.enum(["ACTIVE", "SUSPENDED"]),
  customerId: Id.nullable(),
  vehicleNo: z.string().max(40).nullable(),
});

/** Field names and units as OAuth 2 has them: `expiresIn` is in seconds. */
export const Tokens = z.object({
  accessToken: z.string(),
  tokenType: z.literal("bearer"),
  expiresIn: z.int().min(1),
  refreshToken: z.string(),
});

/** Asked by the gateway. Anybody may register a CUSTOMER; other roles need an administrator's token or the demo flag. */
export const RegisterUser = command("identity.register-user.v1", {
  about: "Registers a user; a CUSTOMER's account is opened by orders under the answered customerId.",
  ask: z.object({
    email: Email,
    password: Password,
    role: RoleName.default("CUSTOMER"),
    username: Username.optional(),
  }),
  answer: z.object({ id: Id, email: Email, role: Role, customerId: Id.nullable() }),
  refusals: ["email_taken", "username_taken", "unknown_role", "forbidden", "too_many_attempts"],
  secrets: ["password"],
});

/** `login` is an email or a username. Wrong password, unknown user and suspended user get the same refusal. */
export const LogIn = command("identity.log-in.v1", {
  about: "Exchanges email (or username) and password for an access token and a refresh token.",
  ask: z.object({ login: z.string().trim().min(1).max(254), password: z.string().min(1).max(200) }),
  answer: Tokens,
  refusals: ["invalid_credentials", "too_many_attempts"],
  secrets: ["password"],
  remembered: false,
});

/** The token is rotated: each refresh token works once, and the reuse of an old one ends its whole family. */
export const RefreshToken = command("identity.refresh-token.v1", {
  about: "Exchanges a refresh token for new tokens.",
  ask: z.object({ refreshToken: z.string().min(1).max(512) }),
  answer: Tokens,
  refusals: ["invalid_refresh_token"],
  secrets: ["refreshToken"],
  remembered: false,
});

/** Idempotent: an unknown or ended token is answered alike. */
export const LogOut = command("identity.log-out.v1", {
  about: "Ends the refresh token's family, so that it gives no new access tokens.",
  ask: z.object({ refreshToken: z.string().min(1).max(512) }),
  answer: z.object({}),
  secrets: ["refreshToken"],
  remembered: false,
});

export const GetUser = query("identity.user.v1", {
  about: "One user by id; the gateway asks it for GET /me.",
  ask: z.object({ id: Id }),
  answer: User,
  refusals: ["not_found"],
});

export const ListRoles = query("identity.roles.v1", {
  about: "The roles, as data.",
  ask: z.object({}),
  answer: z.object({
    data: z.array(z.object({ name: Role, description: z.string(), aliases: z.array(z.string()) })),
  }),
});

export const ListPermissions = query("identity.permissions.v1", {
  about: "The readable table of which role may do what.",
  ask: z.object({}),
  answer: z.object({
    data: z.array(
      z.object({ permission: z.string(), about: z.string(), roles: z.array(Role), own: z.array(Role) }),
    ),
  }),
});

/** JSON Web Key Set (RFC 7517), public halves only, newest first. */
export const GetJwks = query("identity.jwks.v1", {
  about: "The public keys that access tokens are verified with.",
  ask: z.object({}),
  answer: z.object({
    keys: z.array(
      z.object({
        kty: z.literal("EC"),
        crv: z.literal("P-256"),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.literal("ES256"),
        use: z.literal("sig"),
      }),
    ),
  }),
});

/** Claims of an access token, beside `iss`, `aud`, `iat`, `exp` and the header's `typ: "at+jwt"` (RFC 9068). */
export const AccessClaims = z.object({
  sub: Id,
  name: z.string(),
  role: Role,
  customerId: Id.optional(),
  /** Raised by whatever ends a user's tokens (password change, suspension); an older one is refused. */
  epoch: z.int().min(0),
});
export const tokenIssuer = "quartermaster";
export const tokenAudience = "quartermaster-api";
export const tokenType = "at+jwt";
/** No access token of ours is made for longer. */
export const accessTokenSecondsMax = 3_600;

const UserFields = User.omit({ createdAt: true, createdBy: true, updatedAt: true, updatedBy: true });

export const UserRegistered = event("identity.user-registered.v1", {
  about: "User registered",
  entity: "user",
  action: "CREATE",
  fields: UserFields,
});

export const UserLoggedIn = event("identity.user-logged-in.v1", {
  about: "User logged in",
  entity: "user",
  action: "COMMAND",
  fields: z.object({ email: Email }),
});

export const UserLoggedOut = event("identity.user-logged-out.v1", {
  about: "User logged out",
  entity: "user",
  action: "COMMAND",
  fields: z.object({ email: Email }),
});

export const TokenReused = event("identity.token-reused.v1", {
  about: "An already used refresh token was presented; its family was ended",
  entity: "user",
  action: "COMMAND",
  fields: z.object({ email: Email }),
});

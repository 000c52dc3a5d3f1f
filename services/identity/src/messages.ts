import type { Handler, Reader } from "@quartermaster/messaging";
import type { IdentityConfig } from "./config";
import { logIn } from "./handlers/log-in";
import { logOut } from "./handlers/log-out";
import { refreshToken } from "./handlers/refresh-token";
import { registerUser } from "./handlers/register-user";
import { getJwks } from "./queries/get-jwks";
import { getUser } from "./queries/get-user";
import { getPermissions, getRoles } from "./queries/permission-lists";
import type { AttemptLimits } from "./secrets/attempt-limits";
import type { Passwords } from "./secrets/passwords";
import type { SigningKeys } from "./secrets/signing-keys";

/** What handlers need beside their transaction. */
export interface Parts {
  config: IdentityConfig;
  users: Reader;
  passwords: Passwords;
  limits: AttemptLimits;
  keys: SigningKeys;
}

/** Everything that identity hears. */
export function messages(parts: Parts): Handler[] {
  return [
    registerUser({ ...parts, anybodyMayChooseRole: parts.config.ALLOW_ROLE_REGISTRATION }),
    logIn(parts),
    refreshToken(parts),
    logOut,
    getUser,
    getRoles,
    getPermissions,
    getJwks(parts.keys),
  ];
}

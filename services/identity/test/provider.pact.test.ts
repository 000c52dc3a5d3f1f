import { LogIn, LogOut, RefreshToken, RegisterUser } from "@quartermaster/contracts";
import { type Provider, testProvider } from "@quartermaster/pacts";
import { graceSeconds } from "../src/domain/lifetimes";
import { attemptLimits } from "../src/secrets/attempt-limits";
import { anonymous, type IdentityWorld, openIdentity } from "./identity-world";

testProvider("identity", async () => {
  const identity = await openIdentity();
  return {
    service: "identity",
    asker: identity.service.asker,
    nats: identity.world.nats,
    operator: identity.world.operator,
    unique: ["email", "username"],
    states: statesOf(identity),
    close: identity.close,
  };
});

function statesOf({ ask, get, world }: IdentityWorld): Provider["states"] {
  return {
    "a user": async ({ id, customerId, email, username, password }, { aliases }) => {
      const user = await get(RegisterUser, {
        ...aliases.toReal({ email, username }),
        password,
        role: "CUSTOMER",
      });
      aliases.bind(id, user.id);
      aliases.bind(customerId, user.customerId);
    },
    "a session": async ({ email, password, refreshToken }, { aliases }) => {
      const tokens = await get(LogIn, { login: aliases.toReal(email), password });
      aliases.bind(refreshToken, tokens.refreshToken);
    },
    "a log-out": ({ refreshToken }, { aliases }) => get(LogOut, aliases.toReal({ refreshToken })),
    // Exchanged so long ago that the client cannot have lost the answer.
    "a used refresh token": async ({ refreshToken }, { aliases }) => {
      await get(RefreshToken, aliases.toReal({ refreshToken }));
      await world.sql("update identity.refresh_tokens set used_at = used_at - make_interval(secs => $1)", [
        graceSeconds + 1,
      ]);
    },
    "a reused refresh token": ({ refreshToken }, { aliases }) =>
      ask(RefreshToken, aliases.toReal({ refreshToken })),
    // From the address of the "asked by": anonymous users of the verification come from it.
    "too many wrong guesses": async ({ login }, { aliases, actor }) => {
      for (let n = 0; n < attemptLimits.failuresPerLoginAndIp.points; n++)
        await ask(
          LogIn,
          { login: aliases.toReal(login), password: "wrong" },
          { ...anonymous, ip: String(actor.ip) },
        );
    },
  };
}

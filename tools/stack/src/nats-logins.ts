import {
  type NatsAccess,
  natsUsers,
  passwordVariable,
  readNatsRights,
  systemUser,
  usualOperators,
} from "@quartermaster/servers";
import { openNatsPasswords, writeNatsContext } from "./secrets";

export interface NatsLogin {
  user: string;
  password: string;
}

/** How processes of the stack log in to its NATS server. */
export interface NatsLogins {
  /** Undefined where nothing is known: then the user connects without. */
  of(user: string): NatsLogin | undefined;
}

/** For a server that the stack starts: everybody's passwords are made once, and kept in the data folder. */
export function ownLogins(
  dataDir: string,
  operators: readonly string[] = usualOperators(),
): { logins: NatsLogins; access: NatsAccess; contextsFor(url: string): void } {
  const passwords = openNatsPasswords(dataDir, natsUsers(readNatsRights(), { operators }));
  const passwordOf = (user: string) => {
    const password = passwords[user];
    if (password === undefined) throw new Error(`${user} is no NATS user of this stack.`);
    return password;
  };
  return {
    logins: { of: (user) => ({ user, password: passwordOf(user) }) },
    access: { operators, passwordOf },
    contextsFor: (url) => {
      for (const user of [...operators, systemUser]) {
        const description =
          user === systemUser ? "Quartermaster: the server itself" : "Quartermaster: an operator";
        writeNatsContext(dataDir, { description, url, user, password: passwordOf(user) });
      }
    },
  };
}

/**
 * For a server that runs already: a user's password is looked for under the name that infra/nats/accounts.conf has for it,
 * such as NATS_ORDERS_PASSWORD; without it, NATS_USER and NATS_PASSWORD are everybody's.
 */
export function givenLogins(env: NodeJS.ProcessEnv): NatsLogins {
  const common =
    env.NATS_USER && env.NATS_PASSWORD ? { user: env.NATS_USER, password: env.NATS_PASSWORD } : undefined;
  return {
    of: (user) => {
      const password = env[passwordVariable(user)];
      return password ? { user, password } : common;
    },
  };
}

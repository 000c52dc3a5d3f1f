import { availableParallelism } from "node:os";
import { Email } from "@quartermaster/contracts";
import { ProcessConfig, secret } from "@quartermaster/process";
import { z } from "zod";

export const IdentityConfig = ProcessConfig.extend({
  /** The first administrator, made at start unless the email is registered. Both or neither. */
  BOOTSTRAP_ADMIN_EMAIL: Email.optional(),
  BOOTSTRAP_ADMIN_PASSWORD: secret(z.string().min(8).max(200)).optional(),
  /** Folder with the signing keys (PEM, mode 0600), shared by all instances. A first key is made when it has none. */
  TOKEN_KEYS_DIR: z.string().min(1),
  /** Lets anybody register in any role, as demonstrations want it. Never in production. */
  ALLOW_ROLE_REGISTRATION: z
    .enum(["true", "false"])
    .default("false")
    .transform((word) => word === "true"),
  /**
   * How many passwords are hashed at once: each takes 19 MiB and a core for some 20 ms. Half the cores by default, so that
   * a flood of logins leaves the other half to orders.
   */
  PASSWORD_HASHES_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(Math.max(1, Math.floor(availableParallelism() / 2))),
}).refine((config) => !config.BOOTSTRAP_ADMIN_EMAIL === !config.BOOTSTRAP_ADMIN_PASSWORD, {
  path: ["BOOTSTRAP_ADMIN_PASSWORD"],
  error: "BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD belong together",
});
export type IdentityConfig = z.infer<typeof IdentityConfig>;

import { UserRegistered } from "@quartermaster/contracts";
import { newId, type RunningService, serviceActor } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import type { IdentityConfig } from "./config";
import type { Passwords } from "./secrets/passwords";
import { insertUsers, takenEmails } from "./store/users";

/**
 * Makes the administrator that the configuration names, unless the email is registered: a password that was changed
 * since is left alone. Of two instances that start at once, one inserts and says so.
 */
export async function registerFirstAdmin(
  service: RunningService,
  config: IdentityConfig,
  passwords: Passwords,
  log: Logger,
): Promise<void> {
  const { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password } = config;
  if (!email || !password) return;
  if ((await takenEmails(service.db, [email])).size > 0) return;
  const passwordHash = await passwords.hash(password);
  const id = newId();
  const admin = { id, email, username: null, role: "ADMIN" as const, customerId: null };
  const made = await service.inTransaction(async (tx) => {
    const inserted = await insertUsers(tx, [{ ...admin, passwordHash, createdBy: "identity" }]);
    if (!inserted.has(id)) return { result: false, said: [] };
    const fields = { ...admin, status: "ACTIVE" as const, vehicleNo: null };
    const said = UserRegistered.of({ entityId: id, version: 1, old: null, new: fields });
    return { result: true, said: [{ said, meta: serviceMeta }] };
  });
  if (made) log.info({ email }, "first administrator registered");
}

const serviceMeta = { actor: serviceActor("identity"), requestId: null, causation: null, traceparent: null };

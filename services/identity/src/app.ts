import { type Reader, type RunningService, startService } from "@quartermaster/messaging";
import { type Logger, openPool } from "@quartermaster/process";
import { registerFirstAdmin } from "./bootstrap";
import { IdentityConfig } from "./config";
import { messages } from "./messages";
import { openAttemptLimits } from "./secrets/attempt-limits";
import { openPasswords } from "./secrets/passwords";
import { openSigningKeys } from "./secrets/signing-keys";
import { writePermissionTable } from "./store/permission-table";
import { sweepSessions } from "./store/sessions";

export { IdentityConfig } from "./config";

const sweepEveryMs = 3_600_000;

/** Starts identity: keys and permission table first, then its messages, then the first administrator. */
export async function start(config: IdentityConfig, log: Logger): Promise<RunningService> {
  const keys = await openSigningKeys(config.TOKEN_KEYS_DIR, log);
  const passwords = await openPasswords(config.PASSWORD_HASHES_AT_ONCE);
  const reads = openReads(config, log);
  await writePermissionTable(reads.db);
  const limits = openAttemptLimits();
  const service = await startService({
    service: "identity",
    config,
    configSchema: IdentityConfig,
    log,
    messages: messages({ config, users: reads.db, passwords, limits, keys }),
  });
  await registerFirstAdmin(service, config, passwords, log);
  const sweep = setInterval(() => {
    sweepSessions(service.db).catch((err) => log.error({ err }, "old sessions could not be deleted"));
  }, sweepEveryMs).unref();
  return {
    ...service,
    stop: async () => {
      clearInterval(sweep);
      keys.stop();
      await service.stop();
      await reads.end();
    },
  };
}

/** Passwords are verified before the transaction, so that the user is read over a small pool beside the service's own. */
function openReads(config: IdentityConfig, log: Logger): { db: Reader; end(): Promise<void> } {
  const pool = openPool(config.DATABASE_URL, {
    max: 2,
    name: `identity/${config.INSTANCE}/reads`,
    onError: (err) => log.warn({ err }, "an idle database connection broke"),
  });
  const rows: Reader["rows"] = async (statement, values) =>
    (await pool.query({ ...statement, values: [...(values ?? statement.values ?? [])] })).rows;
  return { db: { rows }, end: () => pool.end() };
}

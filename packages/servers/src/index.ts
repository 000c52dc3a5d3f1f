export { type ServiceName, serviceNames } from "@quartermaster/contracts";
export { describeMachine, type Machine } from "./machine";
export { type NatsAccess, writeNatsAccess } from "./nats-access";
export {
  type NatsPeople,
  type NatsRights,
  type NatsRightsTable,
  natsConfig,
  natsUsers,
  passwordVariable,
  probeUser,
  readNatsRights,
  systemUser,
  usualOperators,
} from "./nats-config";
export { dockerAnswers, findNats, findProgram, natsImage } from "./nats-program";
export { type NatsOptions, type NatsServer, startNats } from "./nats-server";
export { poll } from "./poll";
export { claimPort, freePort, isFree } from "./ports";
export { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres";
export type { PostgresPrograms } from "./postgres-programs";
export { processIdentity } from "./process-identity";
export {
  databaseUrl,
  ensureDatabase,
  ownerRole,
  provisionConnecting,
  provisionRoles,
  provisionSchemas,
  serviceUrl,
} from "./provision";
export { runCommand } from "./run-command";
export { migrateServices, migrationPlan } from "./service-migrations";
export { startWatched, type WatchedProcess, type WatchedProcessOptions } from "./watched-process";

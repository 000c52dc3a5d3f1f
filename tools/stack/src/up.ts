import { relative } from "node:path";
import { usualOperators } from "@quartermaster/servers";
import { defaultAdmin } from "./service-environment";
import { readSettings, type Settings } from "./settings";
import { type Stack, startStack } from "./stack";

/** Runs the stack in the foreground until Ctrl-C. */
export async function up(): Promise<void> {
  const startedAt = Date.now();
  const settings = readSettings(process.env);
  const asked = firstSignal();
  const report = (line: string) => console.log(`  ${line}`);
  const starting = startStack({ ...settings, report });
  // A Ctrl-C while it starts ends the process; the watchdogs end what runs by then.
  const early = asked.then(() => "stopped" as const);
  const stack = await Promise.race([starting, early]);
  if (stack === "stopped") return void process.exit(130);
  const email = process.env.BOOTSTRAP_ADMIN_EMAIL || defaultAdmin.email;
  const password = process.env.BOOTSTRAP_ADMIN_PASSWORD ? "as given" : defaultAdmin.password;
  const place = relative(process.cwd(), settings.dataDir) || ".";
  console.log(`
Quartermaster is ready at ${stack.gatewayUrl} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)
  admin     ${email}, password ${password}
  docs      ${stack.gatewayUrl}/swagger and ${stack.gatewayUrl}/redoc
  nats      ${howToOperate(stack, settings)}
  logs      ${place}/logs, pids in ${place}/run
Ctrl-C stops it.`);
  await asked;
  console.log("\nstopping");
  await stack.stop();
  console.log("stopped");
}

/** With a NATS server of its own, the stack has written what the stock CLI needs to connect as each operator. */
function howToOperate(stack: Stack, { natsUrl, operators = usualOperators() }: Settings): string {
  const [operator] = operators;
  if (natsUrl || !operator) return stack.natsUrl;
  const file = relative(process.cwd(), stack.natsContextFile(operator));
  return `${stack.natsUrl}, as ${operators.join(" or ")}: nats --context ${file} micro ls`;
}

/** A second signal does not wait any longer. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const hear = () => {
      count += 1;
      if (count > 1) process.exit(130);
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, hear);
  });
}

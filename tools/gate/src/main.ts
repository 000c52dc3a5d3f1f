import { compare } from "./compare";
import { packContracts } from "./pack";
import { advice, publish } from "./publish";
import { currentSnapshot, publishedSnapshot } from "./snapshot";

const usage = "usage: node tools/gate/dist/main.js [publish [--retire=<message> ...]]";

function main([verb, ...args]: readonly string[]): number {
  const retired = args
    .filter((arg) => arg.startsWith("--retire="))
    .map((arg) => arg.slice("--retire=".length));
  if ((verb !== undefined && verb !== "publish") || retired.length !== args.length) {
    console.error(usage);
    return 2;
  }
  return verb === "publish" ? publishNow(retired) : check();
}

function publishNow(retired: readonly string[]): number {
  const { isDone, lines } = publish(retired);
  console.log(lines.join("\n"));
  if (!isDone) {
    console.error("Not published.");
    return 1;
  }
  console.log(`Packed: ${packContracts()}`);
  return 0;
}

function check(): number {
  const published = publishedSnapshot();
  const current = currentSnapshot();
  const { breaks, additions } = compare(published, current);
  for (const line of [...additions, ...breaks]) console.log(line);
  const count = `${current.messages.length} messages against ${published.messages.length} of ${published.version}`;
  console.log(`${count}: breaks ${breaks.length}, additions ${additions.length}`);
  if (breaks.length > 0) console.error(advice);
  return breaks.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));

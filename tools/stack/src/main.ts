import { deleteStored, down } from "./down";
import { migrate } from "./migrate-command";
import { newEpoch } from "./new-epoch-command";
import { up } from "./up";

const commands: Record<string, (args: readonly string[]) => Promise<void>> = {
  up,
  down,
  migrate,
  "new-epoch": newEpoch,
  "clean-data": deleteStored,
};

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`Usage: node tools/stack/dist/main.js ${Object.keys(commands).join(" | ")}`);
  process.exit(2);
}
command(args).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});

import { openClient } from "./client";
import { openNarrator } from "./narrator";
import { openStage } from "./stack";
import { tell } from "./story";

/** `make demo`: tells the main job from end to end. Exit code 1 when anything was not as told. */
async function main(): Promise<number> {
  const write = (line: string) => process.stdout.write(`${line}\n`);
  const narrator = openNarrator(write, process.stdout.isTTY === true && !process.env.NO_COLOR);
  write("Quartermaster: an order from end to end, a refused one, and one that is taken back");
  const stage = await openStage(process.env, write);
  const stop = () => void stage.stop().finally(() => process.exit(130));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await tell(openClient(stage.url, narrator.exchange), narrator, stage.admin);
  } catch (error) {
    narrator.told(`the story could not be told to its end: ${(error as Error).message}`, false);
  } finally {
    await stage.stop();
  }
  const { held, broken } = narrator;
  write("");
  write(
    broken === 0
      ? `All ${held} claims held. That was the main job.`
      : `${broken} of ${held + broken} claims did not hold.`,
  );
  return broken === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    process.stderr.write(`The demo could not start: ${error.message}\n`);
    process.exit(1);
  },
);

import { addKeyFile } from "./secrets/key-files";
import { keyRestMs } from "./secrets/signing-keys";

/** `node dist/rotate-keys.js` with TOKEN_KEYS_DIR: adds a key to the folder that running instances read. */
async function rotateKeys(folder: string | undefined): Promise<void> {
  if (!folder) throw new Error("TOKEN_KEYS_DIR is not set");
  const file = await addKeyFile(folder);
  process.stdout.write(
    `${file} signs in ${keyRestMs / 1000} s. Delete the older keys when that is an hour ago.\n`,
  );
}

rotateKeys(process.env.TOKEN_KEYS_DIR).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

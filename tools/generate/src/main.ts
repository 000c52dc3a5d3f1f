import { generatedFiles, refresh, staleAmong } from "./index";

const usage = "usage: node tools/generate/dist/main.js [--check]";

function main(args: readonly string[]): number {
  if (args.some((arg) => arg !== "--check")) {
    console.error(usage);
    return 2;
  }
  const files = generatedFiles();
  if (!args.includes("--check")) {
    const written = refresh(files);
    console.log(written.length > 0 ? `Brought up to date:\n${written.join("\n")}` : "All was up to date.");
    return 0;
  }
  const stale = staleAmong(files);
  if (stale.length === 0) return 0;
  console.error(`Stale; run "npm run generate":\n${stale.join("\n")}`);
  return 1;
}

process.exitCode = main(process.argv.slice(2));

import { type SourceFile, sourceFiles, wordsOf, wordsOfFile } from "./source-files";

const bannedWords = new Set([
  "manager",
  "helper",
  "helpers",
  "util",
  "utils",
  "base",
  "impl",
  "common",
  "data",
  "info",
]);
const bannedFolders = /(^|\/)(utils?|common|core|shared|base|helpers?)\//;
const linesMax = 250;
/** Tables may be longer: declarations of messages, routes, examples, and what a service hears. */
const tables = /^packages\/contracts\/src\/|\/routes?\/|\/openapi\/examples\.ts$|\/messages\.ts$/;

const files = sourceFiles();
const written = files.filter(({ path }) => !path.includes("/generated/"));

test("there is something to check", () => {
  expect(files.length).toBeGreaterThan(50);
});

test(`no file is longer than ${linesMax} lines, tests and tables aside`, () => {
  const long = written
    .filter(({ path, isTest }) => !isTest && !tables.test(path))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > linesMax);
  expect(long).toEqual([]);
});

test("no file, folder or export has a name that says nothing", () => {
  const bad = files.flatMap((file) => {
    // In a test, a manager is the person with that role.
    const names = [
      ...(file.isTest ? [] : exportsOf(file)),
      ...(bannedFolders.test(file.path) ? [file.path] : []),
    ];
    const said = names.filter(
      (name) => name === file.path || wordsOf(name).some((word) => bannedWords.has(word)),
    );
    const ofFile = wordsOfFile(file.path).some((word) => bannedWords.has(word)) ? [file.path] : [];
    return [...said.map((name) => `${file.path}: ${name}`), ...ofFile];
  });
  expect(bad).toEqual([]);
});

test("pure rooms ask neither the clock, nor chance, nor the environment, and write no log", () => {
  const impure =
    /\bDate\.now\(|new Date\(\)|Math\.random|random(UUID|Bytes|Int)|uuidv?[47]\b|process\.|console\./;
  const pure = files.filter(({ path, isTest }) => /\/src\/(domain|sagas)\//.test(path) && !isTest);
  expect(pure.filter(({ text }) => impure.test(text)).map(({ path }) => path)).toEqual([]);
});

test("no comment postpones work or draws a banner", () => {
  const marks = new RegExp(
    `\\b(${["TO", "FIX"].map((start) => `${start}${start === "TO" ? "DO" : "ME"}`).join("|")})\\b|//\\s*[-=*#]{3,}`,
  );
  expect(written.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
});

test("no test sleeps", () => {
  const sleeps = /setTimeout\(\s*(resolve|r|done)\b|timers\/promises/;
  expect(files.filter(({ isTest, text }) => isTest && sleeps.test(text)).map(({ path }) => path)).toEqual([]);
});

test("a service's main.ts stays under 40 lines", () => {
  const mains = files.filter(({ path }) => /^services\/[a-z]+\/src\/main\.ts$/.test(path));
  const long = mains.filter(({ text }) => text.split("\n").length > 40).map(({ path }) => path);
  expect(long).toEqual([]);
});

function exportsOf({ text }: SourceFile): string[] {
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
  return [...text.matchAll(declared)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
